/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.c: a ring of events, running digests over the lines, and queries by vector clock.
 */
#include "controller/network/trace.h"

#include "controller/base/units.h"
#include "controller/network/trace-private.h"

#include <inttypes.h>
#include <string.h>

G_DEFINE_QUARK(metronome_trace_error_quark, trace_error)

Trace *trace_new(size_t cap)
{
    Trace *trace = g_new0(Trace, 1);

    trace->cap = MAX(1, cap);
    trace->nodes = g_array_new(FALSE, FALSE, sizeof(TraceNode));
    trace->names = g_ptr_array_new();
    sha_init(&trace->sha);
    trace->line = g_string_new(NULL);
    return trace;
}

void trace_free(Trace *trace)
{
    if (!trace)
        return;
    for (size_t i = 0; i < trace->capacity; i++)
        vclock_clear(&trace->ring[i].clock);
    g_free(trace->ring);
    for (unsigned i = 0; i < trace->nodes->len; i++) {
        g_free(node_at(trace, i)->name);
        vclock_clear(&node_at(trace, i)->clock);
    }
    g_array_unref(trace->nodes);
    g_ptr_array_unref(trace->names);
    g_string_free(trace->line, TRUE);
    g_free(trace);
}

unsigned trace_find_node(const Trace *trace, const char *name)
{
    for (unsigned i = 0; i < trace->nodes->len; i++)
        if (strcmp(node_at(trace, i)->name, name) == 0)
            return i;
    return TRACE_NO_NODE;
}

unsigned trace_node(Trace *trace, const char *name)
{
    TraceNode node = {.name = NULL};
    unsigned known = trace_find_node(trace, name);

    if (known != TRACE_NO_NODE)
        return known;
    node.name = g_strdup(name);
    sha_init(&node.sha);
    g_array_append_val(trace->nodes, node);
    g_ptr_array_add(trace->names, node.name);
    return trace->nodes->len - 1;
}

unsigned trace_n_nodes(const Trace *trace)
{
    return trace->nodes->len;
}

const char *trace_node_name(const Trace *trace, unsigned node)
{
    return node_at(trace, node)->name;
}

static void append_decimal(GString *out, int64_t value)
{
    uint64_t n = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char text[21];
    unsigned i = sizeof(text);

    do {
        text[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    if (value < 0)
        text[--i] = '-';
    g_string_append_len(out, text + i, (gssize)(sizeof(text) - i));
    g_string_append_c(out, ' ');
}

static void append_hex(GString *out, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        g_string_append_c(out, "0123456789abcdef"[value >> shift & 15]);
    g_string_append_c(out, ' ');
}

static void append_word(GString *out, const char *word)
{
    g_string_append(out, word ? word : "-");
    g_string_append_c(out, ' ');
}

static const char *const kinds[] = {"send", "delivery", "drop"};

/* Formats by hand, because printf would take longer than all other work for a packet. */
static void append_line(const Trace *trace, const TraceEvent *event, GString *out)
{
    const TraceRecord *r = &event->record;

    append_word(out, kinds[r->kind]);
    append_word(out, r->port);
    append_word(out, r->peer);
    append_decimal(out, (int64_t)r->size);
    append_decimal(out, r->sent.ns);
    if (r->kind == TRACE_DELIVERY)
        append_decimal(out, r->due.ns);
    else
        append_word(out, NULL);
    append_decimal(out, r->when.ns);
    append_word(out, r->reason);
    append_hex(out, r->digest);
    vclock_format(&event->clock, (const char *const *)trace->names->pdata, out);
}

/* Returns the place of the next event: a new place up to the cap, then the place of the oldest
 * event. */
static TraceEvent *next_place(Trace *trace)
{
    size_t place = trace->count % trace->cap;

    if (place >= trace->capacity) {
        size_t old = trace->capacity;

        trace->capacity = MIN(trace->cap, MAX(1024, 2 * old));
        trace->ring = g_renew(TraceEvent, trace->ring, trace->capacity);
        memset(trace->ring + old, 0, (trace->capacity - old) * sizeof(*trace->ring));
    }
    return &trace->ring[place];
}

uint64_t trace_append(Trace *trace, const TraceRecord *record, VClock *stamp)
{
    TraceEvent *event = next_place(trace);
    TraceNode *node = node_at(trace, record->node);

    event->number = ++trace->count;
    event->record = *record;
    switch (record->kind) {
    case TRACE_SEND:
        vclock_tick(&node->clock, record->node);
        vclock_copy(stamp, &node->clock);
        vclock_copy(&event->clock, stamp);
        break;
    case TRACE_DELIVERY:
        vclock_merge(&node->clock, stamp);
        vclock_tick(&node->clock, record->node);
        vclock_copy(&event->clock, &node->clock);
        break;
    case TRACE_DROP:
        vclock_copy(&event->clock, stamp);
        break;
    }
    g_string_truncate(trace->line, 0);
    append_line(trace, event, trace->line);
    g_string_append_c(trace->line, '\n');
    sha_add(&trace->sha, trace->line->str, trace->line->len);
    sha_add(&node->sha, trace->line->str, trace->line->len);
    return trace->count;
}

uint64_t trace_count(const Trace *trace)
{
    return trace->count;
}

uint64_t trace_gone(const Trace *trace)
{
    return trace->count > trace->cap ? trace->count - trace->cap : 0;
}

char *trace_sha256(const Trace *trace)
{
    return sha_hex(&trace->sha);
}

char *trace_node_sha256(const Trace *trace, unsigned node)
{
    return sha_hex(&node_at(trace, node)->sha);
}

static const TraceEvent *at(const Trace *trace, uint64_t number)
{
    return &trace->ring[(number - 1) % trace->cap];
}

const TraceEvent *trace_event(const Trace *trace, uint64_t number, GError **error)
{
    if (number == 0 || number > trace->count) {
        g_set_error(error, TRACE_ERROR, TRACE_ERROR_UNKNOWN,
                    "there is no packet event %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT
                    " happened so far, numbered from 1",
                    number, trace->count);
        return NULL;
    }
    if (number <= trace_gone(trace)) {
        g_set_error(error, TRACE_ERROR, TRACE_ERROR_GONE,
                    "packet event %" G_GUINT64_FORMAT
                    " is no longer kept: the oldest in memory is %" G_GUINT64_FORMAT,
                    number, trace_gone(trace) + 1);
        return NULL;
    }
    return at(trace, number);
}

/* Reports whether event `a` was known at event `b`: b's clock then counts `a`. A drop is known
 * nowhere. */
static bool known_at(const TraceEvent *a, const TraceEvent *b)
{
    unsigned node = a->record.node;

    return a != b && a->record.kind != TRACE_DROP &&
           vclock_get(&b->clock, node) >= vclock_get(&a->clock, node);
}

bool trace_relation(const Trace *trace, uint64_t a, uint64_t b, VClockOrder *out, GError **error)
{
    const TraceEvent *first = trace_event(trace, a, error), *second;

    if (!first)
        return false;
    second = trace_event(trace, b, error);
    if (!second)
        return false;
    if (a == b)
        *out = VCLOCK_EQUAL;
    else if (known_at(first, second))
        *out = VCLOCK_BEFORE;
    else if (known_at(second, first))
        *out = VCLOCK_AFTER;
    else
        *out = VCLOCK_CONCURRENT;
    return true;
}

static void append_event(const Trace *trace, const TraceEvent *event, GString *out)
{
    g_autofree char *when = units_format_seconds(event->record.when);

    g_string_append_printf(out, "%s %s at %s ", kinds[event->record.kind], event->record.port,
                           when);
    vclock_format(&event->clock, (const char *const *)trace->names->pdata, out);
}

char *trace_explain(const Trace *trace, uint64_t a, uint64_t b, GError **error)
{
    static const char *const words[] = {[VCLOCK_EQUAL] = "is",
                                        [VCLOCK_BEFORE] = "happened before",
                                        [VCLOCK_AFTER] = "happened after",
                                        [VCLOCK_CONCURRENT] = "is concurrent with"};
    GString *out;
    VClockOrder order;

    if (!trace_relation(trace, a, b, &order, error))
        return NULL;
    out = g_string_new(NULL);
    g_string_append_printf(out, "%" PRIu64 " %s %" PRIu64 ": ", a, words[order], b);
    append_event(trace, at(trace, a), out);
    g_string_append(out, " against ");
    append_event(trace, at(trace, b), out);
    /* The clock of a drop is the clock of the send, so the clocks alone would mislead. */
    if (a != b &&
        (at(trace, a)->record.kind == TRACE_DROP || at(trace, b)->record.kind == TRACE_DROP))
        g_string_append(out, "; no node learns of a drop");
    return g_string_free(out, FALSE);
}

bool trace_filter_matches(TraceFilter filter, const TraceRecord *r)
{
    bool a = filter.a == TRACE_NO_NODE || r->node == filter.a || r->peer_node == filter.a;
    bool b = filter.b == TRACE_NO_NODE || r->node == filter.b || r->peer_node == filter.b;

    /* Frames between a node and itself: the node has two ports. */
    if (filter.a == filter.b && filter.a != TRACE_NO_NODE)
        return r->node == filter.a && r->peer_node == filter.a;
    return a && b;
}

const TraceEvent *trace_find(const Trace *trace, TraceFilter filter, uint64_t from)
{
    for (uint64_t n = MAX(from, trace_gone(trace) + 1); n <= trace->count; n++)
        if (trace_filter_matches(filter, &at(trace, n)->record))
            return at(trace, n);
    return NULL;
}

uint64_t trace_tail(const Trace *trace, TraceFilter filter, uint64_t n)
{
    uint64_t first = 0;

    for (uint64_t i = trace->count; n > 0 && i > trace_gone(trace); i--) {
        if (!trace_filter_matches(filter, &at(trace, i)->record))
            continue;
        first = i;
        n--;
    }
    return first;
}

char *trace_format(const Trace *trace, const TraceEvent *event)
{
    GString *out = g_string_new(NULL);

    append_line(trace, event, out);
    return g_string_free(out, FALSE);
}
