/* SPDX-License-Identifier: GPL-3.0-or-later */
/* describe.c: copies nodes, network and verdict of a session into a report's summary. */
#include "controller/session/describe.h"

#include "controller/fabric/fabric.h"
#include "controller/network/network.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/sched.h"
#include "controller/session/journal.h"
#include "controller/session/packets.h"

static ReportPackets packets_of(const NetPortStats *s)
{
    return (ReportPackets){.sent = s->sent,
                           .copies = s->copies,
                           .received = s->received,
                           .dropped = s->dropped,
                           .filtered = s->filtered,
                           .under_way = net_under_way(s),
                           .refused = s->refused,
                           .late = s->late,
                           .carried = s->carried};
}

static void describe_packets(const Session *s, const Node *n, ReportNode *out)
{
    NetPortStats stats = fabric_node_stats(s->fabric, n);

    out->packets = packets_of(&stats);
    if (s->fabric)
        out->packet_trace_sha256 = fabric_node_digest(s->fabric, n);
}

static ReportDisk disk_of(const NodeDisk *d)
{
    return (ReportDisk){.there = d->there,
                        .mode = disk_mode_name(d->mode),
                        .persist = d->persist,
                        .in_memory = d->mode == DISK_MEMORY && !d->unlocked,
                        .read_bytes = d->waited.read_bytes,
                        .write_bytes = d->waited.write_bytes,
                        .major_faults = d->waited.faults,
                        .why = disk_why(d)};
}

static void describe_node(const Session *s, const Node *n, ReportNode *out)
{
    const NodeStats *stats = engine_node_stats(s->engine, n);

    out->name = g_strdup(n->name);
    out->host = g_strdup(n->options->host);
    out->version = g_strdup(n->version);
    out->state = g_strdup(node_state_name(node_shown_state(n)));
    out->exit_status = n->exit_status;
    out->resets = n->life.resets;
    out->icount_mode = icount_text(&n->icount);
    out->icount = n->clock.icount;
    out->virtual_time = n->clock.virtual_time;
    out->bias = n->clock.bias;
    out->disk = disk_of(&n->disk);
    if (stats) {
        DistSummary d = dist_summary(&stats->overshoot);

        out->overshoot = (ReportDist){d.min, d.median, d.max, d.mean};
        out->idle_skip_max = dist_max(&stats->idle_skip);
        out->missed = stats->missed;
        out->waited_for = stats->waited_for;
        out->overshoot_zeros = stats->overshoot.zeros;
        if (stats->overshoot.others)
            out->overshoots = g_array_copy(stats->overshoot.others);
    }
    describe_packets(s, n, out);
    if (n->console) {
        out->console_sha256 = console_sha256(n->console);
        out->console = console_recent(n->console);
        out->console_open = console_open_line(n->console, &out->console_open_at);
        out->console_log = n->attached ? NULL : g_strdup(console_log_path(n->console));
    }
    for (unsigned i = 1; i < node_n_consoles(n); i++) {
        const Console *c = node_console(n, i);
        ReportUart *u = !c                         ? NULL
                        : i == node_semi_number(n) ? report_node_semi(out)
                                                   : report_node_add_uart(out);

        if (u)
            *u =
                (ReportUart){i, console_bytes(c), console_sha256(c), g_strdup(console_log_path(c))};
    }
}

static void describe_journal(const Session *s, ReportSummary *out)
{
    out->journal_left_out = journal_dropped(s);
    for (unsigned i = 0; i < journal_count(s); i++) {
        const JournalEntry *e = journal_entry(s, i);

        *report_summary_add_entry(out) = (ReportEntry){
            .number = e->number,
            .kind = journal_kind_name(e->kind),
            .source = journal_source_name(e->source),
            .node = g_strdup(e->node),
            .what = journal_text(e),
            .time = e->time,
            .running = e->running,
            .counted = e->counted,
            .icount = e->insns,
            .data = e->data ? g_bytes_ref(e->data) : NULL,
        };
    }
}

void session_describe(const Session *s, ReportSummary *out)
{
    NetPortStats total = fabric_total_stats(s->fabric);

    if (!engine_running(s->engine))
        engine_settle_clocks(s->engine);
    *out = (ReportSummary){
        .command_line = g_strdup(s->options.command_line),
        .mode = session_mode(s),
        .seed = s->fabric ? network_seed(fabric_network(s->fabric)) : 0,
        .quantum = engine_quantum(s->engine),
        .quantum_auto = s->auto_quantum,
        .now = engine_now(s->engine),
        .barriers = engine_stats(s->engine)->barriers,
        .missed = engine_missed(s->engine),
        .host_seconds = (double)s->in_runs.ns / 1e9,
        .verdict = &s->verdict,
        .started = s->started_at,
        .scenario = s->options.scenario,
        .variables = s->variables,
        .packets = packets_of(&total),
    };
    for (unsigned i = 0; i < s->nodes->len; i++)
        describe_node(s, s->nodes->pdata[i], report_summary_add(out));
    describe_journal(s, out);
    if (s->fabric)
        packets_describe(s->fabric, &out->trace);
}

bool session_report_unstarted(const Session *s, const char *dir, const Verdict *verdict,
                              GError **error)
{
    g_autoptr(Report) report = report_new(dir, error);
    ReportSummary summary;
    bool ok;

    if (!report)
        return false;
    session_describe(s, &summary);
    summary.mode = sched_mode_name(sched_probe());
    summary.verdict = verdict;
    ok = report_write(report, &summary, error);
    report_summary_clear(&summary);
    return ok;
}
