/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker-node.c: drives one node through a segment.
 *
 * The node is at rest (stopped by QEMU's own stop), running, or at its gate. Every quantum the
 * worker lets the node through its gate. If anything about the last boundary was not as it should
 * be, the worker instead stops the node there and arms it anew for the absolute time of the next
 * boundary. So no error lasts longer than a quantum.
 */
#include "controller/base/log.h"
#include "controller/engine/rest.h"
#include "controller/engine/stops.h"
#include "controller/engine/trial.h"
#include "controller/engine/worker-private.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"

#include <inttypes.h>
#include <sys/epoll.h>

/* Stops in a row after which a rough clock is read although nobody looks at the node. */
#define MAX_UNREAD 64

/* Quanta of a segment up to which it pays to leave the tick in place. */
#define SHORT_SEGMENT 32

/* The node takes no further part. The node's descriptors are removed from epoll, as they would
 * report their end for ever. */
static void worker_node_out(Worker *w, WorkerNode *wn)
{
    if (w->epoll_fd >= 0) {
        if (wn->node->gate) /* else it was closed, which removes it as well */
            epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, gate_note_fd(wn->node->gate), NULL);
        epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, qmp_client_fd(wn->node->qmp), NULL);
        if (wn->node->debug)
            epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, gdb_client_fd(debug_client(wn->node)), NULL);
    }
    if (wn->place == PLACE_RUNNING)
        w->running--;
    wn->place = PLACE_OUT;
    wn->node->frozen = false;
    node_demote_monitor(wn->node, false);
}

/* The node's guest has left. */
static void worker_node_left(Worker *w, WorkerNode *wn)
{
    Node *n = wn->node;

    /* The last output of the console may be the awaited text. */
    if (node_drain(n, w->until) || w->segment->exits == n ||
        node_exit_ends(n, w->segment->stop_on_exit))
        atomic_store(&w->segment->stop, true);
    nics_read(n);
    worker_node_out(w, wn);
}

void worker_node_fail(Worker *w, WorkerNode *wn, GError *error)
{
    VTime at = vtime(MAX(0, wn->participant->stamp_us) * NS_PER_US);

    if (node_lose(wn->node, error, wn->node->state == NODE_RUNNING, at)) {
        worker_node_left(w, wn);
    } else {
        log_warn("%s: the others are held at the next barrier", wn->node->failure->message);
        worker_node_out(w, wn);
        w->node_failed = true;
    }
    g_error_free(error);
}

bool worker_node_check_end(Worker *w, WorkerNode *wn)
{
    if (!wn->node->life.stands)
        return false;
    node_demote_monitor(wn->node, false);
    if (!node_check_end(wn->node))
        return false;
    if (wn->node->state != NODE_FAILED) {
        worker_node_left(w, wn);
        return true;
    }
    log_warn("%s: the others are held at the next barrier", wn->node->failure->message);
    worker_node_out(w, wn);
    return w->node_failed = true;
}

/* Length of the shift register. Without strict priorities tokens may come late, which has to be
 * detected early. */
static unsigned stages_for(const Worker *w)
{
    return w->sched == SCHED_MODE_STRICT ? 1 : GATE_MAX_STAGES;
}

/* A hit warps the clock of a node that looks idle (debug.h), at most so far at a time; 0: the node needs
 * no limit. */
static int64_t grain_us(const Segment *segment, const Node *n)
{
    if (n->icount.sleep_on)
        return 0;
    if (n->brakes.given)
        return n->brakes.us;
    return debug_armed(n) ? segment->grain_us : 0;
}

/* Makes the plan one whose tick reaches only the first boundary. */
static void once(WorkerNode *wn, GatePlan *plan)
{
    plan->boundaries = plan->stages = 1;
    wn->once = true;
}

/*
 * Makes a plan for one boundary: the tick can't be made to fire every quantum from where the node
 * stands.
 *
 * An idle node must afterwards stand at that boundary itself, not 1 µs behind it, or its next tick
 * has the same problem. So the gate closes 1 µs ahead of the boundary, and the brake is at the
 * boundary.
 */
static void aim_once(WorkerNode *wn, GatePlan *plan)
{
    const Node *n = wn->node;
    int64_t ahead_us = plan->first_us - vtime_floor_us(n->clock.virtual_time);

    once(wn, plan);
    wn->approach =
        ahead_us > 1 && n->icount.enabled && !n->icount.sleep_on && node_granule_ns(n) <= NS_PER_US;
    if (wn->approach) {
        plan->first_us--;
        plan->brake = true;
    }
}

/* Makes the node stop at stop_us, before its boundary: a card hands over frames then and gets
 * others, or mtk can be made there. */
static void stop_half_way(WorkerNode *wn, GatePlan *plan, int64_t stop_us)
{
    once(wn, plan);
    plan->first_us = stop_us;
    plan->brake = wn->node->icount.enabled && !wn->node->icount.sleep_on;
    wn->half_way = true;
}

/* Whether the node needs mtk. Frames may require a stop at any barrier, and the clock of an idle
 * node must not be warped past the frames' times. */
static bool needs_guard(const Segment *segment, const WorkerNode *wn)
{
    return segment->aligned && wn->node->icount.enabled && !wn->node->icount.sleep_on &&
           nics_need_guard(wn->node);
}

/* Whether the node may wait at rest behind its segment with its tick in place. A tick in place
 * makes each segment cheaper and costs one more record for each quantum, so it pays for short
 * segments. */
static bool may_park(const Worker *w, const Segment *segment, const Node *n, bool guarded)
{
    return w->sched == SCHED_MODE_STRICT && n->by_stub && n->icount.enabled &&
           !n->icount.sleep_on && n->interval != INTERVAL_UNKNOWN &&
           node_granule_ns(n) <= NS_PER_US && !debug_armed(n) && segment->aligned &&
           (guarded || segment->count <= SHORT_SEGMENT);
}

/* Keeps a parked node's tick only if its cards need no new timer: such a timer would fire behind
 * a tick that already exists. Otherwise disarms the gate. */
static bool unpark(const Node *n, const GatePlan *plan, int64_t next_us, GError **error)
{
    return (gate_is_parked_for(n->gate, plan) && nics_stay(n, next_us, plan->quantum_us)) ||
           gate_disarm(n->gate, error);
}

/* Arms the node's cards and gate for boundary k. Cards come before the gate, so that their
 * timers are older than its tick. The cards' timers are on the grid of barriers even if the
 * segment is not. */
static bool arm(Worker *w, const Segment *segment, WorkerNode *wn, uint64_t k, GError **error)
{
    VTime next = segment->aligned ? segment_boundary(segment, k) : segment->next_barrier;
    int64_t next_us = vtime_floor_us(vtime_add(next, wn->node->epoch));
    int64_t quantum_us = segment->quantum.ns / NS_PER_US, stop_us;
    bool cards_keep_up = nics_keep_up(wn->node, next_us, quantum_us),
         guarded = needs_guard(segment, wn);
    bool parks = may_park(w, segment, wn->node, guarded);
    GatePlan plan = {
        .first_us = vtime_floor_us(vtime_add(segment_boundary(segment, k), wn->node->epoch)),
        .quantum_us = quantum_us,
        .boundaries = segment->count - k + 1,
        /* With sleep=on no clock is warped, so there is nothing to brake. */
        .brake = segment->brake && !wn->node->icount.sleep_on,
        .grain_us = grain_us(segment, wn->node),
        .grain_at_us = next_us,
        .stages = stages_for(w),
        .guard_us = guarded && node_granule_ns(wn->node) <= NS_PER_US ? next_us + 1 : 0,
        .stays = parks,
        .unguarded = segment->aligned && !guarded,
    };

    wn->grain_us = plan.grain_us;
    if (!unpark(wn->node, &plan, next_us, error) ||
        !nics_arm(wn->node, next_us, quantum_us, error) ||
        (!segment->aligned && !nics_look_ahead(wn->node, error)))
        return false;
    stop_us = nics_next_stop(wn->node);
    if (guarded && gate_guards_later(wn->node->gate, &plan))
        stop_us = MIN(stop_us, vtime_floor_us(wn->node->clock.virtual_time) + 1);
    if (wn->slept) { /* the node would sleep too long again: plan only one boundary */
        once(wn, &plan);
    } else if (stop_us < plan.first_us) {
        stop_half_way(wn, &plan, stop_us);
    } else if (wn->participant->tries && wn->node->interval == INTERVAL_UNKNOWN &&
               plan.grain_us == 0 && trial_plan(wn->node, &plan)) {
        wn->trial = plan;
        wn->once = wn->approach = true;
    } else if (!gate_is_parked_for(wn->node->gate, &plan) &&
               (!gate_keeps_up(wn->node->gate, &plan) ||
                (plan.boundaries > 1 &&
                 (!cards_keep_up ||
                  (guarded && (!plan.guard_us || !gate_guards(wn->node->gate, &plan))))))) {
        aim_once(wn, &plan);
    }
    return gate_arm(wn->node->gate, &plan, error);
}

static bool stands_at(const Segment *segment, const WorkerNode *wn, uint64_t k)
{
    return vtime_floor_us(node_ensemble_time(wn->node)) >=
           vtime_floor_us(segment_boundary(segment, k));
}

/* The node hit a point and is at rest; the barrier will not be complete. */
static void rest_at_hit(Segment *segment, WorkerNode *wn)
{
    wn->place = PLACE_REST;
    wn->node->state = NODE_PAUSED;
    atomic_store(&segment->broke, true);
    atomic_store(&segment->stop, true);
}

/* Reads the clock and disarms the gate of a node with points. The node may be stepped, and a hit
 * is compared with where the node stands now. */
static bool free_for_points(Node *n, GError **error)
{
    return !debug_armed(n) ||
           ((!n->clock.rough || rest_read(n, error)) && gate_disarm(n->gate, error));
}

void worker_node_resume(Worker *w, Segment *segment, WorkerNode *wn, uint64_t k)
{
    GError *error = NULL;
    bool hit;

    wn->k = k;
    wn->once = wn->approach = wn->half_way = wn->trial.tries = false;
    if (stands_at(segment, wn, k)) {
        if (!nics_send(wn->node, true, &error) || !nics_aim(wn->node, &error))
            worker_node_fail(w, wn, error);
        return;
    }
    if (!free_for_points(wn->node, &error) || !debug_leave_point(wn->node, &hit, &error) ||
        (!hit && !stands_at(segment, wn, k) &&
         (!arm(w, segment, wn, k, &error) || !nics_send(wn->node, true, &error) ||
          !stops_resume(wn->node, &error)))) {
        worker_node_fail(w, wn, error);
        return;
    }
    if (hit)
        rest_at_hit(segment, wn);
    if (hit || stands_at(segment, wn, k))
        return; /* only one instruction was missing */
    wn->rearm = wn->slept = false;
    wn->left = wn->node->clock.icount;
    if (wn->node->clock.rough)
        wn->left.n = -1;
    wn->place = PLACE_RUNNING;
    wn->node->state = NODE_RUNNING;
    w->running++;
}

/* Checks where the node was stopped at boundary k. */
static void check_stop(const Segment *segment, WorkerNode *wn, uint64_t k)
{
    const RestPlan plan = {.boundary = segment_boundary(segment, k),
                           .planned = k == segment->count,
                           .quantum = segment->quantum,
                           .slept = wn->slept,
                           .left = wn->left};

    rest_count(wn->node, wn->participant->stats, &plan);
}

/* Whether a token can tell where the node stands. The clock of a node with points is read
 * completely at once. */
static bool knows_where(const Worker *w, const Node *n)
{
    return n->by_stub && w->sched == SCHED_MODE_STRICT && n->icount.enabled && !debug_armed(n) &&
           gate_knows_where(n->gate);
}

/* Parks or disarms a stopped node and finds where the node stands, to the µs. */
static bool disarm(const Worker *w, Node *n, GError **error)
{
    int64_t now_us;

    if (!knows_where(w, n))
        return gate_disarm(n->gate, error) && node_read_clock(n, error);
    if (!(gate_may_park(n->gate) ? gate_park(n->gate, &now_us, error)
                                 : gate_disarm_where(n->gate, &now_us, error)))
        return false;
    n->clock.virtual_time = vtime(now_us * NS_PER_US);
    n->clock.rough = true;
    return true;
}

/* Whether the stub's stop replies have to be read. A broken stub matters only to a node with
 * points. */
static bool reads_stub(const Node *n)
{
    return n->debug && (debug_armed(n) || !gdb_client_broken(debug_client(n)));
}

void worker_node_rest(Worker *w, const Segment *segment, WorkerNode *wn, uint64_t k)
{
    GError *error = NULL;

    node_demote_monitor(wn->node, false);
    /* The stub reports every stop. Unread reports would block QEMU at some time. */
    if (!gate_stop(wn->node->gate, &error) || !disarm(w, wn->node, &error) ||
        (reads_stub(wn->node) && !gdb_drain(debug_client(wn->node), &error))) {
        worker_node_fail(w, wn, error);
        return;
    }
    if (worker_node_check_end(w, wn))
        return; /* the guest left in the quantum that is over, and this was not known before */
    wn->place = PLACE_REST;
    wn->node->state = NODE_PAUSED;
    if (!wn->checked)
        check_stop(segment, wn, k);
    else
        wn->node->rest.checked = true; /* the miss is counted, or it was no boundary */
    wn->checked = false;
    /* Now and then the clock is read as if somebody looked at the node, to check the rough
     * value. */
    if (wn->node->clock.rough && ++wn->node->rest.unread == MAX_UNREAD &&
        !rest_read(wn->node, &error))
        worker_node_fail(w, wn, error);
}

void worker_node_go_on(Worker *w, Segment *segment, WorkerNode *wn, uint64_t k)
{
    GError *error = NULL;

    if (wn->rearm || nics_want_rest(wn->node, segment->quantum.ns / NS_PER_US)) {
        worker_node_rest(w, segment, wn, k - 1);
        if (wn->place == PLACE_REST)
            worker_node_resume(w, segment, wn, k);
        return;
    }
    wn->place = PLACE_RUNNING;
    w->running++;
    if (!nics_send(wn->node, false, &error) || !gate_open(wn->node->gate, &error))
        worker_node_fail(w, wn, error);
}

/* --- events while a quantum is run --- */

static void at_gate(Worker *w, Segment *segment, WorkerNode *wn, const Note *note)
{
    Node *n = wn->node;

    wn->place = PLACE_GATE;
    w->running--;
    freeze_end(&wn->freeze, n);
    node_demote_monitor(n, true);
    wn->participant->stamp_us = note->stamp_us - vtime_floor_us(n->epoch);
    wn->participant->arrived = htime_now();
    nics_reached(n, note->stamp_us);
    nics_read(n);
    if (node_drain(n, w->until))
        atomic_store(&segment->stop, true);
    if (w->sched != SCHED_MODE_STRICT && !gate_tokens_taken(n->gate)) {
        wn->participant->stats->repairs++;
        wn->rearm = true;
    }
    if (!n->icount.enabled || wn->once)
        wn->rearm = true; /* without icount every boundary is a stop */
}

/* The node stands ahead of its boundary. An idle node may reach the boundary by that stop; a
 * busy node is sent on to the boundary. */
static void approached(Worker *w, Segment *segment, WorkerNode *wn)
{
    wn->place = PLACE_GATE;
    wn->checked = true;
    w->running--;
    worker_node_rest(w, segment, wn, wn->k);
    if (wn->place != PLACE_REST)
        return;
    worker_node_resume(w, segment, wn, wn->k);
    if (wn->place != PLACE_REST)
        return;
    wn->participant->stamp_us = vtime_floor_us(segment_boundary(segment, wn->k));
    wn->participant->arrived = htime_now();
    nics_reached(wn->node, vtime_floor_us(wn->node->clock.virtual_time));
    nics_read(wn->node);
    if (node_drain(wn->node, w->until))
        atomic_store(&segment->stop, true);
}

static void count_note(WorkerNode *wn, const Note *note)
{
    NodeStats *stats = wn->participant->stats;
    int64_t late_ns = note->late_us * NS_PER_US;

    if (!wn->node->icount.enabled)
        return; /* rest_count() counts this once the node stands */
    switch (note->kind) {
    case NOTE_NONE:
    case NOTE_GONE:
        break; /* no boundary was reached */
    case NOTE_ON_TIME:
        dist_add(&stats->overshoot, 0);
        break;
    case NOTE_GRAIN:
        dist_add(&stats->overshoot, 0);
        wn->rearm = true;
        break;
    case NOTE_IDLE:
        dist_add(&stats->overshoot, 0);
        dist_add(&stats->idle_skip, late_ns);
        wn->rearm = wn->slept = true;
        break;
    case NOTE_MISSED:
    case NOTE_BROKEN:
        dist_add(&stats->overshoot, late_ns);
        stats->missed++;
        wn->rearm = wn->checked = true;
        log_debug("node %s: missed a boundary by %" PRId64 " us", wn->node->name, note->late_us);
        break;
    }
}

void worker_node_on_note(Worker *w, Segment *segment, WorkerNode *wn)
{
    Note note = gate_read_note(wn->node->gate);
    GError *error = NULL;
    bool half_way;

    if (note.kind == NOTE_NONE)
        return;
    if (note.kind == NOTE_GONE) {
        /* The QMP connection breaks at the same time and gives a better reason than the FIFO. */
        if (qmp_client_pump(wn->node->qmp, 1000, &error))
            g_set_error(&error, NODE_ERROR, NODE_ERROR_DIED, "QEMU closed its end of the gate");
        worker_node_fail(w, wn, error);
        return;
    }
    if (wn->place != PLACE_RUNNING) {
        wn->participant->stats->missed++; /* the node was sent to no boundary */
        return;
    }
    if (wn->trial.tries && note.kind != NOTE_BROKEN) {
        if (!trial_check(wn->node, &wn->trial, &note, &half_way, &error)) {
            worker_node_fail(w, wn, error);
            return;
        }
        if (half_way) {
            approached(w, segment, wn);
            return;
        }
        wn->approach = false;
    }
    count_note(wn, &note);
    if (wn->half_way || (wn->approach && !wn->rearm))
        approached(w, segment, wn);
    else
        at_gate(w, segment, wn, &note);
}

/* Reports how far the hit has moved the clock: by the time that passed without an instruction
 * since the last stop. If the guest slept since then, the hit has moved the clock no farther
 * than from the last boundary or brake. */
static void note_skip(const Worker *w, const Segment *segment, const WorkerNode *wn, VTime bias)
{
    Node *n = wn->node;
    int64_t passed = vtime_sub(n->clock.bias, bias).ns;
    int64_t since = MAX(segment->now.ns, w->until.ns - segment->quantum.ns);
    int64_t limit = node_ensemble_time(n).ns - since;

    if (wn->grain_us > 0)
        limit = MIN(limit, wn->grain_us * NS_PER_US);

    debug_set_skip(n, vtime(MIN(passed, MAX(limit, 0))), passed > limit);
}

/* The node is at rest before the boundary; the barrier will not be complete. */
static void break_off(Worker *w, Segment *segment, WorkerNode *wn)
{
    Node *n = wn->node;

    n->expect_stop = n->life.stopped = false;
    if (worker_node_check_end(w, wn))
        return;
    w->running--;
    rest_at_hit(segment, wn);
}

/* The node hit a point before the boundary. */
static void handle_hit(Worker *w, Segment *segment, WorkerNode *wn)
{
    GError *error = NULL;
    Node *n = wn->node;
    VTime bias = n->clock.bias;

    node_demote_monitor(n, false);
    n->expect_stop = true; /* the event of this stop is still to come */
    if (!node_read_clock(n, &error) || !gate_disarm(n->gate, &error)) {
        worker_node_fail(w, wn, error);
        return;
    }
    if (!n->icount.sleep_on)
        note_skip(w, segment, wn, bias);
    break_off(w, segment, wn);
}

static bool halt(Worker *w, WorkerNode *wn)
{
    GError *error = NULL;
    Node *n = wn->node;

    node_demote_monitor(n, false);
    if (gate_halt(n->gate, &error) && node_read_clock(n, &error) && gate_disarm(n->gate, &error))
        return true;
    g_prefix_error(&error, "it did not reach the next barrier, and does not stop: ");
    worker_node_fail(w, wn, error);
    return false;
}

void worker_node_halt(Worker *w, Segment *segment, WorkerNode *wn)
{
    if (halt(w, wn))
        break_off(w, segment, wn);
}

/* Whether the halted node has passed a part of its quantum that is worth the name. */
static bool has_moved(const Worker *w, const Segment *segment, const Node *n)
{
    int64_t begin = MAX(segment->now.ns, w->until.ns - segment->quantum.ns);

    return node_ensemble_time(n).ns - begin > (w->until.ns - begin) / 64;
}

void worker_node_examine(Worker *w, Segment *segment, WorkerNode *wn)
{
    worker_node_on_note(w, segment, wn); /* it may just have come */
    if (wn->place != PLACE_RUNNING || !halt(w, wn))
        return;
    if (has_moved(w, segment, wn->node))
        break_off(w, segment, wn);
    else
        worker_node_fail(w, wn, freeze_stuck(wn->node));
}

bool worker_node_on_stub(Worker *w, Segment *segment, WorkerNode *wn)
{
    GError *error = NULL;
    bool hit;

    if (!debug_check_stop(wn->node, &hit, &error)) {
        worker_node_fail(w, wn, error);
        return true;
    }
    if (hit)
        handle_hit(w, segment, wn);
    return hit;
}

/* QEMU stopped without a request. QEMU is asked for the reason: its event may be about another
 * stop, or may not have come yet. */
static void stopped_unasked(Worker *w, WorkerNode *wn)
{
    GError *error = NULL;

    node_demote_monitor(wn->node, false);
    if (node_ask_end(wn->node, &error))
        worker_node_left(w, wn);
    else
        worker_node_fail(w, wn, error);
}

void worker_node_on_qmp(Worker *w, Segment *segment, WorkerNode *wn)
{
    GError *error = NULL;
    Node *n = wn->node;
    bool lives = qmp_client_pump(n->qmp, 0, &error);

    if (worker_node_check_end(w, wn))
        g_clear_error(&error);
    else if (!lives)
        worker_node_fail(w, wn, error);
    else if (n->life.stopped && !(debug_armed(n) && worker_node_on_stub(w, segment, wn)))
        stopped_unasked(w, wn);
}
