/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packets.c: joins the events of the trace to packets. The key that joins an end to its sending is
 * node, time of sending and digest of the frame. A frame that a switch floods becomes one packet
 * for each of its ends.
 */
#include "controller/session/packets.h"

/* Events of the trace to read for each packet: two for most packets, more for a flooded one. */
#define EVENTS_A_PACKET 4

typedef struct {
    ReportTrace *out;
    GHashTable *sent; /* Key (owned) -> index of its packet + 1 */
} Joiner;

typedef struct {
    unsigned node;
    int64_t sent;
    uint64_t digest;
} Key;

static guint key_hash(gconstpointer data)
{
    const Key *k = data;

    return (guint)(k->digest ^ (uint64_t)k->sent) + k->node;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const Key *x = a, *y = b;

    return x->node == y->node && x->sent == y->sent && x->digest == y->digest;
}

static unsigned add_clock(ReportTrace *t, const VClock *clock)
{
    unsigned at = t->clocks->len;

    for (unsigned i = 0; i < t->names->len; i++) {
        uint64_t n = vclock_get(clock, i);

        g_array_append_val(t->clocks, n);
    }
    return at;
}

static void on_send(const Joiner *j, const TraceEvent *e)
{
    const TraceRecord *r = &e->record;
    ReportPacket p = {.fate = REPORT_UNDER_WAY,
                      .from = r->node,
                      .to = r->peer_node == TRACE_NO_NODE ? REPORT_NOBODY : r->peer_node,
                      .size = r->size,
                      .sent = r->sent,
                      .send = e->number,
                      .send_clock = add_clock(j->out, &e->clock)};
    Key *key = g_new(Key, 1);

    *key = (Key){r->node, r->sent.ns, r->digest};
    g_array_append_val(j->out->packets, p);
    g_hash_table_replace(j->sent, key, GUINT_TO_POINTER(j->out->packets->len));
}

static void on_end(const Joiner *j, const TraceEvent *e)
{
    const TraceRecord *r = &e->record;
    bool delivered = r->kind == TRACE_DELIVERY;
    unsigned from = delivered ? r->peer_node : r->node;
    unsigned to = delivered ? r->node : r->peer_node;
    Key key = {from, r->sent.ns, r->digest};
    unsigned index = GPOINTER_TO_UINT(g_hash_table_lookup(j->sent, &key));
    ReportPacket p = {.from = from, .size = r->size, .sent = r->sent}, *known = NULL;

    if (index) {
        known = &g_array_index(j->out->packets, ReportPacket, index - 1);
        p = *known;
    }
    p.fate = delivered ? REPORT_DELIVERED : REPORT_DROPPED;
    if (to != TRACE_NO_NODE)
        p.to = to;
    else if (!known)
        p.to = REPORT_NOBODY;
    p.reason = r->reason;
    p.due = r->due;
    p.when = r->when;
    p.end = e->number;
    p.end_clock = add_clock(j->out, &e->clock);
    if (known && known->fate == REPORT_UNDER_WAY)
        *known = p;
    else if (from != TRACE_NO_NODE)
        g_array_append_val(j->out->packets, p);
}

/* Number of frames and copies that are not in out. */
static uint64_t left_out(const Fabric *fabric, const ReportTrace *out)
{
    NetPortStats total = fabric_total_stats(fabric);
    uint64_t all = total.sent + total.copies;

    return all > out->packets->len ? all - out->packets->len : 0;
}

void packets_describe(const Fabric *fabric, ReportTrace *out)
{
    static const TraceFilter all = {TRACE_NO_NODE, TRACE_NO_NODE};
    const Trace *trace = fabric_trace(fabric);
    Joiner j = {.out = out};
    uint64_t room, first;

    report_trace_init(out);
    for (unsigned i = 0; i < trace_n_nodes(trace); i++)
        g_ptr_array_add(out->names, g_strdup(trace_node_name(trace, i)));
    room = report_trace_room(out->names->len);
    first = trace_count(trace) > EVENTS_A_PACKET * room
                ? trace_count(trace) - EVENTS_A_PACKET * room + 1
                : 1;
    j.sent = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    for (const TraceEvent *e = trace_find(trace, all, first); e;
         e = trace_find(trace, all, e->number + 1)) {
        if (e->record.kind == TRACE_SEND)
            on_send(&j, e);
        else
            on_end(&j, e);
    }
    g_hash_table_unref(j.sent);
    if (out->packets->len > room)
        g_array_remove_range(out->packets, 0, out->packets->len - (guint)room);
    out->left_out = left_out(fabric, out);
}
