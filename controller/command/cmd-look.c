/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-look.c: what only looks: time, stats, assert, report. */
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/command/look.h"
#include "controller/qemu/debug.h"
#include "controller/run/values.h"
#include "controller/session/describe.h"
#include "controller/session/table.h"

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

static const Column time_columns[] = {
    COLUMN("node", "node", -12),
    COLUMN("state", "state", -9),
    COLUMN("icount", "icount", 15),
    COLUMN("virtual_ns", "virtual ns", 16),
    COLUMN("bias_ns", "idle ns", 16),
    COLUMN("offset_ns", "offset ns", 9, .sign = true),
    COLUMN_SHOWN("host s", 9, .decimals = 3),
    COLUMN("slowdown", "slowdown", 8, .decimals = 2),
    COLUMN("cpu_percent", "cpu %", 6, .decimals = 1),
};
static const Table time_table = {"nodes", time_columns, G_N_ELEMENTS(time_columns)};

static void time_row(const Session *s, const Node *n)
{
    int64_t offset = vtime_sub(node_ensemble_time(n), engine_now(s->engine)).ns;
    const char *state =
        n->clock.idle && n->state == NODE_PAUSED ? "idle" : node_state_name(node_shown_state(n));

    const Cell cells[] = {cell_text(n->name),
                          cell_text(state),
                          cell_int(n->clock.icount.n),
                          cell_int(n->clock.virtual_time.ns),
                          cell_int(n->clock.bias.ns),
                          cell_int(offset),
                          cell_real((double)s->in_runs.ns / 1e9),
                          cell_real(slowdown(s->in_runs, node_ensemble_time(n))),
                          cell_real(share(vcpu_time(n), s->in_runs))};
    bool stale = node_state_has_left(n->state) && n->clock_stale;
    Answer *row = table_row(s, &time_table, cells);

    if (row)
        answer_bool(row, "stale", stale);
    else if (stale)
        session_print(s, "  its QEMU is gone: the time is that of the last barrier, the counts are "
                         "older\n");
}

static const Column vcpu_columns[] = {
    COLUMN("vcpu", "vCPU", -12),
    COLUMN("state", "state", -8),
    COLUMN("thread", "thread", 8),
    COLUMN("host_seconds", "host s", 9, .decimals = 3),
    COLUMN("cpu_percent", "cpu %", 6, .decimals = 1),
    COLUMN("instruction", "pc", 0, .apart = true),
};
static const Table vcpu_table = {"vcpus", vcpu_columns, G_N_ELEMENTS(vcpu_columns)};

/* Under icount one host thread runs all vCPUs in turn, so all of them show its time. */
static bool vcpu_rows(Session *s, Node *n, GError **error)
{
    GdbClient *gdb = node_is_live(n) && n->gdb_path ? debug_use(n, error) : NULL;
    g_autoptr(GArray) threads = gdb ? gdb_threads(gdb, NODE_REPLY_MS, error) : NULL;
    bool ok = threads != NULL;

    if (ok)
        table_begin(s, &vcpu_table);
    for (unsigned i = 0; ok && i < threads->len; i++) {
        const GdbThread *t = &g_array_index(threads, GdbThread, i);
        pid_t tid = i < n->vcpus->len ? g_array_index(n->vcpus, pid_t, i) : 0;
        HTime used = node_vcpu_time(n, i);
        g_autofree char *pc = NULL;
        bool halted = false;

        ok = gdb_thread_halted(gdb, t, &halted, NODE_REPLY_MS, error) &&
             (pc = look_instruction(s, n, (int)i, error));
        if (ok) {
            const Cell cells[] = {cell_count(i),
                                  cell_text(halted ? "halted" : "running"),
                                  tid > 0 ? cell_int(tid) : cell_text(NULL),
                                  cell_real((double)used.ns / 1e9),
                                  cell_real(share(used, s->in_runs)),
                                  cell_text(pc)};

            table_row(s, &vcpu_table, cells);
        }
    }
    if (gdb)
        debug_release(n);
    return ok || !n->gdb_path || !node_is_live(n);
}

static void time_of_ensemble(const Session *s)
{
    g_autofree char *now = units_format_seconds(engine_now(s->engine));
    double all = slowdown(s->in_runs, engine_now(s->engine)),
           last = slowdown(s->last_run, s->last_passed);

    if (s->answer) {
        answer_int(s->answer, "virtual_ns", engine_now(s->engine).ns);
        answer_text(s->answer, "mode", session_mode(s));
        answer_int(s->answer, "host_ns", s->in_runs.ns);
        answer_real(s->answer, "slowdown", all);
        answer_real(s->answer, "slowdown_last_run", last);
    } else {
        session_print(s, "virtual time %s, mode %s, slowdown %.2f, in the last run %.2f\n", now,
                      session_mode(s), all, last);
    }
    table_begin(s, &time_table);
}

static CommandResult exec_time(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *only = args_node(call); /* NULL: all */

    if (s->options.dry)
        return COMMAND_DONE;
    time_of_ensemble(s);
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

/* Overshoot in ns of virtual time. */
static const Column stats_columns[] = {
    COLUMN("node", "node", -12),
    COLUMN("missed", "missed", 7),
    COLUMN("repairs", "repairs", 7),
    COLUMN("overshoot_min_ns", "min ns", 8),
    COLUMN("overshoot_mean_ns", "mean ns", 10, .decimals = 1),
    COLUMN("overshoot_median_ns", "median", 8),
    COLUMN("overshoot_max_ns", "max ns", 8),
    COLUMN("outliers", "outliers", 8),
    COLUMN("idle_skip_max_ns", "idle skip", 9),
    COLUMN("waited_for", "waited for", 10),
    COLUMN_SHOWN("waited ms", 10, .decimals = 3),
    COLUMN_TYPED("waited_host_ns"),
};
static const Table stats_table = {"nodes", stats_columns, G_N_ELEMENTS(stats_columns)};

static void stats_row(const Session *s, const Node *n)
{
    const NodeStats *st = engine_node_stats(s->engine, n);
    DistSummary d = st ? dist_summary(&st->overshoot) : (DistSummary){0};
    const Cell cells[] = {cell_text(n->name),
                          cell_count(st ? st->missed : 0),
                          cell_count(st ? st->repairs : 0),
                          cell_int(d.min),
                          cell_real(d.mean),
                          cell_int(d.median),
                          cell_int(d.max),
                          cell_count(d.outliers),
                          cell_int(st ? dist_max(&st->idle_skip) : 0),
                          cell_count(st ? st->waited_for : 0),
                          cell_real(st ? (double)st->waited.ns / 1e6 : 0),
                          cell_int(st ? st->waited.ns : 0)};

    if (st)
        table_row(s, &stats_table, cells);
}

static void stats_of_ensemble(const Session *s)
{
    const EnsembleStats *st = engine_stats(s->engine);
    double host_us = (double)st->in_quanta.ns / 1e3;

    if (s->answer) {
        answer_count(s->answer, "barriers", st->barriers);
        answer_count(s->answer, "missed", engine_missed(s->engine));
        answer_int(s->answer, "host_ns_in_quanta", st->in_quanta.ns);
        answer_text(s->answer, "mode", session_mode(s));
        answer_count(s->answer, "host_cpus", local_host_cpus(s->host));
    } else {
        session_print(s,
                      "barriers %" PRIu64 ", missed %" PRIu64
                      ", host us per barrier %.2f, mode %s, host CPUs %u\n",
                      st->barriers, engine_missed(s->engine),
                      st->barriers ? host_us / (double)st->barriers : 0.0, session_mode(s),
                      local_host_cpus(s->host));
    }
    table_begin(s, &stats_table);
}

static CommandResult exec_stats(CommandCall *call, GError **error)
{
    const Session *s = call->session;

    (void)error;
    if (s->options.dry)
        return COMMAND_DONE;
    stats_of_ensemble(s);
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
    if (call->session->answer) {
        answer_text(call->session->answer, "left", left);
        answer_text(call->session->answer, "right", right);
    }
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
    .drives = true,
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
