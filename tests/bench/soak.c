/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * soak.c: runs very many barriers, and checks that no barrier is missed.
 *
 * The guests only count, so at the end each guest must have executed exactly one instruction for
 * every nanosecond of virtual time. This second proof does not depend on the gate's notes. Exit
 * status 4 if anything was inexact.
 */
#include "controller/base/units.h"
#include "tests/bench/lib/rig.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRESS_S 5

typedef struct {
    gint64 barriers;
    char *quantum, *guest;
    int nodes;
    gboolean load;
} Options;

/* Written at barriers, while all nodes stand. The main thread reads the figures for its progress
 * lines. */
typedef struct {
    atomic_ullong barriers, missed, overshot, repairs;
    atomic_llong overshoot_ns;
} Watch;

typedef struct {
    Rig *rig;
    Node **nodes;
    unsigned n;
    Watch watch;
    HTime start;
    const char *part;
} Soak;

static bool on_barrier(const BarrierView *view, void *data)
{
    Watch *w = data;
    uint64_t missed = 0, overshot = 0, repairs = 0;
    int64_t worst = 0;

    for (unsigned i = 0; i < view->n_participants; i++) {
        const NodeStats *s = view->participants[i].stats;

        missed += s->missed;
        overshot += s->overshot;
        repairs += s->repairs;
        worst = MAX(worst, dist_max(&s->overshoot));
    }
    atomic_store_explicit(&w->missed, missed, memory_order_relaxed);
    atomic_store_explicit(&w->overshot, overshot, memory_order_relaxed);
    atomic_store_explicit(&w->repairs, repairs, memory_order_relaxed);
    atomic_store_explicit(&w->overshoot_ns, worst, memory_order_relaxed);
    atomic_store_explicit(&w->barriers, view->number, memory_order_relaxed);
    return false;
}

static gboolean print_progress(gpointer data)
{
    Soak *s = data;
    double seconds = (double)htime_sub(htime_now(), s->start).ns / NS_PER_S;

    printf("%6.1f s  %-8s %9llu barriers  missed %llu  overshot stops %llu  "
           "max overshoot %lld ns  repairs %llu\n",
           seconds, s->part, atomic_load(&s->watch.barriers), atomic_load(&s->watch.missed),
           atomic_load(&s->watch.overshot), atomic_load(&s->watch.overshoot_ns),
           atomic_load(&s->watch.repairs));
    fflush(stdout);
    return G_SOURCE_CONTINUE;
}

/* --- load: a busy loop on every CPU --- */

static pid_t start_loop(int cpu)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    cpu_set_t set;

    if (pid != 0)
        return pid;
    /* From here only calls that are safe in the child of a process with threads. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    close_range(3, ~0U, 0);
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
    for (;;)
        __asm__ volatile("" ::: "memory");
}

static GArray *start_load(void)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_autoptr(GArray) cpus = sched_host_cpus();

    for (unsigned i = 0; i < cpus->len; i++) {
        pid_t pid = start_loop(g_array_index(cpus, int, i));

        if (pid > 0)
            g_array_append_val(pids, pid);
    }
    return pids;
}

static void end_load(GArray *pids)
{
    for (unsigned i = 0; i < pids->len; i++) {
        pid_t pid = g_array_index(pids, pid_t, i);

        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    g_array_unref(pids);
}

/* --- the run --- */

static void run_part(Soak *s, const char *part, int64_t until)
{
    s->part = part;
    rig_run_to(s->rig, vtime(until * engine_quantum(s->rig->engine).ns));
}

static void run(Soak *s, const Options *o)
{
    unsigned timer = g_timeout_add_seconds(PROGRESS_S, print_progress, s);
    bool strict = rig_is_strict(s->rig);

    engine_observe(s->rig->engine, on_barrier, true, &s->watch);
    s->start = htime_now();
    if (o->load && !strict)
        printf("no load in this mode: an ordinary busy loop starves SCHED_IDLE guests\n");
    if (o->load && strict) {
        GArray *pids;

        run_part(s, "quiet", o->barriers / 2);
        pids = start_load();
        run_part(s, "loaded", o->barriers);
        end_load(pids);
    } else {
        run_part(s, "quiet", o->barriers);
    }
    g_source_remove(timer);
}

/* The difference of the worst node from one instruction for each nanosecond. */
static int64_t clock_error(const Soak *s)
{
    int64_t worst = 0;

    engine_settle_clocks(s->rig->engine);
    for (unsigned i = 0; i < s->n; i++) {
        int64_t error = s->nodes[i]->clock.icount.n - engine_now(s->rig->engine).ns;

        worst = MAX(worst, ABS(error));
    }
    return worst;
}

static bool check_results(const Soak *s)
{
    double seconds = (double)htime_sub(htime_now(), s->start).ns / NS_PER_S;
    uint64_t barriers = engine_stats(s->rig->engine)->barriers;
    int64_t error = clock_error(s);
    Exactness x = {0};
    bool ok;

    rig_add_exactness(s->rig, s->nodes, s->n, &x);
    ok = x.missed == 0 && x.overshot == 0 && x.overshoot_ns == 0 && error == 0;
    printf("%s: %s mode, %u nodes, %" PRIu64 " barriers in %.1f s (%.1f us each): missed %" PRIu64
           ", overshot stops %" PRIu64 ", max overshoot %" PRId64 " ns, max idle skip %" PRId64
           " ns, repairs %" PRIu64 ", clock error at the end %" PRId64 " ns\n",
           ok ? "exact" : "INEXACT", sched_mode_name(local_host_sched_mode(s->rig->host)), s->n,
           barriers, seconds, seconds * 1e6 / (double)barriers, x.missed, x.overshot,
           x.overshoot_ns, x.idle_skip_ns, x.repairs, error);
    return ok;
}

static void parse(int argc, char **argv, Options *o)
{
    const GOptionEntry entries[] = {
        {"barriers", 0, 0, G_OPTION_ARG_INT64, &o->barriers, "strict: 1000000, else 100000", "N"},
        {"quantum", 0, 0, G_OPTION_ARG_STRING, &o->quantum, "strict: 10us, else 50us", "TIME"},
        {"nodes", 0, 0, G_OPTION_ARG_INT, &o->nodes, "strict: 2, else 1", "N"},
        {"load", 0, 0, G_OPTION_ARG_NONE, &o->load, "busy loops on all CPUs in the second half",
         NULL},
        {"guest", 0, 0, G_OPTION_ARG_FILENAME, &o->guest, "folder of the payloads", "DIR"},
        {0}};
    g_autoptr(GOptionContext) context = g_option_context_new("- counts missed barriers");
    GError *error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        rig_die(error);
}

static void set_defaults(const Rig *rig, Options *o)
{
    bool strict = rig_is_strict(rig);

    if (o->barriers <= 0)
        o->barriers = strict ? 1000000 : 100000;
    if (o->nodes <= 0)
        o->nodes = strict ? 2 : 1;
    if (!o->quantum)
        o->quantum = g_strdup(strict ? "10us" : "50us");
}

int main(int argc, char **argv)
{
    Options o = {0};
    Soak s = {0};
    GError *error = NULL;
    VTime quantum;
    bool ok;

    parse(argc, argv, &o);
    s.rig = rig_new(o.guest);
    set_defaults(s.rig, &o);
    if (!units_parse_duration(o.quantum, &quantum, &error) ||
        !engine_set_quantum(s.rig->engine, quantum, &error))
        rig_die(error);
    s.n = (unsigned)o.nodes;
    s.nodes = g_new0(Node *, s.n);
    for (unsigned i = 0; i < s.n; i++) {
        s.nodes[i] = rig_launch(s.rig, "count-aarch64.elf", NULL, NULL, "shift=0,sleep=off", "32M");
        engine_add(s.rig->engine, s.nodes[i]);
    }
    printf("%u nodes, %s quanta, %" PRId64 " barriers, %s mode\n", s.n, o.quantum, o.barriers,
           sched_mode_name(local_host_sched_mode(s.rig->host)));
    run(&s, &o);
    ok = check_results(&s);
    for (unsigned i = 0; i < s.n; i++)
        rig_end_node(s.rig, s.nodes[i]);
    rig_free(s.rig);
    g_free(s.nodes);
    g_free(o.quantum);
    g_free(o.guest);
    return ok ? 0 : RIG_EXIT_INEXACT;
}
