/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rig.c: runs the engine from a main loop of its own, and drives the same QEMUs freely by QMP. */
#include "tests/bench/lib/rig.h"

#include "controller/engine/gate.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/launch.h"
#include "controller/qemu/option-keys.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* Above the workers' priority (sched.c): the thread that ends a free run must not wait for
 * guests. */
#define MAIN_PRIORITY 12

void rig_die(GError *error)
{
    fprintf(stderr, "%s: %s\n", g_get_prgname(), error->message);
    exit(1);
}

Rig *rig_new(const char *guest)
{
    Rig *rig = g_new0(Rig, 1);
    GError *error = NULL;
    const char *build = g_getenv("BUILD");

    rig->guest = guest ? g_strdup(guest)
                       : g_build_filename(build && *build ? build : "build", "guest", NULL);
    rig->dir = rundir_new(&error);
    if (!rig->dir)
        rig_die(error);
    rig->host = local_host_new(sched_probe());
    rig->engine = engine_new(rig->host);
    rig->loop = g_main_loop_new(NULL, FALSE);
    return rig;
}

void rig_free(Rig *rig)
{
    engine_free(rig->engine);
    local_host_free(rig->host);
    rundir_free(rig->dir);
    g_main_loop_unref(rig->loop);
    g_free(rig->guest);
    g_free(rig);
}

bool rig_is_strict(const Rig *rig)
{
    return local_host_sched_mode(rig->host) == SCHED_MODE_STRICT;
}

static void set_option(NodeOptions *options, const char *key, const char *value)
{
    GError *error = NULL;

    if (value && !node_options_set(options, key, value, &error))
        rig_die(error);
}

static void set_file(const Rig *rig, NodeOptions *options, const char *key, const char *name)
{
    g_autofree char *path = name ? g_build_filename(rig->guest, name, NULL) : NULL;

    set_option(options, key, path);
}

static NodeOptions *new_options(const Rig *rig)
{
    g_autofree char *name = g_strdup_printf("n%u", rig->next_index);

    return node_options_new(name);
}

static Node *launch(Rig *rig, NodeOptions *options)
{
    GError *error = NULL;
    Node *node;

    if (!node_options_finish(options, &error))
        rig_die(error);
    node = node_new(options, rig->next_index++);
    if (!node_launch(node, rig->dir, NULL, local_host_sched_mode(rig->host), &error))
        rig_die(error);
    return node;
}

Node *rig_launch(Rig *rig, const char *kernel, const char *initrd, const char *append,
                 const char *icount, const char *memory)
{
    NodeOptions *options = new_options(rig);

    set_file(rig, options, "kernel", kernel);
    set_file(rig, options, "initrd", initrd);
    set_option(options, "append", append);
    set_option(options, "icount", icount);
    set_option(options, "memory", memory);
    return launch(rig, options);
}

Node *rig_launch_board(Rig *rig, const char *machine, const char *kernel, const char *icount)
{
    NodeOptions *options = new_options(rig);

    set_option(options, "arch", "arm");
    set_option(options, "machine", machine);
    set_file(rig, options, "kernel", kernel);
    set_option(options, "icount", icount);
    return launch(rig, options);
}

void rig_end_node(Rig *rig, Node *node)
{
    GError *error = NULL;

    if (!engine_remove(rig->engine, node, &error))
        rig_die(error);
    node_free(node);
}

/* --- lockstep --- */

static void on_done(RunEnd end, const GError *error, void *data)
{
    Rig *rig = data;

    if (error)
        rig_die(g_error_copy(error));
    rig->end = end;
    g_main_loop_quit(rig->loop);
}

void rig_run_to(Rig *rig, VTime goal)
{
    engine_run(rig->engine, &(RunGoal){.time = goal}, on_done, rig);
    g_main_loop_run(rig->loop);
    if (rig->end == RUN_EMPTY)
        rig_die(g_error_new_literal(NODE_ERROR, NODE_ERROR_STATE, "no node could run"));
}

static bool on_barrier(const BarrierView *view, void *data)
{
    Steady *steady = data;

    steady->last = view->last;
    if (steady->quanta++ == 0)
        steady->first = view->last;
    return false;
}

Steady rig_run_quanta(Rig *rig, uint64_t quanta)
{
    VTime now = engine_now(rig->engine), quantum = engine_quantum(rig->engine);
    int64_t first = now.ns - now.ns % quantum.ns + quantum.ns;
    Steady steady = {0};
    HTime start = htime_now();

    engine_observe(rig->engine, on_barrier, true, &steady);
    rig_run_to(rig, vtime(first + (int64_t)quanta * quantum.ns));
    engine_unobserve(rig->engine, on_barrier);
    steady.total_s = (double)htime_sub(htime_now(), start).ns / NS_PER_S;
    steady.quanta--; /* n barriers have n - 1 quanta between them */
    return steady;
}

void rig_add_exactness(const Rig *rig, Node *const *nodes, unsigned n, Exactness *sum)
{
    for (unsigned i = 0; i < n; i++) {
        const NodeStats *s = engine_node_stats(rig->engine, nodes[i]);

        sum->missed += s->missed;
        sum->overshot += s->overshot;
        sum->repairs += s->repairs;
        sum->overshoot_ns = MAX(sum->overshoot_ns, dist_max(&s->overshoot));
        sum->idle_skip_ns = MAX(sum->idle_skip_ns, dist_max(&s->idle_skip));
    }
}

void rig_take_out(Rig *rig, Node *const *nodes, unsigned n)
{
    GError *error = NULL;

    for (unsigned i = 0; i < n; i++) {
        node_demote_monitor(nodes[i], false);
        /* The engine does not remove the gate of a launched QEMU, because usually that QEMU ends
         * now. */
        if ((nodes[i]->gate && !gate_remove(nodes[i]->gate, &error)) ||
            !engine_remove(rig->engine, nodes[i], &error))
            rig_die(error);
    }
}

void rig_realign(Rig *rig, Node *const *nodes, unsigned n)
{
    rig_take_out(rig, nodes, n);
    for (unsigned i = 0; i < n; i++)
        engine_add(rig->engine, nodes[i]);
}

/* --- free --- */

static void boost(const Rig *rig, bool on)
{
    struct sched_param param = {.sched_priority = on ? MAIN_PRIORITY : 0};

    if (rig_is_strict(rig))
        sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &param);
}

void rig_set_free(const Rig *rig, Node *const *nodes, unsigned n)
{
    GError *error = NULL;

    for (unsigned i = 0; i < n; i++) {
        /* After a short segment the gate's tick is still armed (gate_park()), and would stop the
         * guest. */
        if (nodes[i]->gate && !gate_disarm(nodes[i]->gate, &error))
            rig_die(error);
        node_demote_monitor(nodes[i], false);
        if (!node_schedule(nodes[i], local_host_sched_mode(rig->host), &error))
            rig_die(error);
        /* As in lockstep, where workers do not boost the vCPUs of busy guests. */
        if (rig_is_strict(rig))
            sched_boost_vcpus(nodes[i]->vcpus, false);
        nodes[i]->expect_stop = true;
    }
    boost(rig, true);
    for (unsigned i = 0; i < n; i++)
        if (!qmp_client_post(nodes[i]->qmp, "cont", NULL, &error))
            rig_die(error);
    for (unsigned i = 0; i < n; i++)
        if (!qmp_client_settle(nodes[i]->qmp, NODE_REPLY_MS, &error))
            rig_die(error);
}

void rig_halt(const Rig *rig, Node *const *nodes, unsigned n)
{
    GError *error = NULL;

    for (unsigned i = 0; i < n; i++) {
        /* A vCPU that is not boosted has to wait for the CPU before it can stop. */
        if (rig_is_strict(rig))
            sched_boost_vcpus(nodes[i]->vcpus, true);
        if (!qmp_stop(nodes[i]->qmp, NODE_REPLY_MS, &error))
            rig_die(error);
    }
    boost(rig, false);
}

static int64_t count_insns(Node *const *nodes, unsigned n)
{
    int64_t sum = 0;
    GError *error = NULL;

    for (unsigned i = 0; i < n; i++) {
        if (!node_read_clock(nodes[i], &error))
            rig_die(error);
        nodes[i]->expect_stop = false;
        sum += nodes[i]->clock.icount.n;
    }
    return sum;
}

double rig_free_mips(const Rig *rig, Node *const *nodes, unsigned n, HTime length)
{
    int64_t before = count_insns(nodes, n);
    HTime start, end;

    rig_set_free(rig, nodes, n);
    start = htime_now();
    rig_sleep(length);
    rig_halt(rig, nodes, n);
    end = htime_now();
    return (double)(count_insns(nodes, n) - before) * NS_PER_US / (double)htime_sub(end, start).ns;
}

void rig_sleep(HTime length)
{
    struct timespec ts = {.tv_sec = length.ns / NS_PER_S, .tv_nsec = length.ns % NS_PER_S};

    clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}
