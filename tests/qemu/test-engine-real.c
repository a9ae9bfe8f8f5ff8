/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-engine-real.c: nodes, clock and engine on a real QEMU, below the command language: what the
 * clock parser reads is what QEMU itself counts, threads have the priorities that they should have,
 * and a gate that is removed leaves nothing in QEMU.
 */
#include "controller/base/log.h"
#include "controller/engine/engine.h"
#include "controller/engine/gate.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/launch.h"
#include "controller/qemu/option-keys.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    RunDir *dir;
    LocalHost *host;
    Engine *engine;
    GMainLoop *loop;
    GPtrArray *nodes;
    RunEnd end;
} Fixture;

static char *guest(const char *name)
{
    const char *build = g_getenv("BUILD");

    return g_build_filename(build ? build : "build", "guest", name, NULL);
}

static void set_up(Fixture *f, gconstpointer data)
{
    GError *error = NULL;

    (void)data;
    f->dir = rundir_new(&error);
    g_assert_no_error(error);
    f->host = local_host_new(sched_probe());
    f->engine = engine_new(f->host);
    f->loop = g_main_loop_new(NULL, FALSE);
    f->nodes = g_ptr_array_new();
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    for (unsigned i = 0; i < f->nodes->len; i++) {
        GError *error = NULL;

        engine_remove(f->engine, f->nodes->pdata[i], &error);
        g_assert_no_error(error);
        node_free(f->nodes->pdata[i]);
    }
    g_ptr_array_unref(f->nodes);
    engine_free(f->engine);
    local_host_free(f->host);
    g_main_loop_unref(f->loop);
    rundir_free(f->dir);
}

static Node *launch(Fixture *f, const char *payload, const char *icount, const char *smp)
{
    g_autofree char *kernel = guest(payload);
    g_autofree char *name = g_strdup_printf("n%u", f->nodes->len);
    NodeOptions *options = node_options_new(name);
    GError *error = NULL;
    Node *node;

    node_options_set(options, "kernel", kernel, &error);
    g_assert_no_error(error);
    g_assert_true(node_options_set(options, "icount", icount, &error));
    g_assert_true(node_options_set(options, "smp", smp, &error));
    g_assert_true(node_options_set(options, "memory", "64M", &error));
    g_assert_true(node_options_finish(options, &error));
    node = node_new(options, f->nodes->len);
    node_launch(node, f->dir, NULL, local_host_sched_mode(f->host), &error);
    g_assert_no_error(error);
    engine_add(f->engine, node);
    g_ptr_array_add(f->nodes, node);
    return node;
}

static void on_done(RunEnd end, const GError *error, void *data)
{
    Fixture *f = data;

    f->end = end;
    g_assert_no_error(error);
    g_main_loop_quit(f->loop);
}

static void run_to(Fixture *f, int64_t ns)
{
    RunGoal goal = {.time = {ns}};

    engine_run(f->engine, &goal, on_done, f);
    g_main_loop_run(f->loop);
    g_assert_cmpint(f->end, ==, RUN_REACHED);
    g_assert_cmpint(engine_now(f->engine).ns, ==, ns);
    engine_settle_clocks(f->engine);
}

/* QEMU's own count against ours, read from another place, at many stops. */
static void check_replay(Node *n)
{
    GError *error = NULL;
    int64_t icount = -1;

    qmp_query_replay(n->qmp, &icount, NODE_REPLY_MS, &error);
    g_assert_no_error(error);
    g_assert_cmpint(icount, ==, n->clock.icount.n);
    g_assert_cmpint(n->clock.virtual_time.ns, ==, (icount << n->icount.shift) + n->clock.bias.ns);
}

static void test_clock_agrees(Fixture *f, gconstpointer data)
{
    Node *nodes[] = {launch(f, "count-aarch64.elf", "shift=0,sleep=off", "1"),
                     launch(f, "tick-aarch64.elf", "shift=2,sleep=off", "1"),
                     launch(f, "smp-aarch64.elf", "shift=1,sleep=off", "4"),
                     launch(f, "tick-aarch64.elf", "shift=0,sleep=on", "1")};

    (void)data;
    for (int stop = 1; stop <= 12; stop++) {
        run_to(f, stop * 3 * NS_PER_MS + (stop % 3) * 700 * NS_PER_US);
        for (unsigned i = 0; i < G_N_ELEMENTS(nodes); i++)
            check_replay(nodes[i]);
    }
    g_assert_cmpint(nodes[0]->clock.icount.n, ==, nodes[0]->clock.virtual_time.ns);
    g_assert_cmpint(nodes[1]->clock.bias.ns, >, 0);
    g_assert_cmpuint(engine_violations(f->engine), ==, 0);
}

static void check_policy(pid_t tid, int policy, int priority)
{
    struct sched_param param;

    g_assert_cmpint(sched_getscheduler(tid), ==, policy);
    g_assert_cmpint(sched_getparam(tid, &param), ==, 0);
    g_assert_cmpint(param.sched_priority, ==, priority);
}

/* Every thread on the node's CPU; QEMU's main thread above nothing while the node stands. */
static void test_scheduling(Fixture *f, gconstpointer data)
{
    Node *n = launch(f, "count-aarch64.elf", "shift=0,sleep=off", "1");
    g_autofree char *path = g_strdup_printf("/proc/%d/task", (int)n->pid);
    g_autoptr(GDir) dir = NULL;
    pid_t vcpu = g_array_index(n->vcpus, pid_t, 0);
    unsigned threads = 0;

    (void)data;
    run_to(f, 2 * NS_PER_MS);
    dir = g_dir_open(path, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)); threads++) {
        cpu_set_t set;

        g_assert_cmpint(
            sched_getaffinity((pid_t)g_ascii_strtoll(name, NULL, 10), sizeof(set), &set), ==, 0);
        if (local_host_sched_mode(f->host) != SCHED_MODE_BEST_EFFORT) {
            g_assert_cmpint(CPU_COUNT(&set), ==, 1);
            g_assert_true(CPU_ISSET(n->cpu, &set));
        }
    }
    g_assert_cmpuint(threads, >=, 4);
    if (local_host_sched_mode(f->host) == SCHED_MODE_STRICT) {
        check_policy(n->pid, SCHED_OTHER, 0);
        check_policy(vcpu, SCHED_FIFO, 1);
        g_assert_cmpint(n->monitor, >, 0);
        check_policy(n->monitor, SCHED_FIFO, 11);
    } else if (local_host_sched_mode(f->host) == SCHED_MODE_UNPRIVILEGED) {
        check_policy(n->pid, SCHED_OTHER, 0);
        check_policy(vcpu, SCHED_IDLE, 0);
    }
}

/* A busy guest is not boosted for long: it has to share the CPU with the rest of the host. QEMU's main
 * thread is above it. */
static void test_boost_ends(Fixture *f, gconstpointer data)
{
    Node *n = launch(f, "count-aarch64.elf", "shift=0,sleep=off", "1");
    pid_t vcpu = g_array_index(n->vcpus, pid_t, 0);
    RunGoal goal = {.time = {60 * NS_PER_S}};
    bool shared = false;

    (void)data;
    if (local_host_sched_mode(f->host) != SCHED_MODE_STRICT) {
        g_test_message("only strict mode has a boost");
        return;
    }
    run_to(f, NS_PER_MS);
    check_policy(vcpu, SCHED_FIFO, 1);
    engine_run(f->engine, &goal, on_done, f);
    for (HTime start = htime_now(); !shared && htime_sub(htime_now(), start).ns < 5 * NS_PER_S;) {
        g_main_context_iteration(NULL, FALSE);
        shared = sched_getscheduler(vcpu) == SCHED_OTHER;
    }
    g_assert_true(shared);
    check_policy(n->pid, SCHED_FIFO, 10);
    engine_interrupt(f->engine);
    g_main_loop_run(f->loop);
    g_assert_cmpint(f->end, ==, RUN_STOPPED);
    g_assert_cmpuint(engine_violations(f->engine), ==, 0);
}

/* What an idle guest leaves to the kernel is where exactness was once lost: an idle node with more
 * than a second of host time in short quanta. */
static void test_idle_for_long(Fixture *f, gconstpointer data)
{
    Node *n = launch(f, "idle-aarch64.elf", "shift=0,sleep=off", "1");
    GError *error = NULL;

    (void)data;
    g_assert_true(engine_set_quantum(f->engine, vtime(20 * NS_PER_US), &error));
    run_to(f, 2 * NS_PER_S);
    g_assert_cmpuint(engine_stats(f->engine)->barriers, ==, 100000);
    g_assert_cmpuint(engine_violations(f->engine), ==, 0);
    g_assert_cmpint(n->clock.virtual_time.ns, <=, 2 * NS_PER_S + NS_PER_US);
}

static void test_gate_removed(Fixture *f, gconstpointer data)
{
    Node *n = launch(f, "count-aarch64.elf", "shift=0,sleep=on", "1");
    g_autofree char *objects = NULL, *network = NULL;
    GError *error = NULL;

    (void)data;
    run_to(f, 3 * NS_PER_MS);
    objects = qmp_client_call(n->qmp, "qom-list", "{\"path\":\"/objects\"}", NODE_REPLY_MS, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(objects, "\"mtn\""));
    g_assert_true(gate_remove(n->gate, &error));
    g_clear_pointer(&n->gate, gate_free);
    g_free(objects);
    objects = qmp_client_call(n->qmp, "qom-list", "{\"path\":\"/objects\"}", NODE_REPLY_MS, &error);
    /* Since QEMU 11 a monitor is an object, too: mtr-qmp. */
    g_assert_false(g_regex_match_simple("\"mt[^r]", objects, 0, 0));
    network = qmp_hmp(n->qmp, "info network", NODE_REPLY_MS, &error);
    g_assert_null(strstr(network, "mtg"));
    run_to(f, 6 * NS_PER_MS); /* and it can be built again */
    g_assert_cmpint(n->clock.virtual_time.ns, ==, 6 * NS_PER_MS);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_set_level(g_test_verbose() ? LOG_DEBUG : LOG_WARN);
#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)
    ADD("/engine/clock-agrees-with-query-replay", test_clock_agrees);
    ADD("/engine/scheduling", test_scheduling);
    ADD("/engine/boost-ends", test_boost_ends);
    ADD("/engine/idle-for-long", test_idle_for_long);
    ADD("/engine/gate-removed", test_gate_removed);
    return g_test_run();
}
