/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.c: single steps up to an exact instruction or time.
 *
 * Each step executes at most one instruction, so as many steps as instructions are missing never
 * pass the target; the count is then read and the rest stepped. An idle node would sleep through a
 * step to wherever its next timer is: the gate's fence ends that.
 */
#include "controller/engine/step.h"

#include "controller/engine/gate.h"
#include "gdbstub-client/gdbstub.h"

#include <poll.h>
#include <string.h>

static int64_t missing(const StepRequest *q)
{
    const Node *n = q->node;

    if (q->by_icount)
        return q->icount.n - n->clock.icount.n;
    /* The first instruction at or after the time. */
    return (q->time.ns - n->clock.virtual_time.ns + (INT64_C(1) << n->icount.shift) - 1) >>
           n->icount.shift;
}

/* The step is over, or the node stands at the fence. The stub's socket has news twice a step, the
 * acknowledgement and the stop reply, so the gate is watched until the latter is there. */
static bool await_step(StepRequest *q, GdbClient *gdb, GError **error)
{
    struct pollfd fds[] = {{.fd = gdb_client_fd(gdb), .events = POLLIN},
                           {.fd = gate_note_fd(q->node->gate), .events = POLLIN}};
    GError *e = NULL;

    while (!gdb_step_wait(gdb, NULL, 0, &e)) {
        if (!g_error_matches(e, GDB_ERROR, GDB_ERROR_TIMEOUT)) {
            g_propagate_error(error, e);
            return false;
        }
        g_clear_error(&e);
        if (poll(fds, G_N_ELEMENTS(fds), NODE_REPLY_MS) == 0) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "a single step does not end");
            return false;
        }
        if (!fds[1].revents)
            continue;
        if (gate_read_note(q->node->gate).kind == NOTE_GONE) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "QEMU ended during a step");
            return false;
        }
        q->fenced = true;
        return gate_stop(q->node->gate, error);
    }
    return true;
}

/* A halted vCPU among others can't be stepped: the first one that is not. */
static bool choose_thread(const Node *n, GdbClient *gdb, GdbThread *thread, GError **error)
{
    g_autoptr(GArray) threads = gdb_threads(gdb, NODE_REPLY_MS, error);

    if (!threads)
        return false;
    *thread = g_array_index(threads, GdbThread, 0);
    for (unsigned i = 0; i < threads->len; i++) {
        const GdbThread *t = &g_array_index(threads, GdbThread, i);
        bool halted = false;

        if (threads->len > 1 && !n->clock.idle &&
            !gdb_thread_halted(gdb, t, &halted, NODE_REPLY_MS, error))
            return false;
        if (!halted) {
            *thread = *t;
            return true;
        }
    }
    return true;
}

static bool steps(StepRequest *q, GdbClient *gdb, int64_t count, GError **error)
{
    GdbThread thread;

    if (!choose_thread(q->node, gdb, &thread, error))
        return false;
    for (; count > 0 && !q->fenced && !atomic_load(q->cancel); count--)
        if (!gdb_step_send(gdb, &thread, NODE_REPLY_MS, error) || !await_step(q, gdb, error))
            return false;
    return node_read_clock(q->node, error);
}

static bool run(StepRequest *q, GError **error)
{
    Node *n = q->node;
    GatePlan plan = {.first_us = q->fence_us, .quantum_us = 1, .boundaries = 1, .stages = 1};
    g_autoptr(GdbClient) gdb = NULL;

    if (!n->gdb_path) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s has no gdbstub, so it can't be stepped to a time between two "
                    "microseconds or to an instruction: attach it with gdb=PATH",
                    n->name);
        return false;
    }
    if (!n->gate && !(n->gate = gate_new(n, error)))
        return false;
    n->expect_stop = true; /* gdbstub stops it at every step */
    gdb = gdb_client_connect(n->gdb_path, NODE_REPLY_MS, error);
    if (!gdb || !gdb_sstep_set(gdb, GDB_SSTEP_ENABLE, NODE_REPLY_MS, error) ||
        !gate_arm(n->gate, &plan, error))
        return false;
    while (missing(q) > 0 && !q->fenced && !atomic_load(q->cancel))
        if (!steps(q, gdb, missing(q), error))
            return false;
    return gate_disarm(n->gate, error);
}

void step_node(StepRequest *q)
{
    if (!run(q, &q->error))
        g_prefix_error(&q->error, "node %s: ", q->node->name);
    /* The events of all those stops are read now, while they are still ours. */
    qmp_client_pump(q->node->qmp, 0, NULL);
    q->node->expect_stop = q->node->stopped_outside = false;
}
