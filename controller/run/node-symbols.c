/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-symbols.c: one entry for each node that was asked about, by the node's name, so that a node
 * that comes back with a save finds its own. */
#include "controller/run/node-symbols.h"

#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/session/output.h"
#include "controller/session/session-error.h"
#include "controller/session/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *path;       /* absolute; NULL: no file was named */
    bool chosen;      /* by the user, so that a save has it; else it is kernel= */
    char *digest;     /* of the table that there was at the save, while it is not there */
    Symbols *symbols; /* NULL: there are none */
    char *why;        /* then: the reason */
} Entry;

struct NodeNames {
    GHashTable *entries; /* node's name → Entry */
};

static void entry_free(void *data)
{
    Entry *e = data;

    g_free(e->path);
    g_free(e->digest);
    g_free(e->why);
    symbols_unref(e->symbols);
    g_free(e);
}

static GHashTable *entries_of(Session *s)
{
    if (!s->names) {
        s->names = g_new0(struct NodeNames, 1);
        s->names->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    }
    return s->names->entries;
}

void node_symbols_free(Session *s)
{
    if (!s->names)
        return;
    g_hash_table_unref(s->names->entries);
    g_clear_pointer(&s->names, g_free);
}

/* An attached node's architecture is not known. */
static const char *arch_of(const Node *n)
{
    return n->attached ? NULL : n->options->arch;
}

static Entry *set_entry(Session *s, const char *name, Entry e)
{
    Entry *kept = g_new(Entry, 1);

    *kept = e;
    g_hash_table_replace(entries_of(s), g_strdup(name), kept);
    return kept;
}

/* Tries kernel=, once. */
static Entry *load_kernel(Session *s, const Node *n)
{
    const char *kernel = n->options->kernel;
    g_autoptr(GError) error = NULL;
    Entry e = {.path = NULL};

    if (kernel && symbols_is_elf(kernel)) {
        e.path = g_canonicalize_filename(kernel, NULL);
        e.symbols = symbols_load(kernel, arch_of(n), &error);
        e.why = error ? g_strdup_printf("%s: %s", kernel, error->message) : NULL;
    }
    return set_entry(s, n->name, e);
}

static Entry *entry_of(Session *s, const Node *n)
{
    Entry *e = g_hash_table_lookup(entries_of(s), n->name);

    return e ? e : load_kernel(s, n);
}

const Symbols *node_symbols(Session *s, const Node *n)
{
    return entry_of(s, n)->symbols;
}

bool node_symbols_load(Session *s, const Node *n, const char *path, GError **error)
{
    Symbols *symbols = symbols_load(path, arch_of(n), error);

    if (!symbols) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    set_entry(
        s, n->name,
        (Entry){.path = g_canonicalize_filename(path, NULL), .chosen = true, .symbols = symbols});
    return true;
}

void node_symbols_drop(Session *s, const Node *n)
{
    set_entry(s, n->name, (Entry){.chosen = true});
}

static gboolean is_automatic(gpointer key, gpointer entry, gpointer data)
{
    (void)key;
    (void)data;
    return !((const Entry *)entry)->chosen;
}

void node_symbols_restart(Session *s)
{
    if (s->names)
        g_hash_table_foreach_remove(s->names->entries, is_automatic, NULL);
}

void node_symbols_forget(Session *s, const Node *n)
{
    if (s->names)
        g_hash_table_remove(s->names->entries, n->name);
}

static const Column symbol_columns[] = {
    COLUMN("node", "node", -12),
    COLUMN("symbols", "symbols", 8),
    COLUMN_SHOWN("from", 0, .apart = true),
    COLUMN_TYPED("file"),
    COLUMN_TYPED("why_not"),
};
static const Table symbol_table = {"nodes", symbol_columns, G_N_ELEMENTS(symbol_columns)};

void node_symbols_print(Session *s, const Node *only)
{
    table_begin(s, &symbol_table);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        const Entry *e = entry_of(s, n);
        g_autofree char *from = text_line(e->why    ? e->why
                                          : e->path ? e->path
                                                    : "no file: `symbols NODE FILE` loads one",
                                          -1);
        const Cell cells[] = {cell_text(n->name),
                              cell_count(e->symbols ? symbols_count(e->symbols) : 0),
                              cell_text(from), cell_text(e->path), cell_text(e->why)};

        if (!only || only == n)
            table_row(s, &symbol_table, cells);
    }
}

/* --- addresses --- */

static bool parse_number(const char *text, uint64_t *out)
{
    bool hex = g_str_has_prefix(text, "0x");
    const char *digits = hex ? text + 2 : text;
    char *end;

    errno = 0;
    *out = g_ascii_strtoull(digits, &end, hex ? 16 : 10);
    return errno == 0 && g_ascii_isxdigit(*digits) && *end == '\0';
}

static bool refuse(const char *text, const char *why, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s' is no address: %s", text, why);
    return false;
}

bool node_symbols_address(Session *s, const Node *n, const char *text, uint64_t *out,
                          GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *hint = NULL;
    const Entry *e;

    if (g_ascii_isdigit(*text) || !*text)
        return parse_number(text, out) ||
               refuse(text,
                      errno == ERANGE ? "it has more than 64 bits"
                                      : "a number is needed, such as 0x40000000, or a name",
                      error);
    e = entry_of(s, n);
    if (e->symbols && symbols_resolve(e->symbols, text, out, &why))
        return true;
    checking_in_doubt(s->checking, CHECKING_SYMBOLS, n->name);
    if (e->symbols)
        return refuse(text, why->message, error);
    hint = g_strdup_printf("a number is needed, such as 0x40000000, or a name once `symbols %s "
                           "FILE` has loaded names%s%s%s",
                           n->name, e->why ? " (" : "", e->why ? e->why : "", e->why ? ")" : "");
    return refuse(text, hint, error);
}

char *node_symbols_suffix(Session *s, const Node *n, uint64_t address)
{
    const Symbols *symbols = node_symbols(s, n);
    uint64_t offset = 0;
    const char *name = symbols ? symbols_at(symbols, address, &offset) : NULL;

    if (!name)
        return g_strdup("");
    return offset == 0 ? g_strdup_printf(" <%s>", name)
                       : g_strdup_printf(" <%s+0x%" PRIx64 ">", name, offset);
}

char *node_symbols_place(Session *s, const Node *n, uint64_t address)
{
    g_autofree char *suffix = node_symbols_suffix(s, n, address);

    return g_strdup_printf("0x%" PRIx64 "%s", address, suffix);
}

/* --- other sessions, saves --- */

void node_symbols_mirror(Session *from, Session *to)
{
    for (unsigned i = 0; i < from->nodes->len; i++) {
        const Node *n = from->nodes->pdata[i];
        const Entry *e = entry_of(from, n);

        set_entry(to, n->name,
                  (Entry){.path = g_strdup(e->path),
                          .chosen = e->chosen,
                          .symbols = e->symbols ? symbols_ref(e->symbols) : NULL,
                          .why = g_strdup(e->why)});
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the nodes whose symbols the user has chosen, sorted; free only the array. */
static GPtrArray *chosen(const Session *s)
{
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter i;
    void *key, *value;

    if (!s->names)
        return names;
    g_hash_table_iter_init(&i, s->names->entries);
    while (g_hash_table_iter_next(&i, &key, &value))
        if (((const Entry *)value)->chosen)
            g_ptr_array_add(names, key);
    g_ptr_array_sort(names, by_name);
    return names;
}

void node_symbols_save(const Session *s, GByteArray *out)
{
    g_autoptr(GPtrArray) names = chosen(s);

    put_u32(out, names->len);
    for (unsigned i = 0; i < names->len; i++) {
        const Entry *e = g_hash_table_lookup(s->names->entries, names->pdata[i]);

        put_text(out, names->pdata[i]);
        put_text(out, e->path);
        put_text(out, e->symbols ? symbols_digest(e->symbols) : e->digest);
    }
}

/* Takes the symbols from the file, or says why not. */
static void reload(Entry *e, const char *name, const char *arch)
{
    g_autoptr(GError) error = NULL;

    e->symbols = symbols_load(e->path, arch, &error);
    if (error)
        e->why = g_strdup_printf("%s: %s", e->path, error->message);
    else if (strcmp(symbols_digest(e->symbols), e->digest) != 0)
        e->why = g_strdup_printf("%s: it has other symbols than at the save", e->path);
    else
        return;
    g_clear_pointer(&e->symbols, symbols_unref);
    log_warn("node %s has no symbols: %s", name, e->why);
}

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* old: what the session had until now. */
static void read_entry(Session *s, GHashTable *old, Reader *r)
{
    g_autofree char *name = get_text(r);
    Entry e = {.path = get_optional_text(r), .digest = get_optional_text(r), .chosen = true};
    const Node *n = session_node(s, name);
    const Entry *before = old ? g_hash_table_lookup(old, name) : NULL;
    bool fits = n && !g_hash_table_contains(entries_of(s), name) &&
                (e.path ? e.digest && *e.path == '/' && is_digest(e.digest) : !e.digest);

    reader_demand(r, fits);
    if (!n || r->bad) {
        g_free(e.path);
        g_free(e.digest);
        return;
    }
    if (e.path && e.digest && before && before->symbols &&
        strcmp(symbols_digest(before->symbols), e.digest) == 0)
        e.symbols = symbols_ref(before->symbols);
    else if (e.path && e.digest)
        reload(&e, name, arch_of(n));
    set_entry(s, name, e);
}

void node_symbols_read(Session *s, Reader *r)
{
    g_autoptr(GHashTable) old = s->names ? g_hash_table_ref(s->names->entries) : NULL;
    uint32_t n = get_count(r, 3 * sizeof(uint32_t));

    node_symbols_free(s);
    for (uint32_t i = 0; i < n && !r->bad; i++)
        read_entry(s, old, r);
}
