/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-look.c: what only looks: time, stats, assert, report. */
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/command/look.h"
#include "controller/qemu/debug.h"
#include "controller/run/values.h"
#include "controller/session/describe.h"

#include <inttypes.h>
#include <string.h>

static double slowdown(HTime host, VTime passed)
{
    return passed.ns > 0 ? (double)host.ns / (double)passed.ns : 0.0;
}

/* Host CPU time of all vCPU threads. */
static HTime vcpu_time(const Node *n)
{
    HTime sum = {0};

    for (unsigned i = 0; i < n->vcpus->len && node_is_live(n); i++)
        sum.ns += node_vcpu_time(n, i).ns;
    return sum;
}

static double share(HTime part, HTime whole)
{
    return whole.ns > 0 ? 100.0 * (double)part.ns / (double)whole.ns : 0.0;
}

static void time_row(const Session *s, const Node *n)
{
    int64_t offset = vtime_sub(node_ensemble_time(n), engine_now(s->engine)).ns;
    const char *state =
        n->clock.idle && n->state == NODE_PAUSED ? "idle" : node_state_name(node_shown_state(n));

    session_print(
        s, "%-12s %-9s %15" PRId64 " %16" PRId64 " %16" PRId64 " %+9" PRId64 " %9.3f %8.2f %6.1f\n",
        n->name, state, n->clock.icount.n, n->clock.virtual_time.ns, n->clock.bias.ns, offset,
        (double)s->in_runs.ns / 1e9, slowdown(s->in_runs, node_ensemble_time(n)),
        share(vcpu_time(n), s->in_runs));
    if (node_state_has_left(n->state) && n->clock_stale)
        session_print(s, "  its QEMU is gone: the time is that of the last barrier, the counts are "
                         "older\n");
}

/* Under icount one host thread runs all vCPUs in turn, so all of them show its time. */
static bool vcpu_rows(Session *s, Node *n, GError **error)
{
    GdbClient *gdb = node_is_live(n) && n->gdb_path ? debug_use(n, error) : NULL;
    g_autoptr(GArray) threads = gdb ? gdb_threads(gdb, NODE_REPLY_MS, error) : NULL;
    bool ok = threads != NULL;

    if (ok)
        session_print(s, "%-12s %-8s %8s %9s %6s  %s\n", "vCPU", "state", "thread", "host s",
                      "cpu %", "pc");
    for (unsigned i = 0; ok && i < threads->len; i++) {
        const GdbThread *t = &g_array_index(threads, GdbThread, i);
        pid_t tid = i < n->vcpus->len ? g_array_index(n->vcpus, pid_t, i) : 0;
        HTime used = node_vcpu_time(n, i);
        g_autofree char *thread = tid > 0 ? g_strdup_printf("%d", (int)tid) : g_strdup("-");
        g_autofree char *pc = NULL;
        bool halted = false;

        ok = gdb_thread_halted(gdb, t, &halted, NODE_REPLY_MS, error) &&
             (pc = look_instruction(s, n, (int)i, error));
        if (ok)
            session_print(s, "%-12u %-8s %8s %9.3f %6.1f  %s\n", i, halted ? "halted" : "running",
                          thread, (double)used.ns / 1e9, share(used, s->in_runs), pc);
    }
    if (gdb)
        debug_release(n);
    return ok || !n->gdb_path || !node_is_live(n);
}

static CommandResult exec_time(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *only = args_node(call); /* NULL: all */
    g_autofree char *now = NULL;

    if (s->options.dry)
        return COMMAND_DONE;
    now = units_format_seconds(engine_now(s->engine));
    session_print(s, "virtual time %s, mode %s, slowdown %.2f, in the last run %.2f\n", now,
                  session_mode(s), slowdown(s->in_runs, engine_now(s->engine)),
                  slowdown(s->last_run, s->last_passed));
    session_print(s, "%-12s %-9s %15s %16s %16s %9s %9s %8s %6s\n", "node", "state", "icount",
                  "virtual ns", "idle ns", "offset ns", "host s", "slowdown", "cpu %");
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (!only || only == s->nodes->pdata[i])
            time_row(s, s->nodes->pdata[i]);
    return !only || vcpu_rows(s, only, error) ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_time = {
    .name = "time",
    .usage = "[NODE]",
    .help =
        "Show each node's instruction count, virtual time, idle time, offset to the ensemble, host "
        "time in runs, slowdown and its vCPU threads' share of that host time; of one node, each "
        "vCPU",
    .exec = exec_time,
    .when = COMMAND_LOOKS,
};

static void stats_row(const Session *s, const Node *n)
{
    const NodeStats *st = engine_node_stats(s->engine, n);
    DistSummary d;

    if (!st)
        return;
    d = dist_summary(&st->overshoot);
    session_print(s,
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
    session_print(s,
                  "barriers %" PRIu64 ", missed %" PRIu64
                  ", host us per barrier %.2f, mode %s, host CPUs %u\n",
                  st->barriers, engine_missed(s->engine),
                  st->barriers ? host_us / (double)st->barriers : 0.0, session_mode(s),
                  local_host_cpus(s->host));
    session_print(s, "%-12s %7s %7s %8s %10s %8s %8s %8s %9s %10s %10s\n", "node", "missed",
                  "repairs", "min ns", "mean ns", "median", "max ns", "outliers", "idle skip",
                  "waited for", "waited ms");
    for (unsigned i = 0; i < s->nodes->len; i++)
        stats_row(s, s->nodes->pdata[i]);
    return COMMAND_DONE;
}

const Command cmd_stats = {
    .name = "stats",
    .usage = "",
    .help = "Show barriers, missed boundaries, overshoot (virtual ns of instructions past a "
            "target), idle "
            "skip, and who was waited for",
    .exec = exec_stats,
    .when = COMMAND_LOOKS,
};

/* --- assert --- */

static char *show(ExprValue v)
{
    if (v.kind == EXPR_NAME)
        return g_strdup(v.names[v.value]);
    if (v.kind == EXPR_WORD)
        return g_strdup_printf("0x%" PRIx64, (uint64_t)v.value);
    return v.kind == EXPR_TIME ? units_format_duration(vtime(v.value))
                               : g_strdup_printf("%" PRId64, v.value);
}

static CommandResult exec_assert(CommandCall *call, GError **error)
{
    g_autofree char *text = g_strjoinv(" ", call->args), *left = NULL, *right = NULL;
    Values values = {.session = call->session, .check = call->session->options.dry};
    g_autofree char *found = NULL;
    ExprResult result;

    if (!args_has(call, "EXPR"))
        return command_assert_causality(call, error);
    if (!expr_evaluate(text, values_lookup, &values, &result, error))
        return COMMAND_FAILED;
    if (call->session->options.dry)
        return COMMAND_DONE;
    left = show(result.left);
    right = show(result.right);
    found = g_strdup_printf("%s against %s", left, right);
    command_check(call, result.holds, found);
    if (result.holds)
        return COMMAND_DONE;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED, "assert %s failed: %s", text, found);
    return COMMAND_FAILED;
}

const Command cmd_assert = {
    .name = "assert",
    .usage = "EXPR | happens-before N M | concurrent N M",
    .least = 1,
    .most = INT64_MAX,
    .help = "End with exit code 1 unless the comparison holds, such as a.icount == 3000000, b.time "
            "< 2s, "
            "a.overshoot == 0, a.time - b.time < 1us; or unless event N of `network trace` may "
            "have caused "
            "event M; or neither the other",
    .exec = exec_assert,
    .when = COMMAND_LOOKS,
};

/* --- report --- */

static CommandResult exec_report(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *folder = args_text(call, "DIR");
    g_autoptr(Report) report = NULL;
    ReportSummary summary;
    bool ok;

    if (s->options.dry) {
        checking_make_folder(s->checking, folder);
        return command_would_write(s, folder, true, error) ? COMMAND_DONE : COMMAND_FAILED;
    }
    if (s->report && report_is_in(s->report, folder)) {
        session_describe(s, &summary);
        ok = report_write(s->report, &summary, error);
    } else {
        report = report_new(folder, error);
        if (!report)
            return COMMAND_FAILED;
        session_describe(s, &summary);
        ok = report_write(report, &summary, error);
    }
    report_summary_clear(&summary);
    return ok ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_report = {
    .name = "report",
    .usage = "DIR",
    .help = "Write the report to DIR now; barriers.csv has rows only with the option "
            "--report",
    .exec = exec_report,
    .when = COMMAND_LOOKS,
    .outside = true,
};
