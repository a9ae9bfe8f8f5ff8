/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace-state.c: writes a trace in short: words are numbers in a table of words, counts take as few
 * bytes as they need.
 */
#include "controller/network/trace-state.h"

#include "controller/network/trace-private.h"

/* Bytes of the shortest event and node that are written. */
#define LEAST_EVENT (1 + 10 + 3 * 8 + 8 + 4)
#define LEAST_NODE  (4 + 4 + 8 * 4 + 8 + 4)

/* --- writing --- */

/* Words of the events, each once, numbered from 1; 0 is no word. */
typedef struct {
    GHashTable *numbers;
    GPtrArray *list;
} Words;

static uint64_t number_of(Words *words, const char *word)
{
    gpointer number;

    if (!word)
        return 0;
    number = g_hash_table_lookup(words->numbers, word);
    if (!number) {
        g_ptr_array_add(words->list, (char *)word);
        number = GUINT_TO_POINTER(words->list->len);
        g_hash_table_insert(words->numbers, (char *)word, number);
    }
    return GPOINTER_TO_UINT(number);
}

static void save_event(const TraceEvent *event, Words *words, GByteArray *out)
{
    const TraceRecord *r = &event->record;

    put_u8(out, (uint8_t)r->kind);
    put_natural(out, r->node);
    put_natural(out, r->peer_node == TRACE_NO_NODE ? 0 : (uint64_t)r->peer_node + 1);
    put_natural(out, number_of(words, r->port));
    put_natural(out, number_of(words, r->peer));
    put_natural(out, number_of(words, r->reason));
    put_natural(out, r->size);
    put_time(out, r->sent);
    put_time(out, r->due);
    put_time(out, r->when);
    put_natural(out, (uint64_t)r->queued.ns);
    put_natural(out, (uint64_t)r->bits.ns);
    put_natural(out, r->type);
    put_natural(out, r->proto);
    put_u64(out, r->digest);
    vclock_save(&event->clock, out);
}

void trace_save(const Trace *trace, GByteArray *out)
{
    g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    g_autoptr(GByteArray) events = g_byte_array_new();
    Words words = {numbers, list};

    put_u64(out, trace->cap);
    put_u64(out, trace->count);
    sha_save(&trace->sha, out);
    put_u32(out, trace->nodes->len);
    for (unsigned i = 0; i < trace->nodes->len; i++) {
        put_text(out, node_at(trace, i)->name);
        vclock_save(&node_at(trace, i)->clock, out);
        sha_save(&node_at(trace, i)->sha, out);
    }
    for (uint64_t n = trace_gone(trace) + 1; n <= trace->count; n++)
        save_event(trace_event(trace, n, NULL), &words, events);
    put_u32(out, list->len);
    for (unsigned i = 0; i < list->len; i++)
        put_text(out, list->pdata[i]);
    g_byte_array_append(out, events->data, events->len);
}

/* --- reading --- */

static void load_clock(VClock *clock, unsigned nodes, Reader *r)
{
    vclock_load(clock, r);
    reader_demand(r, clock->len <= nodes);
}

static void load_nodes(Trace *trace, Reader *r)
{
    unsigned n = get_count(r, LEAST_NODE);

    for (unsigned i = 0; i < n && !r->bad; i++) {
        g_autofree char *name = get_text(r);
        TraceNode *node;

        reader_demand(r, *name && trace_node(trace, name) == i); /* each name once */
        if (r->bad)
            return;
        node = node_at(trace, i);
        load_clock(&node->clock, n, r);
        sha_load(&node->sha, r);
    }
}

/* Interned, since events point to them. */
static GPtrArray *load_words(Reader *r)
{
    unsigned n = get_count(r, 4);
    GPtrArray *words = g_ptr_array_new();

    for (unsigned i = 0; i < n && !r->bad; i++) {
        g_autofree char *word = get_text(r);

        g_ptr_array_add(words, (char *)g_intern_string(word));
    }
    return words;
}

static const char *get_word(const GPtrArray *words, bool needed, Reader *r)
{
    uint64_t number = get_natural(r);

    reader_demand(r, number <= words->len && (number > 0 || !needed));
    return r->bad || number == 0 ? NULL : words->pdata[number - 1];
}

static VTime get_delay(Reader *r)
{
    uint64_t ns = get_natural(r);

    reader_demand(r, ns <= CODEC_TIME_END);
    return vtime(r->bad ? 0 : (int64_t)ns);
}

static uint16_t get_short(Reader *r)
{
    uint64_t value = get_natural(r);

    reader_demand(r, value <= UINT16_MAX);
    return (uint16_t)value;
}

static void load_event(Trace *trace, const GPtrArray *words, TraceEvent *event, Reader *r)
{
    uint64_t nodes = trace->nodes->len, node, peer;
    TraceRecord *record = &event->record;
    unsigned kind = get_u8(r);

    node = get_natural(r);
    peer = get_natural(r);
    reader_demand(r, kind <= TRACE_DROP && node < nodes && peer <= nodes);
    record->kind = (TraceKind)kind;
    record->node = (unsigned)node;
    record->peer_node = peer == 0 ? TRACE_NO_NODE : (unsigned)(peer - 1);
    record->port = get_word(words, true, r);
    record->peer = get_word(words, false, r);
    record->reason = get_word(words, false, r);
    record->size = get_natural(r);
    record->sent = get_time(r);
    record->due = get_time(r);
    record->when = get_time(r);
    record->queued = get_delay(r);
    record->bits = get_delay(r);
    record->type = get_short(r);
    record->proto = get_short(r);
    record->digest = get_u64(r);
    load_clock(&event->clock, (unsigned)nodes, r);
}

/* The ring is as long as its events need; it grows as that of a new trace does. */
static void load_events(Trace *trace, Reader *r)
{
    uint64_t n = MIN(trace->count, trace->cap);
    g_autoptr(GPtrArray) words = load_words(r);

    reader_demand(r, n <= (gsize)(r->end - r->at) / LEAST_EVENT);
    if (r->bad)
        return;
    trace->capacity = n;
    trace->ring = g_new0(TraceEvent, n);
    for (uint64_t number = trace->count - n + 1; number <= trace->count && !r->bad; number++) {
        TraceEvent *event = &trace->ring[(number - 1) % trace->cap];

        event->number = number;
        load_event(trace, words, event, r);
    }
}

bool trace_load(Trace *trace, Reader *r, GError **error)
{
    g_autoptr(Trace) fresh = trace_new(1);
    Trace old = *trace;

    fresh->cap = get_u64(r);
    fresh->count = get_number(r);
    reader_demand(r, fresh->cap > 0);
    sha_load(&fresh->sha, r);
    load_nodes(fresh, r);
    if (!r->bad)
        load_events(fresh, r);
    if (r->bad) {
        g_set_error(error, TRACE_ERROR, TRACE_ERROR_SAVED, "the saved trace is damaged");
        return false;
    }
    *trace = *fresh;
    *fresh = old;
    return true;
}
