/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-look.c: what only looks: time, stats, assert, report. */
#include "controller/base/units.h"
#include "controller/command/command.h"
#include "controller/command/expr.h"

#include <inttypes.h>
#include <string.h>

static void time_row(const Session *s, const Node *n)
{
    double host = (double)s->in_runs.ns / 1e9;
    int64_t offset = vtime_sub(node_ensemble_time(n), engine_now(s->engine)).ns;
    VTime lived = node_ensemble_time(n);
    g_autofree char *state = n->clock.idle && n->state == NODE_PAUSED
                                 ? g_strdup("idle")
                                 : g_strdup(node_state_name(n->state));

    command_print(
        s, "%-12s %-8s %16" PRId64 " %16" PRId64 " %16" PRId64 " %+9" PRId64 " %9.3f %8.2f\n",
        n->name, state, n->clock.icount.n, n->clock.virtual_time.ns, n->clock.bias.ns, offset, host,
        lived.ns > 0 ? host * 1e9 / (double)lived.ns : 0.0);
}

static CommandResult exec_time(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    const Node *only = NULL;
    g_autofree char *now = NULL;

    if (call->n_args == 1 && !(only = session_find_node(s, call->args[0], error)))
        return COMMAND_FAILED;
    if (s->options.dry)
        return COMMAND_DONE;
    now = units_format_seconds(engine_now(s->engine));
    command_print(s, "virtual time %s, mode %s\n", now, session_mode(s));
    command_print(s, "%-12s %-8s %16s %16s %16s %9s %9s %8s\n", "node", "state", "icount",
                  "virtual ns", "idle ns", "offset ns", "host s", "slowdown");
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (!only || only == s->nodes->pdata[i])
            time_row(s, s->nodes->pdata[i]);
    return COMMAND_DONE;
}

const Command cmd_time = {
    "time",
    "[NODE]",
    "Show each node's instruction count, virtual time, idle time, offset to the ensemble, host "
    "time in runs and slowdown",
    0,
    1,
    exec_time,
};

static void stats_row(const Session *s, const Node *n)
{
    const NodeStats *st = engine_node_stats(s->engine, n);
    DistSummary d;

    if (!st)
        return;
    d = dist_summary(&st->overshoot);
    command_print(s,
                  "%-12s %7" PRIu64 " %7" PRIu64 " %8" PRId64 " %10.1f %8" PRId64 " %8" PRId64
                  " %8" PRIu64 " %9" PRId64 " %10" PRIu64 " %10.3f\n",
                  n->name, st->missed, st->repairs, d.min, d.mean, d.median, d.max, d.outliers,
                  dist_max(&st->idle_skip), st->waited_for, (double)st->waited.ns / 1e6);
}

static CommandResult exec_stats(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    const EnsembleStats *st = engine_stats(s->engine);
    double host_us = (double)st->in_quanta.ns / 1e3;

    (void)error;
    if (s->options.dry)
        return COMMAND_DONE;
    command_print(s,
                  "barriers %" PRIu64 ", missed %" PRIu64
                  ", host us per barrier %.2f, mode %s, host CPUs %u\n",
                  st->barriers, engine_missed(s->engine),
                  st->barriers ? host_us / (double)st->barriers : 0.0, session_mode(s),
                  host_cpus(s->host));
    command_print(s, "%-12s %7s %7s %8s %10s %8s %8s %8s %9s %10s %10s\n", "node", "missed",
                  "repairs", "min ns", "mean ns", "median", "max ns", "outliers", "idle skip",
                  "waited for", "waited ms");
    for (unsigned i = 0; i < s->nodes->len; i++)
        stats_row(s, s->nodes->pdata[i]);
    return COMMAND_DONE;
}

const Command cmd_stats = {
    "stats",
    "",
    "Show barriers, missed boundaries, overshoot (virtual ns of instructions past a target), idle "
    "skip, and who was waited for",
    0,
    0,
    exec_stats,
};

/* --- assert --- */

enum { OF_TIME, OF_QUANTUM, OF_BARRIERS, OF_MISSED, OF_END };

const CommandValue command_ensemble_values[] = {
    [OF_TIME] = {"time", "the ensemble's virtual time"},
    [OF_QUANTUM] = {"quantum", "the quantum"},
    [OF_BARRIERS] = {"barriers", "barriers so far"},
    [OF_MISSED] = {"missed", "boundaries that nodes ran past, over all nodes"},
    [OF_END] = {NULL, NULL},
};

enum {
    NODE_TIME,
    NODE_VIRTUAL,
    NODE_ICOUNT,
    NODE_IDLE,
    NODE_OVERSHOOT,
    NODE_IDLE_SKIP,
    NODE_MISSED,
    NODE_OFFSET,
    NODE_CONSOLE_BYTES,
    NODE_END
};

const CommandValue command_node_values[] = {
    [NODE_TIME] = {"time", "the node's clock in the ensemble's time"},
    [NODE_VIRTUAL] = {"virtual", "the node's own virtual clock"},
    [NODE_ICOUNT] = {"icount", "instructions executed, over all vCPUs"},
    [NODE_IDLE] = {"idle", "virtual time that passed while all vCPUs were idle"},
    [NODE_OVERSHOOT] = {"overshoot", "the largest so far"},
    [NODE_IDLE_SKIP] = {"idle_skip", "the largest so far"},
    [NODE_MISSED] = {"missed", "boundaries that it ran past"},
    [NODE_OFFSET] = {"offset", "its time minus the ensemble's"},
    [NODE_CONSOLE_BYTES] = {"console_bytes", "bytes that the guest wrote"},
    [NODE_END] = {NULL, NULL},
};

/* "time, virtual, …" */
static char *value_names(const CommandValue *values)
{
    GString *out = g_string_new(NULL);

    for (; values->name; values++)
        g_string_append_printf(out, "%s%s", out->len ? ", " : "", values->name);
    return g_string_free(out, FALSE);
}

static bool ensemble_value(const Session *s, const char *name, ExprValue *out)
{
    const ExprValue all[OF_END] = {
        [OF_TIME] = {EXPR_TIME, engine_now(s->engine).ns},
        [OF_QUANTUM] = {EXPR_TIME, engine_quantum(s->engine).ns},
        [OF_BARRIERS] = {EXPR_COUNT, (int64_t)engine_stats(s->engine)->barriers},
        [OF_MISSED] = {EXPR_COUNT, (int64_t)engine_missed(s->engine)},
    };

    for (unsigned i = 0; i < OF_END; i++) {
        if (strcmp(command_ensemble_values[i].name, name) == 0) {
            *out = all[i];
            return true;
        }
    }
    return false;
}

static bool node_value(const Session *s, const Node *n, const char *field, ExprValue *out)
{
    const NodeStats *st = engine_node_stats(s->engine, n);
    const ExprValue all[NODE_END] = {
        [NODE_TIME] = {EXPR_TIME, node_ensemble_time(n).ns},
        [NODE_VIRTUAL] = {EXPR_TIME, n->clock.virtual_time.ns},
        [NODE_ICOUNT] = {EXPR_COUNT, n->clock.icount.n},
        [NODE_IDLE] = {EXPR_TIME, n->clock.bias.ns},
        [NODE_OVERSHOOT] = {EXPR_TIME, st ? dist_max(&st->overshoot) : 0},
        [NODE_IDLE_SKIP] = {EXPR_TIME, st ? dist_max(&st->idle_skip) : 0},
        [NODE_MISSED] = {EXPR_COUNT, st ? (int64_t)st->missed : 0},
        [NODE_OFFSET] = {EXPR_TIME, vtime_sub(node_ensemble_time(n), engine_now(s->engine)).ns},
        [NODE_CONSOLE_BYTES] = {EXPR_COUNT, n->console ? (int64_t)console_bytes(n->console) : 0},
    };

    for (unsigned i = 0; i < NODE_END; i++) {
        if (strcmp(command_node_values[i].name, field) == 0) {
            *out = all[i];
            return true;
        }
    }
    return false;
}

static bool lookup(const char *name, ExprValue *out, void *data, GError **error)
{
    const Session *s = data;
    const char *dot = strchr(name, '.');
    g_autofree char *node_name = dot ? g_strndup(name, (gsize)(dot - name)) : NULL;
    g_autofree char *fields = value_names(command_node_values), *own = NULL;
    Node *node;

    if (!dot) {
        if (ensemble_value(s, name, out))
            return true;
        own = value_names(command_ensemble_values);
        g_set_error(error, EXPR_ERROR, 0, "unknown value '%s': NODE.FIELD (%s), or %s", name,
                    fields, own);
        return false;
    }
    node = session_find_node(s, node_name, error);
    if (!node)
        return false;
    if (node_value(s, node, dot + 1, out))
        return true;
    g_set_error(error, EXPR_ERROR, 0, "a node has no '%s': %s", dot + 1, fields);
    return false;
}

static char *show(ExprValue v)
{
    return v.kind == EXPR_TIME ? units_format_duration(vtime(v.value))
                               : g_strdup_printf("%" PRId64, v.value);
}

static CommandResult exec_assert(CommandCall *call, GError **error)
{
    g_autofree char *text = g_strjoinv(" ", call->args), *left = NULL, *right = NULL;
    ExprResult result;

    if (!expr_evaluate(text, lookup, call->session, &result, error))
        return COMMAND_FAILED;
    if (result.holds || call->session->options.dry)
        return COMMAND_DONE;
    left = show(result.left);
    right = show(result.right);
    g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_FAILED, "assert %s failed: %s against %s", text,
                left, right);
    return COMMAND_FAILED;
}

const Command cmd_assert = {
    "assert",
    "EXPR",
    "End with exit code 1 unless the comparison holds, such as a.icount == 3000000, b.time < 2s, "
    "a.overshoot == 0, a.time - b.time < 1us",
    1,
    COMMAND_ANY_ARGS,
    exec_assert,
};

/* --- report --- */

static CommandResult exec_report(CommandCall *call, GError **error)
{
    Session *s = call->session;
    g_autoptr(Report) report = NULL;
    ReportSummary summary;
    bool ok;

    if (s->options.dry)
        return COMMAND_DONE;
    if (s->report && strcmp(report_dir(s->report), call->args[0]) == 0) {
        session_describe(s, &summary);
        ok = report_write(s->report, &summary, error);
    } else {
        report = report_new(call->args[0], error);
        if (!report)
            return COMMAND_FAILED;
        session_describe(s, &summary);
        ok = report_write(report, &summary, error);
    }
    report_summary_clear(&summary);
    return ok ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_report = {
    "report",
    "DIR",
    "Write report.json and the consoles to DIR now; barriers.csv has rows only with the option "
    "--report",
    1,
    1,
    exec_report,
};
