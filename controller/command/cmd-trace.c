/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-trace.c: network trace and order; assert happens-before and concurrent. */
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/fabric/fabric.h"

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

static CommandResult exec_trace(CommandCall *call, GError **error)
{
    Session *s = call->session;
    uint64_t last = (uint64_t)args_count(call, "last", 20);
    TraceFilter filter;
    bool none;
    const TraceEvent *e;

    if (!make_filter(s, args_text(call, "node"), &filter, &none, error))
        return COMMAND_FAILED;
    if (s->options.dry || none)
        return COMMAND_DONE;
    e = trace_find(fabric_trace(s->fabric), filter,
                   trace_tail(fabric_trace(s->fabric), filter, last));
    for (; e; e = trace_find(fabric_trace(s->fabric), filter, e->number + 1)) {
        g_autofree char *line = trace_format(fabric_trace(s->fabric), e);

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
