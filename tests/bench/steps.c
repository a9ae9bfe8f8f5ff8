/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steps.c: single steps through the gdbstub in a second, by how threads are scheduled and placed.
 *
 * All setups take turns on one QEMU, round after round, so that other load on the host affects all
 * setups alike. The output has medians, and ratios to the first setup. After each turn icount must
 * have grown by exactly the number of steps.
 */
#include "controller/qemu/sched-memo.h"
#include "gdbstub-client/gdbstub.h"
#include "tests/bench/lib/rig.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPIN_US    200
#define READ_AFTER 100

typedef struct {
    const char *name;
    bool scheduled; /* as qemu/sched.c does it; else nothing is pinned, and no priority is set */
    bool unboost;   /* the vCPU shares the CPU with the rest of the host */
    bool demote;    /* the QMP thread gets no time */
    bool elsewhere; /* we on the other CPU */
    bool spin;
    unsigned read_after; /* steps; 0: QMP events stay unread until the end of the turn */
    unsigned sstep;
} Setup;

#define HOLD_TIMERS (GDB_SSTEP_ENABLE | GDB_SSTEP_NOTIMER)

static const Setup setups[] = {
    {"unranked", .sstep = HOLD_TIMERS},
    {"strict", .scheduled = true, .sstep = HOLD_TIMERS},
    {"strict, vCPU not boosted", .scheduled = true, .unboost = true, .sstep = HOLD_TIMERS},
    {"strict, timers alive", .scheduled = true, .sstep = GDB_SSTEP_ENABLE},
    {"strict, demoted", .scheduled = true, .demote = true, .sstep = HOLD_TIMERS},
    {"strict, events read", .scheduled = true, .read_after = READ_AFTER, .sstep = HOLD_TIMERS},
    {"strict, demoted, events read", .scheduled = true, .demote = true, .read_after = READ_AFTER,
     .sstep = HOLD_TIMERS},
    {"elsewhere", .scheduled = true, .elsewhere = true, .sstep = HOLD_TIMERS},
    {"elsewhere, spinning", .scheduled = true, .elsewhere = true, .spin = true,
     .sstep = HOLD_TIMERS},
    {"elsewhere, spinning, demoted", .scheduled = true, .demote = true, .elsewhere = true,
     .spin = true, .sstep = HOLD_TIMERS},
    {"the same, events read", .scheduled = true, .demote = true, .elsewhere = true, .spin = true,
     .read_after = READ_AFTER, .sstep = HOLD_TIMERS},
};

typedef struct {
    int rounds, steps;
    char *guest, *only;
} Options;

typedef struct {
    Rig *rig;
    Node *node;
    GdbClient *gdb;
    SchedMemo *memo;
    cpu_set_t all;
    int cpu, other;
} Bench;

static void unrank_self(const Bench *b)
{
    struct sched_param none = {0};

    sched_setscheduler(0, SCHED_OTHER, &none);
    sched_setaffinity(0, sizeof(b->all), &b->all);
}

static void enter(Bench *b, const Setup *s)
{
    GError *error = NULL;

    unrank_self(b);
    sched_memo_restore(b->memo);
    gdb_client_set_spin(b->gdb, s->spin ? SPIN_US : 0);
    if (!gdb_sstep_set(b->gdb, s->sstep, NODE_REPLY_MS, &error))
        rig_die(error);
    if (!s->scheduled)
        return;
    b->node->cpu = b->cpu;
    if (!node_schedule(b->node, SCHED_MODE_STRICT, &error))
        rig_die(error);
    sched_boost_vcpus(b->node->vcpus, !s->unboost);
    sched_apply_self(SCHED_MODE_STRICT, s->elsewhere ? b->other : b->cpu);
    node_demote_monitor(b->node, s->demote);
}

static int64_t leave(Bench *b)
{
    GError *error = NULL;

    node_demote_monitor(b->node, false);
    unrank_self(b);
    sched_memo_restore(b->memo);
    if (!node_read_clock(b->node, &error))
        rig_die(error);
    return b->node->clock.icount.n;
}

static void make_steps(Bench *b, const Setup *s, int steps)
{
    int batch = s->read_after ? (int)s->read_after : steps;
    GError *error = NULL;

    for (int left = steps; left > 0; left -= batch) {
        if (!gdb_step_many(b->gdb, NULL, (uint64_t)MIN(batch, left), NODE_REPLY_MS, NULL, NULL,
                           NULL, NULL, &error))
            rig_die(error);
        if (s->read_after && !qmp_client_pump(b->node->qmp, 0, &error))
            rig_die(error);
    }
}

static double turn(Bench *b, const Setup *s, int steps)
{
    int64_t before, after;
    HTime start, end;

    engine_settle_clocks(b->rig->engine);
    before = b->node->clock.icount.n;
    enter(b, s);
    start = htime_now();
    make_steps(b, s, steps);
    end = htime_now();
    after = leave(b);
    if (after - before != steps)
        rig_die(g_error_new(NODE_ERROR, NODE_ERROR_STATE,
                            "%s: %d steps executed %" PRId64 " instructions", s->name, steps,
                            after - before));
    return (double)steps * NS_PER_S / (double)htime_sub(end, start).ns;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool takes_part(const Setup *s, const Options *o)
{
    return !o->only || strcmp(s->name, o->only) == 0;
}

static void measure(Bench *b, const Options *o)
{
    g_autofree double *rates = g_new0(double, G_N_ELEMENTS(setups) * (size_t)o->rounds);
    double first = 0;

    for (int round = 0; round < o->rounds; round++)
        for (unsigned i = 0; i < G_N_ELEMENTS(setups); i++)
            if (takes_part(&setups[i], o))
                rates[i * (unsigned)o->rounds + (unsigned)round] = turn(b, &setups[i], o->steps);
    printf("%-32s %8s %8s %8s %6s\n", "setup", "steps/s", "min", "max", "ratio");
    for (unsigned i = 0; i < G_N_ELEMENTS(setups); i++) {
        double *r = rates + (size_t)i * (size_t)o->rounds;

        if (!takes_part(&setups[i], o))
            continue;
        qsort(r, (size_t)o->rounds, sizeof(*r), by_value);
        first = first > 0 ? first : r[o->rounds / 2];
        printf("%-32s %8.0f %8.0f %8.0f %6.2f\n", setups[i].name, r[o->rounds / 2], r[0],
               r[o->rounds - 1], r[o->rounds / 2] / first);
    }
}

static void parse(int *argc, char ***argv, Options *o)
{
    const GOptionEntry entries[] = {
        {"rounds", 0, 0, G_OPTION_ARG_INT, &o->rounds, "Rounds (15)", "N"},
        {"steps", 0, 0, G_OPTION_ARG_INT, &o->steps, "Steps in each turn (500)", "N"},
        {"only", 0, 0, G_OPTION_ARG_STRING, &o->only, "This setup alone", "NAME"},
        {"guest", 0, 0, G_OPTION_ARG_FILENAME, &o->guest, "Folder of the payloads", "DIR"},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- single steps in a second");
    GError *error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error))
        rig_die(error);
    if (o->rounds < 1 || o->steps < 1)
        rig_die(g_error_new_literal(NODE_ERROR, NODE_ERROR_OPTION, "1 at least"));
}

int main(int argc, char **argv)
{
    Options o = {.rounds = 15, .steps = 500};
    Bench b = {.cpu = 0, .other = 1};
    GError *error = NULL;

    parse(&argc, &argv, &o);
    b.rig = rig_new(o.guest);
    if (!rig_is_strict(b.rig) || g_get_num_processors() < 2)
        rig_die(g_error_new_literal(NODE_ERROR, NODE_ERROR_SYSTEM,
                                    "real-time priorities and two CPUs are needed"));
    sched_getaffinity(0, sizeof(b.all), &b.all);
    b.node = rig_launch(b.rig, "count-aarch64.elf", NULL, NULL, "shift=0,sleep=off", "16M");
    b.node->expect_stop = true;
    b.memo = sched_memo_new(b.node->pid);
    b.gdb = gdb_client_connect(b.node->gdb_path, NODE_REPLY_MS, &error);
    if (!b.gdb || !node_read_clock(b.node, &error))
        rig_die(error);
    measure(&b, &o);
    gdb_client_free(b.gdb);
    sched_memo_free(b.memo);
    rig_end_node(b.rig, b.node);
    rig_free(b.rig);
    g_free(o.guest);
    g_free(o.only);
    return 0;
}
