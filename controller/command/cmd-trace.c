/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-trace.c: network trace and order; assert happens-before and concurrent. */
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/fabric/fabric.h"
#include "controller/network/headers.h"
#include "controller/session/table.h"

#include <inttypes.h>
#include <string.h>

/* --- trace --- */

/* Gateways have events too, and no node. A node without any is no error: nothing is shown. */
static bool make_filter(const Session *s, const char *node, TraceFilter *filter, bool *none,
                        GError **error)
{
    *filter = (TraceFilter){TRACE_NO_NODE, TRACE_NO_NODE};
    if (node && s->fabric)
        filter->a = trace_find_node(fabric_trace(s->fabric), node);
    *none = !s->fabric || (node && filter->a == TRACE_NO_NODE);
    return !node || filter->a != TRACE_NO_NODE || session_find_node(s, node, error);
}

/* The clock has the counts that are not 0, each by the name of its node. */
static void answer_event(Answer *a, const Trace *trace, const TraceEvent *e)
{
    static const char *const kinds[] = {
        [TRACE_SEND] = "send", [TRACE_DELIVERY] = "delivery", [TRACE_DROP] = "drop"};
    const TraceRecord *r = &e->record;
    Answer *row = answer_add(a, "events"), *clock;
    uint8_t digest[sizeof(r->digest)];

    for (unsigned i = 0; i < sizeof(digest); i++)
        digest[i] = (uint8_t)(r->digest >> 8 * i);
    answer_count(row, "number", e->number);
    answer_text(row, "kind", kinds[r->kind]);
    answer_text(row, "port", r->port);
    answer_text(row, "peer", r->peer);
    answer_text(row, "reason", r->reason);
    answer_count(row, "bytes", r->size);
    answer_int(row, "sent_ns", r->sent.ns);
    answer_int(row, "due_ns", r->due.ns);
    answer_int(row, "when_ns", r->when.ns);
    answer_hex(row, "digest", digest, 64);
    clock = answer_object(row, "clock");
    for (unsigned i = 0; i < trace_n_nodes(trace); i++)
        if (vclock_get(&e->clock, i) > 0)
            answer_count(clock, trace_node_name(trace, i), vclock_get(&e->clock, i));
}

static CommandResult exec_trace(CommandCall *call, GError **error)
{
    Session *s = call->session;
    uint64_t last = (uint64_t)args_count(call, "last", 20);
    TraceFilter filter;
    bool none;
    const TraceEvent *e;

    if (!make_filter(s, args_text(call, "node"), &filter, &none, error))
        return COMMAND_FAILED;
    if (s->answer)
        answer_list(s->answer, "events");
    if (s->options.dry || none)
        return COMMAND_DONE;
    e = trace_find(fabric_trace(s->fabric), filter,
                   trace_tail(fabric_trace(s->fabric), filter, last));
    for (; e; e = trace_find(fabric_trace(s->fabric), filter, e->number + 1)) {
        g_autofree char *line = trace_format(fabric_trace(s->fabric), e);

        if (s->answer)
            answer_event(s->answer, fabric_trace(s->fabric), e);
        else
            session_print(s, "%" PRIu64 " %s\n", e->number, line);
    }
    return COMMAND_DONE;
}

const Command cmd_network_trace = {
    .name = "network trace",
    .usage = "[node=END] [last=N]",
    .least = 1,
    .most = INT32_MAX,
    .help =
        "Show the last 20 sends, deliveries and drops, of all nodes or of frames from and to one: "
        "number, kind, port, peer, bytes, sent, due and actual time in ns, reason, digest, vector "
        "clock",
    .exec = exec_trace,
    .when = COMMAND_LOOKS,
};

/* --- packets --- */

/* What ends a packet: a delivery or a drop. */
static bool is_end(const TraceEvent *e, TraceFilter filter)
{
    return e->record.kind != TRACE_SEND && trace_filter_matches(filter, &e->record);
}

/* The number of the first of the last n ends. */
static uint64_t first_end(const Trace *trace, TraceFilter filter, uint64_t n)
{
    uint64_t first = trace_count(trace) + 1;

    for (uint64_t i = trace_count(trace); n > 0 && i > trace_gone(trace); i--) {
        if (!is_end(trace_event(trace, i, NULL), filter))
            continue;
        first = i;
        n--;
    }
    return first;
}

static void show_delays(const Session *s, const TraceRecord *r)
{
    VTime latency = vtime(r->due.ns - r->sent.ns - r->queued.ns - r->bits.ns);

    session_print(s, " %11" PRId64 " %10" PRId64 " %10" PRId64 " %10" PRId64 " %10" PRId64 "%s%s\n",
                  r->when.ns - r->sent.ns, r->queued.ns, r->bits.ns, latency.ns,
                  r->when.ns - r->due.ns, r->reason ? "  " : "", r->reason ? r->reason : "");
}

static void show_packet(const Session *s, const TraceEvent *e)
{
    const TraceRecord *r = &e->record;
    bool delivered = r->kind == TRACE_DELIVERY;
    const char *from = delivered ? r->peer : r->port, *to = delivered ? r->port : r->peer;
    g_autofree char *sent = units_format_seconds(r->sent), *when = units_format_seconds(r->when);
    g_autofree char *protocol = headers_name(r->type, r->proto);

    session_print(s, "%7" PRIu64 " %-11s %-8s %-8s %6zu %14s %14s", e->number, protocol, from,
                  to ? to : "-", r->size, sent, when);
    if (delivered)
        show_delays(s, r);
    else
        session_print(s, " %11s %10s %10s %10s %10s  lost: %s\n", "-", "-", "-", "-", "-",
                      r->reason);
}

/* The parts of a delay are null where a packet was lost. */
static void answer_packet(Answer *a, const TraceEvent *e)
{
    const TraceRecord *r = &e->record;
    bool delivered = r->kind == TRACE_DELIVERY;
    g_autofree char *protocol = headers_name(r->type, r->proto);
    Answer *row = answer_add(a, "packets");
    const struct {
        const char *key;
        int64_t ns;
    } parts[] = {{"delay_ns", r->when.ns - r->sent.ns},
                 {"queue_ns", r->queued.ns},
                 {"bits_ns", r->bits.ns},
                 {"latency_ns", r->due.ns - r->sent.ns - r->queued.ns - r->bits.ns},
                 {"wait_ns", r->when.ns - r->due.ns}};

    answer_count(row, "event", e->number);
    answer_text(row, "protocol", protocol);
    answer_text(row, "from", delivered ? r->peer : r->port);
    answer_text(row, "to", delivered ? r->port : r->peer);
    answer_count(row, "bytes", r->size);
    answer_bool(row, "delivered", delivered);
    answer_text(row, "reason", r->reason);
    answer_int(row, "sent_ns", r->sent.ns);
    answer_int(row, "when_ns", r->when.ns);
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++)
        if (delivered)
            answer_int(row, parts[i].key, parts[i].ns);
        else
            answer_text(row, parts[i].key, NULL);
}

static void show_heading(const Session *s)
{
    if (s->answer)
        answer_list(s->answer, "packets");
    else
        session_print(s, "%7s %-11s %-8s %-8s %6s %14s %14s %11s %10s %10s %10s %10s\n", "event",
                      "protocol", "from", "to", "bytes", "sent", "delivered", "delay ns", "queue",
                      "bits", "latency", "wait");
}

static CommandResult exec_packets(CommandCall *call, GError **error)
{
    Session *s = call->session;
    TraceFilter filter;
    bool none;
    const Trace *trace;

    if (!make_filter(s, args_text(call, "node"), &filter, &none, error))
        return COMMAND_FAILED;
    if (s->options.dry)
        return COMMAND_DONE;
    show_heading(s);
    if (none)
        return COMMAND_DONE;
    trace = fabric_trace(s->fabric);
    for (uint64_t i = first_end(trace, filter, (uint64_t)args_count(call, "last", 20));
         i <= trace_count(trace); i++) {
        const TraceEvent *e = trace_event(trace, i, NULL);

        if (!is_end(e, filter))
            continue;
        if (s->answer)
            answer_packet(s->answer, e);
        else
            show_packet(s, e);
    }
    return COMMAND_DONE;
}

const Command cmd_network_packets = {
    .name = "network packets",
    .usage = "[node=END] [last=N]",
    .least = 1,
    .most = INT32_MAX,
    .help = "Show the last 20 packets that were delivered or lost, of all nodes or from and to "
            "one, with their protocol, and where their time went, in ns: delay = queue (behind "
            "other packets) + bits (its own, at the bandwidth) + latency (with jitter) + wait "
            "(for the receiver's barrier or microsecond)",
    .exec = exec_packets,
    .when = COMMAND_LOOKS,
};

/* --- causality --- */

/* Of the events N and M. */
static bool relation(const CommandCall *call, uint64_t *a, uint64_t *b, VClockOrder *order,
                     GError **error)
{
    const Session *s = call->session;

    *a = (uint64_t)args_count(call, "N", 0);
    *b = (uint64_t)args_count(call, "M", 0);
    if (s->fabric && trace_count(fabric_trace(s->fabric)) > 0)
        return trace_relation(fabric_trace(s->fabric), *a, *b, order, error);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "there are no packets yet");
    return false;
}

static CommandResult exec_order(CommandCall *call, GError **error)
{
    static const char *const names[] = {[VCLOCK_BEFORE] = "before",
                                        [VCLOCK_AFTER] = "after",
                                        [VCLOCK_EQUAL] = "equal",
                                        [VCLOCK_CONCURRENT] = "concurrent"};
    Session *s = call->session;
    uint64_t a, b;
    VClockOrder order;

    if (s->options.dry)
        return COMMAND_DONE;
    if (!relation(call, &a, &b, &order, error))
        return COMMAND_FAILED;
    if (s->answer)
        answer_text(s->answer, "order", names[order]);
    else
        session_print(s, "%" PRIu64 " %s %" PRIu64 "\n", a, names[order], b);
    return COMMAND_DONE;
}

const Command cmd_network_order = {
    .name = "network order",
    .usage = "N M",
    .least = 1,
    .most = INT64_MAX,
    .help = "Say whether event N of the trace happened before event M, after it, or concurrently, "
            "by their "
            "vector clocks",
    .exec = exec_order,
    .when = COMMAND_LOOKS,
};

CommandResult command_assert_causality(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    const char *claim = args_has(call, "concurrent") ? "concurrent" : "happens-before";
    g_autofree char *text = NULL;
    uint64_t a, b;
    VClockOrder order;
    bool holds;

    if (s->options.dry)
        return COMMAND_DONE;
    if (!relation(call, &a, &b, &order, error))
        return COMMAND_FAILED;
    holds = order == (args_has(call, "concurrent") ? VCLOCK_CONCURRENT : VCLOCK_BEFORE);
    text = trace_explain(fabric_trace(s->fabric), a, b, error);
    if (!text)
        return COMMAND_FAILED;
    command_check(call, holds, text);
    if (holds)
        return COMMAND_DONE;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED, "assert %s %s %s failed: %s", claim,
                args_text(call, "N"), args_text(call, "M"), text);
    return COMMAND_FAILED;
}
