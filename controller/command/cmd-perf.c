/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-perf.c: where the host's time goes, and which node the others waited for. */
#include "controller/command/args.h"
#include "controller/session/remote-host.h"
#include "controller/session/table.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    uint64_t waited_for;
    HTime waited;
} Blame;

/* What had been counted when `perf on` was said. */
struct Perf {
    uint64_t barriers;
    HTime in_quanta, in_runs;
    GHashTable *blames; /* Node -> Blame */
};

void perf_free(Session *s)
{
    if (!s->perf)
        return;
    g_hash_table_unref(s->perf->blames);
    g_free(s->perf);
    s->perf = NULL;
}

static void begin(Session *s)
{
    const EnsembleStats *st = engine_stats(s->engine);

    perf_free(s);
    s->perf = g_new0(struct Perf, 1);
    s->perf->barriers = st->barriers;
    s->perf->in_quanta = st->in_quanta;
    s->perf->in_runs = s->in_runs;
    s->perf->blames = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const NodeStats *node = engine_node_stats(s->engine, s->nodes->pdata[i]);
        Blame blame = {0};

        if (node)
            blame = (Blame){node->waited_for, node->waited};
        g_hash_table_insert(s->perf->blames, s->nodes->pdata[i], g_memdup2(&blame, sizeof(blame)));
    }
}

static Blame blame_of(const Session *s, const Node *n)
{
    const NodeStats *st = engine_node_stats(s->engine, n);
    const Blame *before = s->perf ? g_hash_table_lookup(s->perf->blames, n) : NULL;

    if (!st)
        return (Blame){0};
    return (Blame){st->waited_for - (before ? before->waited_for : 0),
                   {st->waited.ns - (before ? before->waited.ns : 0)}};
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100.0 * part / whole : 0.0;
}

static const Column blame_columns[] = {
    COLUMN("node", "node", -12),
    COLUMN("waited_for", "waited for", 12),
    COLUMN_SHOWN("%", 8, .decimals = 1),
    COLUMN_SHOWN("waited ms", 12, .decimals = 3),
    COLUMN_SHOWN("us each", 10, .decimals = 2),
    COLUMN_TYPED("waited_host_ns"),
};
static const Table blame_table = {"nodes", blame_columns, G_N_ELEMENTS(blame_columns)};

static void print_blame(const Session *s, const Node *n, uint64_t barriers)
{
    Blame b = blame_of(s, n);
    double each = b.waited_for ? (double)b.waited.ns / 1e3 / (double)b.waited_for : 0.0;
    const Cell cells[] = {cell_text(n->name),
                          cell_count(b.waited_for),
                          cell_real(percent((double)b.waited_for, (double)barriers)),
                          cell_real((double)b.waited.ns / 1e6),
                          cell_real(each),
                          cell_int(b.waited.ns)};

    table_row(s, &blame_table, cells);
}

static void print_all(const Session *s, uint64_t barriers, double runs, double quanta)
{
    if (s->answer) {
        answer_count(s->answer, "barriers", barriers);
        answer_int(s->answer, "host_ns", (int64_t)runs);
        answer_int(s->answer, "host_ns_in_quanta", (int64_t)quanta);
        return;
    }
    session_print(
        s,
        "%" PRIu64 " barriers in %.3f s of host time: %.1f %% in quanta (guests and "
        "waiting for the last), %.1f %% at barriers, stops and starts; %.1f us a barrier\n",
        barriers, runs / 1e9, percent(quanta, runs), percent(runs - quanta, runs),
        barriers ? runs / 1e3 / (double)barriers : 0.0);
}

static void print(const Session *s)
{
    const EnsembleStats *st = engine_stats(s->engine);
    uint64_t barriers = st->barriers - (s->perf ? s->perf->barriers : 0);
    double runs = (double)(s->in_runs.ns - (s->perf ? s->perf->in_runs.ns : 0));
    double quanta = (double)(st->in_quanta.ns - (s->perf ? s->perf->in_quanta.ns : 0));

    print_all(s, barriers, runs, quanta);
    table_begin(s, &blame_table);
    for (unsigned i = 0; i < s->nodes->len; i++)
        print_blame(s, s->nodes->pdata[i], barriers);
    remote_host_print_perf(s);
}

static CommandResult exec_perf(CommandCall *call, GError **error)
{
    Session *s = call->session;

    (void)error;
    if (s->options.dry)
        return COMMAND_DONE;
    if (args_has(call, "on"))
        begin(s);
    else if (args_has(call, "off"))
        perf_free(s);
    else
        print(s);
    return COMMAND_DONE;
}

const Command cmd_perf = {
    .name = "perf",
    .usage = "[on|off]",
    .help =
        "Show where the host's time went and which node the others waited for: since `perf on`, or "
        "since the start",
    .exec = exec_perf,
    .when = COMMAND_LOOKS,
    .drives = true,
};
