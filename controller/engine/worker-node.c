/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker-node.c: one node in a segment. It is at rest (stopped by QEMU's own stop), running, or at
 * its gate. Every quantum it is let through its gate, or, when anything about its last boundary was
 * not as it should be, is stopped there and armed anew for the absolute time of the next one, so
 * that no error lasts longer than a quantum.
 */
#include "controller/base/log.h"
#include "controller/engine/rest.h"
#include "controller/engine/stops.h"
#include "controller/engine/trial.h"
#include "controller/engine/worker-private.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"

#include <inttypes.h>
#include <sys/epoll.h>

/* Stops in a row that nobody looks at. */
#define MAX_UNREAD 64

/* Quanta of a segment for which it pays to leave the tick where it is. */
#define SHORT_SEGMENT 32

/* Its descriptors would report their end for ever. */
static void worker_node_out(Worker *w, WorkerNode *wn)
{
    if (w->epoll_fd >= 0 && wn->node->gate) {
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

/* Its guest has left. */
static void worker_node_left(Worker *w, WorkerNode *wn)
{
    Node *n = wn->node;

    /* Its last words may be the awaited ones. */
    if (console_drain(n->console, w->until) || w->segment->exits == n ||
        (w->segment->stop_on_exit && !n->options->on_exit_continue))
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
        w->lost_one = true;
    }
    g_error_free(error);
}

bool worker_node_take_end(Worker *w, WorkerNode *wn)
{
    if (!wn->node->life.stands)
        return false;
    node_demote_monitor(wn->node, false);
    if (!node_take_end(wn->node))
        return false;
    if (wn->node->state != NODE_FAILED) {
        worker_node_left(w, wn);
        return true;
    }
    log_warn("%s: the others are held at the next barrier", wn->node->failure->message);
    worker_node_out(w, wn);
    return w->lost_one = true;
}

/* Length of the shift register: where priorities do not rule, late tokens have to be seen early. */
static unsigned stages_for(const Worker *w)
{
    return w->sched == SCHED_MODE_STRICT ? 1 : GATE_MAX_STAGES;
}

static int64_t grain_us(const Segment *segment)
{
    return MIN(segment->max_skip_us, segment->quantum.ns / NS_PER_US);
}

/* Its tick is good for the first boundary alone. */
static void once(WorkerNode *wn, GatePlan *plan)
{
    plan->boundaries = plan->stages = 1;
    wn->once = true;
}

/*
 * A tick that can't be made to fire every quantum from where the node stands is good for one
 * boundary. An idle node must stand at that boundary itself afterwards, not a µs behind it, or the
 * next tick is no better: so the gate closes a µs ahead, and the brake is at the boundary.
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

/* A card hands over frames then and is given others, or mtk can be made there. */
static void stop_half_way(WorkerNode *wn, GatePlan *plan, int64_t stop_us)
{
    once(wn, plan);
    plan->first_us = stop_us;
    plan->brake = wn->node->icount.enabled && !wn->node->icount.sleep_on;
    wn->half_way = true;
}

/* At any barrier there may be frames for which it has to be stopped: the clock of an idle node must
 * not be warped past their times then. */
static bool needs_guard(const Segment *segment, const WorkerNode *wn)
{
    return segment->aligned && wn->node->icount.enabled && !wn->node->icount.sleep_on &&
           nics_are_exact(wn->node);
}

/* Behind short segments a node waits at rest with its tick in place: that costs less for each
 * segment, and a record more for each quantum. */
static bool may_park(const Worker *w, const Segment *segment, const Node *n, bool guarded)
{
    return w->sched == SCHED_MODE_STRICT && n->by_stub && n->icount.enabled &&
           !n->icount.sleep_on && n->interval != INTERVAL_UNKNOWN &&
           node_granule_ns(n) <= NS_PER_US && !debug_armed(n) && segment->aligned &&
           (guarded || segment->count <= SHORT_SEGMENT);
}

/* A timer of a card that is made now would fire behind a tick that is there already. */
static bool unpark(const Node *n, const GatePlan *plan, int64_t next_us, GError **error)
{
    return (gate_is_parked_for(n->gate, plan) && nics_stay(n, next_us, plan->quantum_us)) ||
           gate_disarm(n->gate, error);
}

/* Cards before the gate: their timers are to be older than its tick, and on the grid also where the
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
        /* With sleep=on no clock is warped: there is nothing to brake. */
        .brake = segment->brake && !wn->node->icount.sleep_on,
        /* A hit warps an idle-looking node (debug.h). */
        .grain_us = debug_armed(wn->node) && !wn->node->icount.sleep_on ? grain_us(segment) : 0,
        .stages = stages_for(w),
        .guard_us = guarded && node_granule_ns(wn->node) <= NS_PER_US ? next_us + 1 : 0,
        .stays = parks,
        .unguarded = segment->aligned && !guarded,
    };

    if (!unpark(wn->node, &plan, next_us, error) ||
        !nics_arm(wn->node, next_us, quantum_us, error) ||
        (!segment->aligned && !nics_look_ahead(wn->node, error)))
        return false;
    stop_us = nics_next_stop(wn->node);
    if (guarded && gate_guards_later(wn->node->gate, &plan))
        stop_us = MIN(stop_us, vtime_floor_us(wn->node->clock.virtual_time) + 1);
    if (wn->slept) { /* it will again: no other boundary is tried for */
        once(wn, &plan);
    } else if (stop_us < plan.first_us) {
        stop_half_way(wn, &plan, stop_us);
    } else if (wn->participant->tries && wn->node->interval == INTERVAL_UNKNOWN &&
               !debug_armed(wn->node) && trial_plan(wn->node, &plan)) {
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

/* A point was hit: the node is at rest, and the barrier will not be complete. */
static void rest_at_hit(Segment *segment, WorkerNode *wn)
{
    wn->place = PLACE_REST;
    wn->node->state = NODE_PAUSED;
    atomic_store(&segment->broke, true);
    atomic_store(&segment->stop, true);
}

/* It may be stepped, and a hit has to be compared with where it stands now. */
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
        return; /* one instruction was all that was missing */
    wn->rearm = wn->slept = false;
    wn->left = wn->node->clock.icount;
    if (wn->node->clock.rough)
        wn->left.n = -1;
    wn->place = PLACE_RUNNING;
    wn->node->state = NODE_RUNNING;
    w->running++;
}

/* Stopped at boundary k. */
static void judge(const Segment *segment, WorkerNode *wn, uint64_t k)
{
    const RestPlan plan = {.boundary = segment_boundary(segment, k),
                           .planned = k == segment->count,
                           .quantum = segment->quantum,
                           .slept = wn->slept,
                           .left = wn->left};

    rest_judge(wn->node, wn->participant->stats, &plan);
}

/* Whether a token tells where it stands; one with points has more to tell at once. */
static bool tells_where(const Worker *w, const Node *n)
{
    return n->by_stub && w->sched == SCHED_MODE_STRICT && n->icount.enabled && !debug_armed(n) &&
           gate_tells_where(n->gate);
}

/* Parks or disarms a stopped node and finds where it stands, to the µs. */
static bool disarm(const Worker *w, Node *n, GError **error)
{
    int64_t now_us;

    if (!tells_where(w, n))
        return gate_disarm(n->gate, error) && node_read_clock(n, error);
    if (!(gate_may_park(n->gate) ? gate_park(n->gate, &now_us, error)
                                 : gate_disarm_where(n->gate, &now_us, error)))
        return false;
    n->clock.virtual_time = vtime(now_us * NS_PER_US);
    n->clock.rough = true;
    return true;
}

/* One that is broken matters to points only. */
static bool hears_stub(const Node *n)
{
    return n->debug && (debug_armed(n) || !gdb_client_broken(debug_client(n)));
}

void worker_node_rest(Worker *w, const Segment *segment, WorkerNode *wn, uint64_t k)
{
    GError *error = NULL;

    node_demote_monitor(wn->node, false);
    /* The stub tells of every stop: unread, that would block QEMU some time. */
    if (!gate_stop(wn->node->gate, &error) || !disarm(w, wn->node, &error) ||
        (hears_stub(wn->node) && !gdb_drain(debug_client(wn->node), &error))) {
        worker_node_fail(w, wn, error);
        return;
    }
    if (worker_node_take_end(w, wn))
        return; /* in the quantum that is over, and it was not heard before */
    wn->place = PLACE_REST;
    wn->node->state = NODE_PAUSED;
    if (!wn->judged)
        judge(segment, wn, k);
    else
        wn->node->rest.judged = true; /* no boundary, or one that was missed */
    wn->judged = false;
    /* Every so often as if somebody looked at it, to see that it is so. */
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
    if (console_drain(n->console, w->until))
        atomic_store(&segment->stop, true);
    if (w->sched != SCHED_MODE_STRICT && !gate_tokens_taken(n->gate)) {
        wn->participant->stats->repairs++;
        wn->rearm = true;
    }
    if (!n->icount.enabled || wn->once)
        wn->rearm = true; /* without icount every boundary is a stop */
}

/* Ahead of its boundary: an idle node is then at it perhaps, a busy one goes on to it. */
static void approached(Worker *w, Segment *segment, WorkerNode *wn)
{
    wn->place = PLACE_GATE;
    wn->judged = true;
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
}

static void judge_note(WorkerNode *wn, const Note *note)
{
    NodeStats *stats = wn->participant->stats;
    int64_t late_ns = note->late_us * NS_PER_US;

    if (!wn->node->icount.enabled)
        return; /* judged once it stands */
    switch (note->kind) {
    case NOTE_NONE:
    case NOTE_GONE:
        break; /* no boundary */
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
        wn->rearm = wn->judged = true;
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
        /* The connection tells more than the FIFO; it breaks at the same time. */
        if (qmp_client_pump(wn->node->qmp, 1000, &error))
            g_set_error(&error, NODE_ERROR, NODE_ERROR_DIED, "QEMU closed its end of the gate");
        worker_node_fail(w, wn, error);
        return;
    }
    if (wn->place != PLACE_RUNNING) {
        wn->participant->stats->missed++; /* at no boundary that anyone sent it to */
        return;
    }
    if (wn->trial.tries && note.kind != NOTE_BROKEN) {
        if (!trial_judge(wn->node, &wn->trial, &note, &half_way, &error)) {
            worker_node_fail(w, wn, error);
            return;
        }
        if (half_way) {
            approached(w, segment, wn);
            return;
        }
        wn->approach = false;
    }
    judge_note(wn, &note);
    if (wn->half_way || (wn->approach && !wn->rearm))
        approached(w, segment, wn);
    else
        at_gate(w, segment, wn, &note);
}

/* How far the hit has moved the clock: as far as time passed without an instruction since the last
 * stop, but, if the guest slept meanwhile, no farther than from the last boundary or brake. */
static void note_skip(const Worker *w, const Segment *segment, Node *n, VTime bias)
{
    int64_t passed = vtime_sub(n->clock.bias, bias).ns;
    int64_t since = MAX(segment->now.ns, w->until.ns - segment->quantum.ns);
    int64_t limit = MIN(grain_us(segment) * NS_PER_US, node_ensemble_time(n).ns - since);

    debug_set_skip(n, vtime(MIN(passed, MAX(limit, 0))), passed > limit);
}

/* It is at rest before the boundary, and the barrier will not be complete. */
static void break_off(Worker *w, Segment *segment, WorkerNode *wn)
{
    Node *n = wn->node;

    n->expect_stop = n->life.stopped = false;
    if (worker_node_take_end(w, wn))
        return;
    w->running--;
    rest_at_hit(segment, wn);
}

/* A point was hit before the boundary. */
static void take_hit(Worker *w, Segment *segment, WorkerNode *wn)
{
    GError *error = NULL;
    Node *n = wn->node;
    VTime bias = n->clock.bias;

    node_demote_monitor(n, false);
    n->expect_stop = true; /* its event is on its way */
    if (!node_read_clock(n, &error) || !gate_disarm(n->gate, &error)) {
        worker_node_fail(w, wn, error);
        return;
    }
    if (!n->icount.sleep_on)
        note_skip(w, segment, n, bias);
    break_off(w, segment, wn);
}

void worker_node_halt(Worker *w, Segment *segment, WorkerNode *wn)
{
    GError *error = NULL;
    Node *n = wn->node;

    node_demote_monitor(n, false);
    if (!gate_halt(n->gate, &error) || !node_read_clock(n, &error) ||
        !gate_disarm(n->gate, &error)) {
        g_prefix_error(&error, "it did not reach the next barrier, and does not stop: ");
        worker_node_fail(w, wn, error);
    } else {
        break_off(w, segment, wn);
    }
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
        take_hit(w, segment, wn);
    return hit;
}

/* QEMU's reason is asked for: its event may be another, or not have come. */
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

    if (worker_node_take_end(w, wn))
        g_clear_error(&error);
    else if (!lives)
        worker_node_fail(w, wn, error);
    else if (n->life.stopped && !(debug_armed(n) && worker_node_on_stub(w, segment, wn)))
        stopped_unasked(w, wn);
}
