/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.c: single steps up to an exact instruction or time.
 *
 * A step executes at most one instruction, so as many steps as instructions are missing never pass
 * the target; the count is then read and the rest stepped.
 *
 * At the end of a step the vCPU counts as idle until QEMU's main loop has stopped the VM
 * (cpu_handle_guest_debug()), and with sleep=off an idle VM's clock is warped to its next timer. So
 * a busy node is stepped with the virtual clock's timers held (NOTIMER). An idle one needs its
 * timers to wake: it makes one step with them alive, and a brake at every µs keeps the warp behind
 * it short.
 */
#include "controller/engine/step.h"

#include "controller/engine/gate.h"
#include "gdbstub-client/gdbstub.h"

#include <poll.h>
#include <string.h>

/* A step that takes longer has put the vCPU to sleep (WFI). Only liveness hangs on this time: with
 * its timers held the node stands still however long we wait. */
#define ASLEEP_MS 100

static int64_t missing(const StepRequest *q)
{
    const Node *n = q->node;

    if (q->by_icount)
        return q->icount.n - n->clock.icount.n;
    /* The first instruction at or after the time. */
    return (q->time.ns - n->clock.virtual_time.ns + (INT64_C(1) << n->icount.shift) - 1) >>
           n->icount.shift;
}

/* A halted vCPU among others can't be stepped: the first one that is not. */
static bool choose_thread(const Node *n, GdbClient *gdb, GdbThread *thread, GError **error)
{
    g_autoptr(GArray) threads = gdb_threads(gdb, NODE_REPLY_MS, error);

    if (!threads)
        return false;
    *thread = g_array_index(threads, GdbThread, 0);
    for (unsigned i = 0; threads->len > 1 && !n->clock.idle && i < threads->len; i++) {
        const GdbThread *t = &g_array_index(threads, GdbThread, i);
        bool halted;

        if (!gdb_thread_halted(gdb, t, &halted, NODE_REPLY_MS, error))
            return false;
        if (!halted) {
            *thread = *t;
            break;
        }
    }
    return true;
}

/* One step of a busy node; *asleep if its vCPU went idle. */
static bool step_busy(GdbClient *gdb, const GdbThread *thread, bool *asleep, GError **error)
{
    GError *e = NULL;

    if (!gdb_step_send(gdb, thread, NODE_REPLY_MS, error))
        return false;
    if (gdb_step_wait(gdb, NULL, ASLEEP_MS, &e))
        return true;
    if (!g_error_matches(e, GDB_ERROR, GDB_ERROR_TIMEOUT)) {
        g_propagate_error(error, e);
        return false;
    }
    g_error_free(e);
    *asleep = true;
    return gdb_resync(gdb, NODE_REPLY_MS, error);
}

static bool steps_busy(StepRequest *q, GdbClient *gdb, int64_t count, GError **error)
{
    GdbThread thread;
    bool asleep = false;

    if (!gdb_sstep_set(gdb, GDB_SSTEP_ENABLE | GDB_SSTEP_NOTIMER, NODE_REPLY_MS, error) ||
        !choose_thread(q->node, gdb, &thread, error))
        return false;
    for (; count > 0 && !asleep && !atomic_load(q->cancel); count--)
        if (!step_busy(gdb, &thread, &asleep, error))
            return false;
    return node_read_clock(q->node, error);
}

/* The step is over, or the node stands at the fence. The stub's socket has news twice a step, the
 * acknowledgement and the stop reply, so the gate is watched until the latter is there. */
static bool await_waking(StepRequest *q, GdbClient *gdb, GError **error)
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
        return gate_stop(q->node->gate, error);
    }
    return true;
}

/* Lets an idle node sleep up to its next interrupt and makes it execute one instruction. */
static bool step_awake(StepRequest *q, GdbClient *gdb, GError **error)
{
    Node *n = q->node;
    GatePlan plan = {.first_us = q->fence_us,
                     .quantum_us = 1,
                     .boundaries = 1,
                     .brake = true,
                     .fine = true,
                     .stages = 1};
    GdbThread thread;

    return choose_thread(n, gdb, &thread, error) &&
           gdb_sstep_set(gdb, GDB_SSTEP_ENABLE, NODE_REPLY_MS, error) &&
           gate_arm(n->gate, &plan, error) && gdb_step_send(gdb, &thread, NODE_REPLY_MS, error) &&
           await_waking(q, gdb, error) && node_read_clock(n, error) && gate_disarm(n->gate, error);
}

static bool beyond_fence(const StepRequest *q)
{
    return vtime_floor_us(q->node->clock.virtual_time) >= q->fence_us;
}

static bool approach(StepRequest *q, GdbClient *gdb, GError **error)
{
    Node *n = q->node;

    while (missing(q) > 0 && !atomic_load(q->cancel)) {
        if (!n->clock.idle) {
            if (!steps_busy(q, gdb, missing(q), error))
                return false;
        } else if (!q->by_icount || beyond_fence(q)) {
            return true;
        } else if (!step_awake(q, gdb, error)) {
            return false;
        }
    }
    return true;
}

static bool run(StepRequest *q, GError **error)
{
    Node *n = q->node;
    g_autoptr(GdbClient) gdb = NULL;

    if (!n->gdb_path) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "it has no gdbstub, so it can't be stepped to a time between two microseconds "
                    "or to an instruction: attach it with gdb=PATH");
        return false;
    }
    if (!n->gate && !(n->gate = gate_new(n, error)))
        return false;
    if (!gate_disarm(n->gate, error))
        return false;
    gdb = gdb_client_connect(n->gdb_path, NODE_REPLY_MS, error);
    return gdb && approach(q, gdb, error);
}

void step_node(StepRequest *q)
{
    Node *n = q->node;

    node_hush(n, false);
    n->expect_stop = true; /* gdbstub stops it at every step */
    run(q, &q->error);
    /* The events of all those stops are read now, while they are still ours. */
    qmp_client_pump(n->qmp, 0, NULL);
    n->expect_stop = n->stopped_outside = false;
}
