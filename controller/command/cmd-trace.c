/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-trace.c: network trace and order; assert happens-before and concurrent. */
#include "controller/base/units.h"
#include "controller/command/command.h"
#include "controller/fabric/fabric.h"

#include <inttypes.h>
#include <string.h>

/* --- trace --- */

typedef struct {
    int64_t last;
    const char *node; /* NULL: all */
} TraceOptions;

static bool read_options(CommandCall *call, TraceOptions *o, GError **error)
{
    for (unsigned i = 0; i < call->n_args; i++) {
        const char *last = command_option(call->args[i], "last");
        const char *node = command_option(call->args[i], "node");

        if (last) {
            if (!units_parse_int(last, "last", 1, INT32_MAX, &o->last, error))
                return false;
        } else if (node) {
            o->node = node;
        } else {
            command_usage_error(call, error);
            return false;
        }
    }
    return true;
}

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
    TraceOptions o = {.last = 20};
    TraceFilter filter;
    bool none;
    const TraceEvent *e;

    if (!read_options(call, &o, error) || !make_filter(s, o.node, &filter, &none, error))
        return COMMAND_FAILED;
    if (s->options.dry || none)
        return COMMAND_DONE;
    e = trace_find(fabric_trace(s->fabric), filter,
                   trace_tail(fabric_trace(s->fabric), filter, (uint64_t)o.last));
    for (; e; e = trace_find(fabric_trace(s->fabric), filter, e->number + 1)) {
        g_autofree char *line = trace_format(fabric_trace(s->fabric), e);

        session_print(s, "%" PRIu64 " %s\n", e->number, line);
    }
    return COMMAND_DONE;
}

const Command cmd_network_trace = {
    .name = "network trace",
    .usage = "[node=NODE] [last=N]",
    .help =
        "Show the last 20 sends, deliveries and drops, of all nodes or of frames from and to one: "
        "number, kind, port, peer, bytes, sent, due and actual time in ns, reason, digest, vector "
        "clock",
    .max_args = 2,
    .exec = exec_trace,
    .when = COMMAND_LOOKS,
};

/* --- causality --- */

static bool read_event(const char *text, uint64_t *out, GError **error)
{
    int64_t number;

    if (!units_parse_int(text, "event", 1, INT64_MAX, &number, error))
        return false;
    *out = (uint64_t)number;
    return true;
}

static bool relation(const Session *s, uint64_t a, uint64_t b, VClockOrder *order, GError **error)
{
    if (s->fabric && trace_count(fabric_trace(s->fabric)) > 0)
        return trace_relation(fabric_trace(s->fabric), a, b, order, error);
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

    if (!read_event(call->args[0], &a, error) || !read_event(call->args[1], &b, error))
        return COMMAND_FAILED;
    if (s->options.dry)
        return COMMAND_DONE;
    if (!relation(s, a, b, &order, error))
        return COMMAND_FAILED;
    session_print(s, "%" PRIu64 " %s %" PRIu64 "\n", a, names[order], b);
    return COMMAND_DONE;
}

const Command cmd_network_order = {
    .name = "network order",
    .usage = "N M",
    .help = "Say whether event N of the trace happened before event M, after it, or concurrently, "
            "by their "
            "vector clocks",
    .min_args = 2,
    .max_args = 2,
    .exec = exec_order,
    .when = COMMAND_LOOKS,
};

bool command_is_causality(const CommandCall *call)
{
    return strcmp(call->args[0], "happens-before") == 0 || strcmp(call->args[0], "concurrent") == 0;
}

CommandResult command_assert_causality(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    const char *claim = call->args[0];
    g_autofree char *text = NULL;
    uint64_t a, b;
    VClockOrder order;
    bool holds;

    if (call->n_args != 3) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "usage: assert %s N M: two numbers of events as `network trace` shows them",
                    claim);
        return COMMAND_FAILED;
    }
    if (!read_event(call->args[1], &a, error) || !read_event(call->args[2], &b, error))
        return COMMAND_FAILED;
    if (s->options.dry)
        return COMMAND_DONE;
    if (!relation(s, a, b, &order, error))
        return COMMAND_FAILED;
    holds = order == (strcmp(claim, "concurrent") == 0 ? VCLOCK_CONCURRENT : VCLOCK_BEFORE);
    text = trace_explain(fabric_trace(s->fabric), a, b, error);
    if (!text)
        return COMMAND_FAILED;
    command_check(call, holds, text);
    if (holds)
        return COMMAND_DONE;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED, "assert %s %s %s failed: %s", claim,
                call->args[1], call->args[2], text);
    return COMMAND_FAILED;
}
