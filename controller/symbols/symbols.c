/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symbols.c: all names lie one after the other in one block; entries are sorted by address, and an
 * index sorts them by name.
 */
#include "controller/symbols/symbols.h"

#include "controller/base/fd.h"
#include "controller/base/sha.h"
#include "controller/base/suggest.h"
#include "controller/symbols/symbols-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(metronome_symbols_error_quark, symbols_error)

/* A symbol without a size that no other follows nearby. */
#define MAX_REACH (UINT64_C(1) << 20)

typedef struct {
    uint64_t address;
    uint64_t size;
    uint64_t last; /* the last address of the place */
    uint32_t name; /* where in `names` */
    SymbolRank rank;
} Entry;

struct Symbols {
    int references;
    GByteArray *names; /* each ends with a NUL */
    GArray *entries;   /* Entry, by address, rank and name */
    uint32_t *by_name; /* indices of `entries`, by name and rank */
    char *digest;
};

bool symbols_set_error(GError **error, const char *format, ...)
{
    va_list args;
    GError *e;

    va_start(args, format);
    e = g_error_new_valist(SYMBOLS_ERROR, 0, format, args);
    va_end(args);
    g_propagate_error(error, e);
    return false;
}

static Symbols *symbols_new(void)
{
    Symbols *s = g_new0(Symbols, 1);

    s->references = 1;
    s->names = g_byte_array_new();
    s->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    return s;
}

Symbols *symbols_ref(Symbols *s)
{
    s->references++;
    return s;
}

void symbols_unref(Symbols *s)
{
    if (!s || --s->references > 0)
        return;
    g_byte_array_unref(s->names);
    g_array_unref(s->entries);
    g_free(s->by_name);
    g_free(s->digest);
    g_free(s);
}

static Entry *entry(const Symbols *s, uint32_t i)
{
    return &g_array_index(s->entries, Entry, i);
}

static const char *name_of(const Symbols *s, const Entry *e)
{
    return (const char *)s->names->data + e->name;
}

/* --- building --- */

static bool is_of_interest(const char *name, size_t length)
{
    if (length == 0 || length > SYMBOLS_MAX_NAME || name[0] == '$' ||
        (length > 1 && name[0] == '.' && name[1] == 'L'))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!g_ascii_isgraph(name[i]))
            return false;
    return true;
}

bool symbols_add(Symbols *s, const char *name, size_t length, uint64_t address, uint64_t size,
                 uint64_t end, SymbolRank rank, GError **error)
{
    Entry e = {.address = address, .size = size, .name = s->names->len, .rank = rank};

    if (!is_of_interest(name, length))
        return true;
    if (s->names->len + length >= SYMBOLS_MAX_BYTES || s->entries->len >= SYMBOLS_MAX)
        return symbols_set_error(error,
                                 "it has too many symbols: %d, or names of %d MiB, are the "
                                 "most",
                                 SYMBOLS_MAX, (int)(SYMBOLS_MAX_BYTES >> 20));
    e.last = end > address ? end - 1 : UINT64_MAX;
    g_byte_array_append(s->names, (const guint8 *)name, (guint)length);
    g_byte_array_append(s->names, (const guint8 *)"", 1);
    g_array_append_val(s->entries, e);
    return true;
}

static int by_address(const void *a, const void *b, void *data)
{
    const Symbols *s = data;
    const Entry *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return strcmp(name_of(s, x), name_of(s, y));
}

static int by_name(const void *a, const void *b, void *data)
{
    const Symbols *s = data;
    const Entry *x = entry(s, *(const uint32_t *)a), *y = entry(s, *(const uint32_t *)b);
    int order = strcmp(name_of(s, x), name_of(s, y));

    if (order != 0)
        return order;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->address < y->address ? -1 : x->address > y->address;
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* The last address of each place: by its size, or up to the next place. */
static void set_ends(Symbols *s)
{
    uint64_t next = UINT64_MAX; /* the last address in front of the next place */

    for (unsigned i = s->entries->len; i-- > 0;) {
        Entry *e = entry(s, i);

        if (i + 1 < s->entries->len && entry(s, i + 1)->address != e->address)
            next = entry(s, i + 1)->address - 1;
        if (e->size > 0)
            e->last = add_capped(e->address, e->size - 1);
        else
            e->last = MIN(MIN(e->last, next), add_capped(e->address, MAX_REACH - 1));
    }
}

static char *digest_of(const Symbols *s)
{
    Sha sha;

    sha_init(&sha);
    for (unsigned i = 0; i < s->entries->len; i++) {
        const Entry *e = entry(s, i);
        uint64_t numbers[2] = {GUINT64_TO_LE(e->address), GUINT64_TO_LE(e->last)};

        sha_add(&sha, numbers, sizeof(numbers));
        sha_add(&sha, name_of(s, e), strlen(name_of(s, e)) + 1);
    }
    return sha_hex(&sha);
}

static void finish(Symbols *s)
{
    g_array_sort_with_data(s->entries, by_address, s);
    set_ends(s);
    s->by_name = g_new(uint32_t, s->entries->len);
    for (uint32_t i = 0; i < s->entries->len; i++)
        s->by_name[i] = i;
    g_qsort_with_data(s->by_name, (gint)s->entries->len, sizeof(*s->by_name), by_name, s);
    s->digest = digest_of(s);
}

/* --- reading --- */

static int open_file(const char *path, GError **error)
{
    /* Without O_NONBLOCK a FIFO would wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0) {
        symbols_set_error(error, "%s", g_strerror(errno));
        return -1;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    symbols_set_error(error, "it is no regular file");
    return -1;
}

static bool has_magic(int fd)
{
    char magic[4];

    return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && memcmp(magic, "\177ELF", 4) == 0;
}

bool symbols_is_elf(const char *path)
{
    fd_auto fd = open_file(path, NULL);

    return fd >= 0 && has_magic(fd);
}

Symbols *symbols_load(const char *path, const char *arch, GError **error)
{
    fd_auto fd = open_file(path, error);
    g_autoptr(Symbols) s = NULL;
    bool ok;

    if (fd < 0)
        return NULL;
    s = symbols_new();
    if (has_magic(fd))
        ok = symbols_read_elf(s, fd, arch, error);
    else
        ok = symbols_read_text(s, fd, error);
    if (!ok)
        return NULL;
    if (s->entries->len == 0) {
        symbols_set_error(error, "it has no name of a function or variable");
        return NULL;
    }
    finish(s);
    return g_steal_pointer(&s);
}

/* --- looking up --- */

unsigned symbols_count(const Symbols *s)
{
    return s->entries->len;
}

const char *symbols_digest(const Symbols *s)
{
    return s->digest;
}

/* The first place in by_name whose name is not in front of `name`. */
static uint32_t first_not_before(const Symbols *s, const char *name)
{
    uint32_t low = 0, high = s->entries->len;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (strcmp(name_of(s, entry(s, s->by_name[middle])), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const Entry *nth_by_name(const Symbols *s, uint32_t i)
{
    return i < s->entries->len ? entry(s, s->by_name[i]) : NULL;
}

static bool is_local(const Entry *e)
{
    return e->rank >= RANK_LOCAL_CODE;
}

/* 1: found; 0: there is no such name; -1: it has several addresses. */
static int find(const Symbols *s, const char *name, uint64_t *address, GError **error)
{
    uint32_t i = first_not_before(s, name);
    const Entry *first = nth_by_name(s, i), *e;
    uint64_t other = 0;
    unsigned others = 0;

    if (!first || strcmp(name_of(s, first), name) != 0)
        return 0;
    *address = first->address;
    for (i++; is_local(first) && (e = nth_by_name(s, i)); i++) {
        if (strcmp(name_of(s, e), name) != 0)
            break;
        if (e->address != first->address && others++ == 0)
            other = e->address;
    }
    if (others == 0)
        return 1;
    symbols_set_error(error,
                      "'%s' has %u addresses, 0x%" G_GINT64_MODIFIER "x and 0x%" G_GINT64_MODIFIER
                      "x among them: give a number",
                      name, others + 1, first->address, other);
    return -1;
}

static bool unknown(const Symbols *s, const char *name, GError **error)
{
    char head[2] = {name[0], '\0'};
    g_autoptr(GPtrArray) near = symbols_beginning_with(s, head);
    g_autofree char *hint = NULL;

    g_ptr_array_add(near, NULL);
    hint = suggest_suffix(name, (const char *const *)near->pdata);
    return symbols_set_error(error, "there is no name '%s' among %u symbols%s", name,
                             s->entries->len, hint);
}

static bool parse_offset(const char *text, uint64_t *out)
{
    bool hex = g_str_has_prefix(text, "0x");
    const char *digits = hex ? text + 2 : text;
    char *end;

    errno = 0;
    *out = g_ascii_strtoull(digits, &end, hex ? 16 : 10);
    return errno == 0 && g_ascii_isxdigit(*digits) && *end == '\0';
}

bool symbols_resolve(const Symbols *s, const char *text, uint64_t *address, GError **error)
{
    const char *plus = strrchr(text, '+'), *minus = strrchr(text, '-');
    const char *sign = plus && (!minus || plus > minus) ? plus : minus;
    g_autofree char *name = sign ? g_strndup(text, (gsize)(sign - text)) : NULL;
    uint64_t offset;
    int found = find(s, text, address, error);

    if (found != 0)
        return found > 0;
    if (!sign)
        return unknown(s, text, error);
    if (!parse_offset(sign + 1, &offset))
        return symbols_set_error(
            error, "'%s' is no offset to a name: a number is needed, such as 16 or 0x10", sign + 1);
    found = find(s, name, address, error);
    if (found == 0)
        return unknown(s, name, error);
    if (found > 0 && (*sign == '+' ? offset > UINT64_MAX - *address : offset > *address))
        return symbols_set_error(error,
                                 "'%s' is at 0x%" G_GINT64_MODIFIER "x, so %s leads out of the 64 "
                                 "bits of an address",
                                 name, *address, sign);
    *address += *sign == '+' ? offset : -offset;
    return found > 0;
}

const char *symbols_at(const Symbols *s, uint64_t address, uint64_t *offset)
{
    uint32_t low = 0, high = s->entries->len;

    while (low < high) { /* the first place behind the address */
        uint32_t middle = low + (high - low) / 2;

        if (entry(s, middle)->address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    /* Of the names of one address the first that reaches so far. */
    for (high = low; low > 0 && entry(s, low - 1)->address == entry(s, high - 1)->address;)
        low--;
    for (; low < high; low++) {
        const Entry *e = entry(s, low);

        if (address <= e->last) {
            *offset = address - e->address;
            return name_of(s, e);
        }
    }
    return NULL;
}

GPtrArray *symbols_beginning_with(const Symbols *s, const char *head)
{
    GPtrArray *names = g_ptr_array_new();
    const char *last = NULL;
    const Entry *e;

    for (uint32_t i = first_not_before(s, head); (e = nth_by_name(s, i)); i++) {
        const char *name = name_of(s, e);

        if (!g_str_has_prefix(name, head))
            break;
        if (!last || strcmp(last, name) != 0)
            g_ptr_array_add(names, (char *)name);
        last = name;
    }
    return names;
}
