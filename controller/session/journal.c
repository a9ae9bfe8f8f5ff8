/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal.c: a queue of entries with the sum of their bytes, their text, and both as bytes. */
#include "controller/session/journal.h"

#include "controller/base/text.h"
#include "controller/engine/rest.h"

#include <inttypes.h>
#include <string.h>

/* Most bytes of an entry's data that its text shows. */
#define SHOWN_BYTES 64

struct Journal {
    GQueue entries; /* JournalEntry, oldest first */
    gsize bytes;    /* of all of them */
    uint64_t added; /* number of the last one */
    char *origin;   /* journal_set_origin() */
};

void journal_entry_free(void *data)
{
    JournalEntry *e = data;

    if (!e)
        return;
    g_free(e->node);
    g_free(e->name);
    g_strfreev(e->words);
    if (e->data)
        g_bytes_unref(e->data);
    g_free(e);
}

JournalEntry *journal_entry_copy(const JournalEntry *entry)
{
    JournalEntry *e = g_memdup2(entry, sizeof(*entry));

    e->node = g_strdup(entry->node);
    e->name = g_strdup(entry->name);
    e->words = g_strdupv(entry->words);
    e->data = entry->data ? g_bytes_ref(entry->data) : NULL;
    return e;
}

gsize journal_entry_bytes(const JournalEntry *e)
{
    gsize n = (e->data ? g_bytes_get_size(e->data) : 0) + (e->name ? strlen(e->name) : 0);

    for (char **w = e->words; w && *w; w++)
        n += strlen(*w) + 1;
    return n;
}

static Journal *journal_of(Session *s)
{
    if (!s->journal) {
        s->journal = g_new0(Journal, 1);
        g_queue_init(&s->journal->entries);
    }
    return s->journal;
}

/* Takes over the entry. */
static void append(Journal *j, JournalEntry *e)
{
    j->added = e->number;
    j->bytes += journal_entry_bytes(e);
    g_queue_push_tail(&j->entries, e);
    while (j->entries.length > JOURNAL_MOST ||
           (j->bytes > JOURNAL_MOST_BYTES && j->entries.length > 1)) {
        JournalEntry *oldest = g_queue_pop_head(&j->entries);

        j->bytes -= journal_entry_bytes(oldest);
        journal_entry_free(oldest);
    }
}

/* Steps that follow steps of the same vCPU in the same way, with nothing executed between them, are
 * one entry. */
static bool join_steps(const Journal *j, const JournalEntry *e)
{
    JournalEntry *last = g_queue_peek_tail((GQueue *)&j->entries);

    if (e->kind != JOURNAL_STEPS || !last || last->kind != JOURNAL_STEPS ||
        g_strcmp0(last->node, e->node) != 0 || last->unit != e->unit || last->masked != e->masked ||
        last->source != e->source || last->insns.n + (int64_t)last->count != e->insns.n)
        return false;
    last->count += e->count;
    return true;
}

bool journal_has_begun(const Session *s)
{
    bool begun = s->started;

    for (unsigned i = 0; i < s->nodes->len && !begun; i++)
        begun = node_is_live(s->nodes->pdata[i]); /* attached */
    return begun;
}

static void stamp(const Session *s, Node *n, JournalEntry *e)
{
    e->running = engine_running(s->engine);
    e->time = engine_now(s->engine);
    if (!n || e->running)
        return;
    if (node_is_live(n))
        rest_settle(n);
    e->counted = n->icount.enabled;
    e->insns = e->counted ? n->clock.icount : (Insns){0};
}

void journal_add(Session *s, Node *n, const JournalEntry *entry)
{
    JournalEntry *e;
    Journal *j;

    if (s->options.dry || !journal_has_begun(s))
        return;
    j = journal_of(s);
    e = journal_entry_copy(entry);
    if (entry->kind != JOURNAL_STEPS)
        stamp(s, n, e);
    g_free(e->node);
    e->node = n ? g_strdup(n->name) : NULL;
    e->number = j->added + 1;
    if (s->on_entry && !s->on_entry(s, n, e)) { /* it may add other entries */
        journal_entry_free(e);
        return;
    }
    e->number = j->added + 1;
    if (join_steps(j, e))
        journal_entry_free(e);
    else
        append(j, e);
}

void journal_typed(Session *s, Node *n, unsigned uart, JournalSource source, const void *data,
                   gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    const JournalEntry entry = {
        .kind = JOURNAL_TYPED, .source = source, .unit = (int)uart, .data = bytes};

    if (size > 0)
        journal_add(s, n, &entry);
}

void journal_memory(Session *s, Node *n, unsigned vcpu, JournalSource source, uint64_t address,
                    bool physical, const void *data, gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    const JournalEntry entry = {.kind = JOURNAL_MEMORY,
                                .source = source,
                                .unit = (int)vcpu,
                                .physical = physical,
                                .address = address,
                                .data = bytes};

    if (size > 0)
        journal_add(s, n, &entry);
}

void journal_register(Session *s, Node *n, unsigned vcpu, JournalSource source, const char *name,
                      const void *data, gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    const JournalEntry entry = {.kind = name ? JOURNAL_REGISTER : JOURNAL_REGISTERS,
                                .source = source,
                                .unit = (int)vcpu,
                                .name = (char *)name,
                                .data = bytes};

    journal_add(s, n, &entry);
}

void journal_steps(Session *s, Node *n, JournalSource source, const JournalSteps *steps)
{
    const JournalEntry entry = {.kind = JOURNAL_STEPS,
                                .source = source,
                                .unit = steps->vcpu,
                                .masked = steps->masked,
                                .time = steps->time,
                                .counted = true,
                                .insns = steps->before,
                                .count = (uint64_t)(n->clock.icount.n - steps->before.n)};

    if (n->clock.icount.n > steps->before.n)
        journal_add(s, n, &entry);
}

void journal_command(Session *s, Node *n, const char *name, char *const *args)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_auto(GStrv) both = g_strsplit(name, " ", 2);
    JournalEntry entry = {.kind = JOURNAL_COMMAND};

    for (char **w = both; *w; w++)
        g_ptr_array_add(words, *w);
    for (; *args; args++)
        g_ptr_array_add(words, *args);
    g_ptr_array_add(words, NULL);
    entry.words = (char **)words->pdata;
    journal_add(s, n, &entry);
}

unsigned journal_count(const Session *s)
{
    return s->journal ? s->journal->entries.length : 0;
}

uint64_t journal_dropped(const Session *s)
{
    return s->journal ? s->journal->added - s->journal->entries.length : 0;
}

const JournalEntry *journal_entry(const Session *s, unsigned index)
{
    return g_queue_peek_nth(&s->journal->entries, index);
}

void journal_set_origin(Session *s, const char *text)
{
    Journal *j = journal_of(s);

    g_free(j->origin);
    j->origin = g_strdup(text);
}

const char *journal_origin(const Session *s)
{
    return s->journal ? s->journal->origin : NULL;
}

void journal_free(Journal *j)
{
    if (!j)
        return;
    g_queue_clear_full(&j->entries, journal_entry_free);
    g_free(j->origin);
    g_free(j);
}

void journal_clear(Session *s)
{
    g_clear_pointer(&s->journal, journal_free);
}

/* --- text --- */

const char *journal_kind_name(JournalKind kind)
{
    switch (kind) {
    case JOURNAL_TYPED:
        return "typed";
    case JOURNAL_MEMORY:
        return "memory";
    case JOURNAL_REGISTER:
        return "register";
    case JOURNAL_REGISTERS:
        return "registers";
    case JOURNAL_COMMAND:
        return "command";
    case JOURNAL_ASKED:
        return "asked";
    case JOURNAL_STEPS:
        return "steps";
    }
    g_assert_not_reached();
}

const char *journal_source_name(JournalSource source)
{
    switch (source) {
    case JOURNAL_BY_COMMAND:
        return "command";
    case JOURNAL_BY_GDB:
        return "gdb";
    case JOURNAL_BY_TERMINAL:
        return "terminal";
    }
    g_assert_not_reached();
}

/* "(5000 bytes, sha256 …)" where not all is shown. */
static void append_rest(GString *out, const uint8_t *bytes, gsize size)
{
    g_autofree char *sha = NULL;

    if (size <= SHOWN_BYTES)
        return;
    sha = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, size);
    g_string_append_printf(out, "… (%" G_GSIZE_FORMAT " bytes, sha256 %s)", size, sha);
}

/* As `send` would take it. */
static void append_keys(GString *out, const uint8_t *bytes, gsize size)
{
    g_string_append_c(out, '\'');
    for (gsize i = 0; i < MIN(size, SHOWN_BYTES); i++) {
        static const char from[] = "\n\r\t\x1b\\", *const to[] = {"\\n", "\\r", "\\t", "\\e",
                                                                  "\\\\"};
        const char *special = bytes[i] ? strchr(from, bytes[i]) : NULL;

        if (special)
            g_string_append(out, to[special - from]);
        else if (bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '\'')
            g_string_append_c(out, (char)bytes[i]);
        else
            g_string_append_printf(out, "\\x%02x", bytes[i]);
    }
    g_string_append_c(out, '\'');
    append_rest(out, bytes, size);
}

static void append_bytes(GString *out, const uint8_t *bytes, gsize size)
{
    for (gsize i = 0; i < MIN(size, SHOWN_BYTES); i++)
        g_string_append_printf(out, "%s%02x", i > 0 ? " " : "", bytes[i]);
    append_rest(out, bytes, size);
}

static void append_number(GString *out, const uint8_t *bytes, gsize size)
{
    g_string_append(out, "0x");
    for (gsize i = size; i-- > 0;)
        g_string_append_printf(out, "%02x", bytes[i]);
}

static void append_words(GString *out, char **words)
{
    for (char **w = words; *w; w++) {
        bool plain = **w && !(*w)[strcspn(*w, " \t\r\n;'\"\\$#")];
        g_autofree char *quoted = plain ? g_strdup(*w) : g_shell_quote(*w);

        g_string_append_printf(out, "%s%s", w > words ? " " : "", quoted);
    }
}

char *journal_text(const JournalEntry *e)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gsize size = 0;
    const uint8_t *bytes = e->data ? g_bytes_get_data(e->data, &size) : NULL;

    switch (e->kind) {
    case JOURNAL_TYPED:
        g_string_append(out, "typed ");
        if (e->unit > 0)
            g_string_append_printf(out, "on UART %d ", e->unit);
        append_keys(out, bytes, size);
        break;
    case JOURNAL_MEMORY:
        g_string_append_printf(out, "memory %s0x%" PRIx64 " ", e->physical ? "phys " : "",
                               e->address);
        append_bytes(out, bytes, size);
        break;
    case JOURNAL_REGISTER:
        g_string_append_printf(out, "vCPU %d %s=", e->unit, e->name ? e->name : "?");
        append_number(out, bytes, size);
        break;
    case JOURNAL_REGISTERS:
        g_string_append_printf(out, "vCPU %d all registers ", e->unit);
        append_bytes(out, bytes, size);
        break;
    case JOURNAL_COMMAND:
        append_words(out, e->words);
        break;
    case JOURNAL_ASKED:
        g_string_append(out, "asked the guest's agent ");
        append_keys(out, bytes, size);
        break;
    case JOURNAL_STEPS:
        if (e->unit >= 0)
            g_string_append_printf(out, "vCPU %d ", e->unit);
        g_string_append_printf(out, "%" PRIu64 " step%s%s", e->count, e->count == 1 ? "" : "s",
                               e->masked ? "" : ", mask=off");
        break;
    }
    return text_line(out->str, (gssize)out->len);
}

/* --- saves --- */

static void put_entry(const JournalEntry *e, GByteArray *out)
{
    gsize size = 0;
    const void *data = e->data ? g_bytes_get_data(e->data, &size) : NULL;
    unsigned n = e->words ? g_strv_length(e->words) : 0;

    put_u8(out, (uint8_t)e->kind);
    put_u8(out, (uint8_t)e->source);
    put_flag(out, e->running);
    put_time(out, e->time);
    put_text(out, e->node);
    put_flag(out, e->counted);
    put_i64(out, e->insns.n);
    put_i64(out, e->unit);
    put_flag(out, e->physical);
    put_flag(out, e->masked);
    put_u64(out, e->address);
    put_u64(out, e->count);
    put_text(out, e->name);
    put_u32(out, n);
    for (unsigned i = 0; i < n; i++)
        put_text(out, e->words[i]);
    put_bytes(out, data, size);
}

static JournalEntry *get_entry(Reader *r)
{
    JournalEntry *e = g_new0(JournalEntry, 1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    const uint8_t *data;
    int64_t unit;
    uint32_t n;
    gsize size;

    e->kind = (JournalKind)get_u8(r);
    e->source = (JournalSource)get_u8(r);
    reader_demand(r, e->kind <= JOURNAL_LAST_KIND && e->source <= JOURNAL_LAST_SOURCE);
    e->running = get_flag(r);
    e->time = get_time(r);
    e->node = get_optional_text(r);
    e->counted = get_flag(r);
    e->insns.n = get_i64(r);
    unit = get_i64(r);
    reader_demand(r, unit >= -1 && unit <= INT32_MAX);
    e->unit = (int)unit;
    e->physical = get_flag(r);
    e->masked = get_flag(r);
    e->address = get_u64(r);
    e->count = get_number(r);
    e->name = get_optional_text(r);
    n = get_count(r, sizeof(uint32_t));
    for (uint32_t i = 0; i < n; i++)
        g_ptr_array_add(words, get_text(r));
    g_ptr_array_add(words, NULL);
    if (n > 0 || e->kind == JOURNAL_COMMAND)
        e->words = (char **)g_ptr_array_steal(words, NULL);
    else
        g_free(g_ptr_array_index(words, 0));
    data = get_bytes(r, &size);
    if (size > 0 || e->kind != JOURNAL_COMMAND)
        e->data = g_bytes_new(data, size);
    return e;
}

void journal_save(const Session *s, GByteArray *out)
{
    const Journal *j = s->journal;

    put_u64(out, journal_dropped(s));
    put_u32(out, journal_count(s));
    for (GList *l = j ? j->entries.head : NULL; l; l = l->next)
        put_entry(l->data, out);
}

/* Bytes of the shortest entry. */
#define LEAST_ENTRY 60

void journal_load(Session *s, Reader *r)
{
    uint64_t dropped = get_number(r);
    uint32_t n = get_count(r, LEAST_ENTRY);
    Journal *j;

    journal_clear(s);
    j = journal_of(s);
    j->added = dropped;
    reader_demand(r, n <= JOURNAL_MOST);
    for (uint32_t i = 0; i < n && !r->bad; i++) {
        JournalEntry *e = get_entry(r);

        e->number = j->added + 1;
        append(j, e);
    }
}
