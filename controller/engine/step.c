/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.c: single steps up to an exact instruction or time.
 *
 * A step executes at most one instruction. So as many steps as instructions are missing never pass
 * the target. The count is then read, and the instructions that are still missing are stepped.
 *
 * At the end of a step the vCPU counts as idle until QEMU's main loop has stopped the VM
 * (cpu_handle_guest_debug()). The clock of an idle VM is warped to its next timer (sleep=off) or by
 * the host time that this takes (sleep=on), unless the clock's timers are held
 * (icount_start_warp_timer()). So a busy node is stepped with NOTIMER. Timers that are due still
 * fire: resuming enables the clock (gdb_continue_partial()), and the vCPU thread runs the due
 * timers before NOTIMER takes effect (rr_cpu_thread_fn()).
 *
 * An idle node needs its timers to wake. An idle node makes one step with its timers alive, and
 * brakes on a grid keep the warp behind that step short.
 */
#include "controller/engine/step.h"

#include "controller/engine/freeze.h"
#include "controller/engine/gate.h"
#include "controller/engine/rest.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"

#include <poll.h>
#include <string.h>

#define HELD (GDB_SSTEP_ENABLE | GDB_SSTEP_NOTIMER)

typedef struct {
    StepRequest *q;
    int64_t fence_us; /* the request's fence, or an earlier time at which a card needs a stop */
    GdbClient *gdb;
    GdbThread thread;
    unsigned flags; /* present single-step flags of the stub */
    int64_t idle;   /* steps in a row that executed nothing */
} Steps;

/* An exception or an interrupt takes a step without an instruction; so many in a row are no guest that
 * gets anywhere. */
#define MOST_IDLE_STEPS 2000

/* Instructions until the node's own time `ns`. */
static int64_t insns_until(const Node *n, int64_t ns)
{
    return (ns - n->clock.virtual_time.ns + node_granule_ns(n) - 1) >> n->icount.shift;
}

/* Instructions that are missing up to the target, or up to the fence if the fence is nearer.
 * These instructions pass the fence by no more than a part of one instruction. */
static int64_t missing(const Steps *s)
{
    const StepRequest *q = s->q;
    const Node *n = q->node;
    int64_t target = q->by_icount ? q->icount.n - n->clock.icount.n : insns_until(n, q->time.ns);

    return MIN(target, insns_until(n, s->fence_us * NS_PER_US));
}

static bool over(const StepRequest *q)
{
    return q->asleep || q->hit || atomic_load(q->cancel);
}

/* Chooses the vCPU to step. A halted vCPU among others can't be stepped: if the request names
 * none, this is the first one that is not halted. */
static bool choose_thread(Steps *s, GError **error)
{
    const StepRequest *q = s->q;
    g_autoptr(GArray) threads = NULL;
    bool halted;

    if (q->vcpu >= 0) {
        if (!debug_thread(q->node, (unsigned)q->vcpu, &s->thread, error))
            return false;
        if (q->node->clock.idle)
            return true;
        return gdb_thread_halted(s->gdb, &s->thread, &s->q->asleep, NODE_REPLY_MS, error);
    }
    threads = gdb_threads(s->gdb, NODE_REPLY_MS, error);
    if (!threads)
        return false;
    s->thread = g_array_index(threads, GdbThread, 0);
    for (unsigned i = 0; threads->len > 1 && !q->node->clock.idle && i < threads->len; i++) {
        const GdbThread *t = &g_array_index(threads, GdbThread, i);

        if (!gdb_thread_halted(s->gdb, t, &halted, NODE_REPLY_MS, error))
            return false;
        if (!halted) {
            s->thread = *t;
            break;
        }
    }
    return true;
}

static bool set_flags(Steps *s, unsigned flags, GError **error)
{
    if (s->flags == flags)
        return true;
    s->flags = flags;
    return gdb_sstep_set(s->gdb, flags, NODE_REPLY_MS, error);
}

static bool is_hit(const GdbStop *stop)
{
    return stop->watch != GDB_WATCH_NONE;
}

/* Makes one step of a busy vCPU. */
static bool step_busy(Steps *s, GError **error)
{
    StepRequest *q = s->q;
    GError *e = NULL;
    GdbStop stop;

    if (debug_armed(q->node) && !debug_at_point(q->node, &s->thread, &q->hit, error))
        return false;
    if (q->hit)
        return true;
    if (!gdb_step_send(s->gdb, &s->thread, NODE_REPLY_MS, error))
        return false;
    if (gdb_step_wait(s->gdb, &stop, DEBUG_ASLEEP_MS, &e))
        return !is_hit(&stop) || (q->hit = true, debug_set_hit(q->node, &stop, error));
    if (!g_error_matches(e, GDB_ERROR, GDB_ERROR_TIMEOUT)) {
        g_propagate_error(error, e);
        return false;
    }
    g_error_free(e);
    q->asleep = true;
    return gdb_resync(s->gdb, NODE_REPLY_MS, error);
}

static bool steps_many(Steps *s, int64_t count, GError **error)
{
    if (!set_flags(s, s->q->manner == STEP_MASKED ? HELD | GDB_SSTEP_NOIRQ : HELD, error))
        return false;
    for (; count > 0 && !over(s->q); count--)
        if (!step_busy(s, error))
            return false;
    return true;
}

/* Steps a busy node. Two measures together make this 10 % faster. The monitor thread is demoted:
 * QEMU's QMP thread would be woken several times a step, to report stops and resumes that are
 * read only at the end. The vCPUs are boosted: a vCPU of the lowest real-time priority is
 * scheduled sooner than an ordinary one. */
static bool steps_busy(Steps *s, GError **error)
{
    Node *n = s->q->node;
    int64_t before = n->clock.icount.n, count = missing(s);
    bool ok;

    if (n->monitor) /* strict mode */
        sched_boost_vcpus(n->vcpus, true);
    node_demote_monitor(n, true);
    ok = steps_many(s, count, error);
    node_demote_monitor(n, false);
    if (!ok || !node_read_clock(n, error))
        return false;
    s->idle = n->clock.icount.n == before ? s->idle + count : 0;
    if (s->idle < MOST_IDLE_STEPS)
        return true;
    g_propagate_error(error, freeze_stuck(n));
    return false;
}

/* Waits until the step is over or the node stands at the fence. The stub's socket becomes
 * readable twice a step, for the acknowledgement and the stop reply, so the gate is watched
 * until the stop reply has come. */
static bool await_waking(Steps *s, GError **error)
{
    Gate *gate = s->q->node->gate;
    struct pollfd fds[] = {{.fd = gdb_client_fd(s->gdb), .events = POLLIN},
                           {.fd = gate_note_fd(gate), .events = POLLIN}};
    GError *e = NULL;

    while (!gdb_step_wait(s->gdb, NULL, 0, &e)) {
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
        if (gate_read_note(gate).kind == NOTE_GONE) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "QEMU ended during a step");
            return false;
        }
        return gate_stop(gate, error) && gdb_drain(s->gdb, error);
    }
    return true;
}

/* Lets an idle node sleep up to its next interrupt and execute one instruction. */
static bool step_awake(Steps *s, GError **error)
{
    StepRequest *q = s->q;
    GatePlan plan = {.first_us = s->fence_us,
                     .quantum_us = 1,
                     .boundaries = 1,
                     .brake = !q->node->icount.sleep_on,
                     .grain_us = q->grain_us,
                     .stages = 1};

    return set_flags(s, GDB_SSTEP_ENABLE, error) && gate_arm(q->node->gate, &plan, error) &&
           gdb_step_send(s->gdb, &s->thread, NODE_REPLY_MS, error) && await_waking(s, error) &&
           node_read_clock(q->node, error) && gate_disarm(q->node->gate, error);
}

/* Gives the node's cards the frames that are due where the node stands, and QEMU the frames that
 * are due next. */
static bool serve_cards(Steps *s, GError **error)
{
    if (!nics_aim(s->q->node, error))
        return false;
    s->fence_us = MIN(s->q->fence_us, nics_next_stop(s->q->node));
    return true;
}

static bool approach(Steps *s, GError **error)
{
    StepRequest *q = s->q;

    while (!over(q)) {
        if (!serve_cards(s, error))
            return false;
        if (missing(s) <= 0)
            return true;
        if (!choose_thread(s, error))
            return false;
        if (q->asleep)
            return true;
        if (!q->node->clock.idle) {
            if (!steps_busy(s, error))
                return false;
            /* A sleeping vCPU ends the steps only if the request names it and other vCPUs run
             * on. */
            q->asleep = q->asleep && q->vcpu >= 0 && !q->node->clock.idle;
        } else if (q->manner == STEP_MASKED) {
            q->asleep = true;
        } else if (!q->by_icount) {
            return true;
        } else if (!step_awake(s, error)) {
            return false;
        }
    }
    return true;
}

static bool run(StepRequest *q, GError **error)
{
    Node *n = q->node;
    Steps s = {.q = q, .flags = UINT_MAX};
    bool ok;

    if (!n->gdb_path) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "it has no gdbstub, so it can't be stepped to a time between two microseconds "
                    "or to an instruction: attach it with gdb=PATH");
        return false;
    }
    if (!n->gate && !(n->gate = gate_new(n, error)))
        return false;
    if (!gate_disarm(n->gate, error) || !(s.gdb = debug_use(n, error)))
        return false;
    if (q->manner == STEP_ACCESS)
        ok = !debug_hit(n) || debug_finish_access(n, error);
    else
        ok = debug_leave_point(n, &q->hit, error) && (q->hit || approach(&s, error));
    debug_release(n);
    return ok;
}

void step_node(StepRequest *q)
{
    Node *n = q->node;
    VTime until = vtime(q->fence_us * NS_PER_US - n->epoch.ns);
    Quanta quanta = {.n = 0};

    quanta_begin(&quanta, htime_now(), until);
    n->quanta = &quanta;
    node_rest_main(n, false);
    node_demote_monitor(n, false);
    rest_settle(n);
    q->asleep = q->hit = false;
    n->expect_stop = true; /* the gdbstub stops the node at every step */
    run(q, &q->error);
    /* The events of all these stops are read now, while this thread owns the node. */
    qmp_client_pump(n->qmp, 0, NULL);
    n->expect_stop = n->life.stopped = false;
    if (node_check_end(n))
        g_clear_error(&q->error);
    node_drain(n, until); /* what the steps printed is of now, not of the next quantum */
    node_rest_main(n, true);
    n->quanta = NULL;
}
