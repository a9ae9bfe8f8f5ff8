/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rider.c: one node in a leg. It is at rest (stopped by QEMU's own stop), running, or at its gate.
 * Every quantum it is let through its gate, or, when anything about its last boundary was not as it
 * should be, is stopped there and armed anew for the absolute time of the next one, so that no
 * error lasts longer than a quantum.
 */
#include "controller/base/log.h"
#include "controller/engine/lane-private.h"
#include "controller/engine/rest.h"
#include "controller/engine/stops.h"
#include "controller/engine/trial.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"

#include <inttypes.h>
#include <sys/epoll.h>

/* Stops in a row that nobody looks at. */
#define MAX_UNREAD 64

/* Quanta of a leg for which it pays to leave the tick where it is. */
#define SHORT_LEG 32

/* Its descriptors would report their end for ever. */
static void rider_out(Lane *l, Rider *r)
{
    if (l->epoll_fd >= 0 && r->node->gate) {
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, gate_note_fd(r->node->gate), NULL);
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, qmp_client_fd(r->node->qmp), NULL);
        if (r->node->debug)
            epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, gdb_client_fd(debug_client(r->node)), NULL);
    }
    if (r->place == PLACE_RUNNING)
        l->running--;
    r->place = PLACE_OUT;
    r->node->frozen = false;
    node_hush(r->node, false);
}

/* Its guest has left. */
static void rider_left(Lane *l, Rider *r)
{
    Node *n = r->node;

    /* Its last words may be the awaited ones. */
    if (console_drain(n->console, l->until) || l->leg->exits == n ||
        (l->leg->stop_on_exit && !n->options->on_exit_continue))
        atomic_store(&l->leg->stop, true);
    nics_read(n);
    rider_out(l, r);
}

void rider_fail(Lane *l, Rider *r, GError *error)
{
    VTime at = vtime(MAX(0, r->slot->stamp_us) * NS_PER_US);

    if (node_lose(r->node, error, r->node->state == NODE_RUNNING, at)) {
        rider_left(l, r);
    } else {
        log_warn("%s: the others are held at the next barrier", r->node->failure->message);
        rider_out(l, r);
        l->lost_one = true;
    }
    g_error_free(error);
}

bool rider_take_end(Lane *l, Rider *r)
{
    if (!r->node->life.stands)
        return false;
    node_hush(r->node, false);
    if (!node_take_end(r->node))
        return false;
    if (r->node->state != NODE_FAILED) {
        rider_left(l, r);
        return true;
    }
    log_warn("%s: the others are held at the next barrier", r->node->failure->message);
    rider_out(l, r);
    return l->lost_one = true;
}

/* Length of the shift register: where rank does not rule, late tokens have to be seen early. */
static unsigned stages_for(const Lane *l)
{
    return l->rank == RANK_STRICT ? 1 : GATE_MAX_STAGES;
}

static int64_t grain_us(const Leg *leg)
{
    return MIN(leg->max_skip_us, leg->quantum.ns / NS_PER_US);
}

/* Its tick is good for the first boundary alone. */
static void once(Rider *r, GatePlan *plan)
{
    plan->boundaries = plan->stages = 1;
    r->once = true;
}

/*
 * A tick that can't be made to fire every quantum from where the node stands is good for one
 * boundary. An idle node must stand at that boundary itself afterwards, not a µs behind it, or the
 * next tick is no better: so the gate closes a µs ahead, and the brake is at the boundary.
 */
static void aim_once(Rider *r, GatePlan *plan)
{
    const Node *n = r->node;
    int64_t ahead_us = plan->first_us - vtime_floor_us(n->clock.virtual_time);

    once(r, plan);
    r->approach =
        ahead_us > 1 && n->icount.enabled && !n->icount.sleep_on && node_granule_ns(n) <= NS_PER_US;
    if (r->approach) {
        plan->first_us--;
        plan->brake = true;
    }
}

/* A card hands over frames then and is given others, or mtk can be made there. */
static void stop_half_way(Rider *r, GatePlan *plan, int64_t stop_us)
{
    once(r, plan);
    plan->first_us = stop_us;
    plan->brake = r->node->icount.enabled && !r->node->icount.sleep_on;
    r->half_way = true;
}

/* At any barrier there may be frames for which it has to be stopped: the clock of an idle node must
 * not be warped past their times then. */
static bool needs_guard(const Leg *leg, const Rider *r)
{
    return leg->on_grid && r->node->icount.enabled && !r->node->icount.sleep_on &&
           nics_are_exact(r->node);
}

/* Behind short legs a node waits at rest with its tick in place: that costs less for each leg, and a
 * record more for each quantum. */
static bool may_park(const Lane *l, const Leg *leg, const Node *n, bool guarded)
{
    return l->rank == RANK_STRICT && n->by_stub && n->icount.enabled && !n->icount.sleep_on &&
           n->interval != INTERVAL_UNKNOWN && node_granule_ns(n) <= NS_PER_US && !debug_armed(n) &&
           leg->on_grid && (guarded || leg->count <= SHORT_LEG);
}

/* A timer of a card that is made now would fire behind a tick that is there already. */
static bool unpark(const Node *n, const GatePlan *plan, int64_t next_us, GError **error)
{
    return (gate_is_parked_for(n->gate, plan) && nics_stay(n, next_us, plan->quantum_us)) ||
           gate_disarm(n->gate, error);
}

/* Cards before the gate: their timers are to be older than its tick, and on the grid also where the
 * leg is not. */
static bool arm(Lane *l, const Leg *leg, Rider *r, uint64_t k, GError **error)
{
    VTime next = leg->on_grid ? leg_boundary(leg, k) : leg->next_barrier;
    int64_t next_us = vtime_floor_us(vtime_add(next, r->node->epoch));
    int64_t quantum_us = leg->quantum.ns / NS_PER_US, stop_us;
    bool cards_keep_up = nics_keep_up(r->node, next_us, quantum_us), guarded = needs_guard(leg, r);
    bool parks = may_park(l, leg, r->node, guarded);
    GatePlan plan = {
        .first_us = vtime_floor_us(vtime_add(leg_boundary(leg, k), r->node->epoch)),
        .quantum_us = quantum_us,
        .boundaries = leg->count - k + 1,
        /* With sleep=on no clock is warped: there is nothing to brake. */
        .brake = leg->brake && !r->node->icount.sleep_on,
        /* A hit warps an idle-looking node (debug.h). */
        .grain_us = debug_armed(r->node) && !r->node->icount.sleep_on ? grain_us(leg) : 0,
        .stages = stages_for(l),
        .guard_us = guarded && node_granule_ns(r->node) <= NS_PER_US ? next_us + 1 : 0,
        .stays = parks,
        .unguarded = leg->on_grid && !guarded,
    };

    if (!unpark(r->node, &plan, next_us, error) || !nics_arm(r->node, next_us, quantum_us, error) ||
        (!leg->on_grid && !nics_look_ahead(r->node, error)))
        return false;
    stop_us = nics_next_stop(r->node);
    if (guarded && gate_guards_later(r->node->gate, &plan))
        stop_us = MIN(stop_us, vtime_floor_us(r->node->clock.virtual_time) + 1);
    if (r->slept) { /* it will again: no other boundary is tried for */
        once(r, &plan);
    } else if (stop_us < plan.first_us) {
        stop_half_way(r, &plan, stop_us);
    } else if (r->slot->tries && r->node->interval == INTERVAL_UNKNOWN && !debug_armed(r->node) &&
               trial_plan(r->node, &plan)) {
        r->trial = plan;
        r->once = r->approach = true;
    } else if (!gate_is_parked_for(r->node->gate, &plan) &&
               (!gate_keeps_up(r->node->gate, &plan) ||
                (plan.boundaries > 1 &&
                 (!cards_keep_up ||
                  (guarded && (!plan.guard_us || !gate_guards(r->node->gate, &plan))))))) {
        aim_once(r, &plan);
    }
    return gate_arm(r->node->gate, &plan, error);
}

static bool stands_at(const Leg *leg, const Rider *r, uint64_t k)
{
    return vtime_floor_us(node_ensemble_time(r->node)) >= vtime_floor_us(leg_boundary(leg, k));
}

/* A point was hit: the node is at rest, and the barrier will not be complete. */
static void rest_at_hit(Leg *leg, Rider *r)
{
    r->place = PLACE_REST;
    r->node->state = NODE_PAUSED;
    atomic_store(&leg->broke, true);
    atomic_store(&leg->stop, true);
}

/* It may be stepped, and a hit has to be compared with where it stands now. */
static bool free_for_points(Node *n, GError **error)
{
    return !debug_armed(n) ||
           ((!n->clock.rough || rest_read(n, error)) && gate_disarm(n->gate, error));
}

void rider_depart(Lane *l, Leg *leg, Rider *r, uint64_t k)
{
    GError *error = NULL;
    bool hit;

    r->k = k;
    r->once = r->approach = r->half_way = r->trial.tries = false;
    if (stands_at(leg, r, k)) {
        if (!nics_send(r->node, true, &error) || !nics_aim(r->node, &error))
            rider_fail(l, r, error);
        return;
    }
    if (!free_for_points(r->node, &error) || !debug_leave_point(r->node, &hit, &error) ||
        (!hit && !stands_at(leg, r, k) &&
         (!arm(l, leg, r, k, &error) || !nics_send(r->node, true, &error) ||
          !stops_resume(r->node, &error)))) {
        rider_fail(l, r, error);
        return;
    }
    if (hit)
        rest_at_hit(leg, r);
    if (hit || stands_at(leg, r, k))
        return; /* one instruction was all that was missing */
    r->anew = r->slept = false;
    r->left = r->node->clock.icount;
    if (r->node->clock.rough)
        r->left.n = -1;
    r->place = PLACE_RUNNING;
    r->node->state = NODE_RUNNING;
    l->running++;
}

/* Stopped at boundary k. */
static void judge(const Leg *leg, Rider *r, uint64_t k)
{
    const RestPlan plan = {.boundary = leg_boundary(leg, k),
                           .planned = k == leg->count,
                           .quantum = leg->quantum,
                           .slept = r->slept,
                           .left = r->left};

    rest_judge(r->node, r->slot->stats, &plan);
}

/* Whether a token tells where it stands; one with points has more to tell at once. */
static bool tells_where(const Lane *l, const Node *n)
{
    return n->by_stub && l->rank == RANK_STRICT && n->icount.enabled && !debug_armed(n) &&
           gate_tells_where(n->gate);
}

/* Parks or disarms a stopped node and finds where it stands, to the µs. */
static bool disarm(const Lane *l, Node *n, GError **error)
{
    int64_t now_us;

    if (!tells_where(l, n))
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

void rider_rest(Lane *l, const Leg *leg, Rider *r, uint64_t k)
{
    GError *error = NULL;

    node_hush(r->node, false);
    /* The stub tells of every stop: unread, that would block QEMU some time. */
    if (!gate_stop(r->node->gate, &error) || !disarm(l, r->node, &error) ||
        (hears_stub(r->node) && !gdb_drain(debug_client(r->node), &error))) {
        rider_fail(l, r, error);
        return;
    }
    if (rider_take_end(l, r))
        return; /* in the quantum that is over, and it was not heard before */
    r->place = PLACE_REST;
    r->node->state = NODE_PAUSED;
    if (!r->judged)
        judge(leg, r, k);
    else
        r->node->rest.judged = true; /* no boundary, or one that was missed */
    r->judged = false;
    /* Every so often as if somebody looked at it, to see that it is so. */
    if (r->node->clock.rough && ++r->node->rest.unread == MAX_UNREAD && !rest_read(r->node, &error))
        rider_fail(l, r, error);
}

void rider_go_on(Lane *l, Leg *leg, Rider *r, uint64_t k)
{
    GError *error = NULL;

    if (r->anew || nics_want_rest(r->node, leg->quantum.ns / NS_PER_US)) {
        rider_rest(l, leg, r, k - 1);
        if (r->place == PLACE_REST)
            rider_depart(l, leg, r, k);
        return;
    }
    r->place = PLACE_RUNNING;
    l->running++;
    if (!nics_send(r->node, false, &error) || !gate_open(r->node->gate, &error))
        rider_fail(l, r, error);
}

/* --- events while a quantum is run --- */

static void at_gate(Lane *l, Leg *leg, Rider *r, const Note *note)
{
    Node *n = r->node;

    r->place = PLACE_GATE;
    l->running--;
    freeze_end(&r->freeze, n);
    node_hush(n, true);
    r->slot->stamp_us = note->stamp_us - vtime_floor_us(n->epoch);
    r->slot->arrived = htime_now();
    nics_reached(n, note->stamp_us);
    nics_read(n);
    if (console_drain(n->console, l->until))
        atomic_store(&leg->stop, true);
    if (l->rank != RANK_STRICT && !gate_tokens_taken(n->gate)) {
        r->slot->stats->repairs++;
        r->anew = true;
    }
    if (!n->icount.enabled || r->once)
        r->anew = true; /* without icount every boundary is a stop */
}

/* Ahead of its boundary: an idle node is then at it perhaps, a busy one goes on to it. */
static void approached(Lane *l, Leg *leg, Rider *r)
{
    r->place = PLACE_GATE;
    r->judged = true;
    l->running--;
    rider_rest(l, leg, r, r->k);
    if (r->place != PLACE_REST)
        return;
    rider_depart(l, leg, r, r->k);
    if (r->place != PLACE_REST)
        return;
    r->slot->stamp_us = vtime_floor_us(leg_boundary(leg, r->k));
    r->slot->arrived = htime_now();
    nics_reached(r->node, vtime_floor_us(r->node->clock.virtual_time));
    nics_read(r->node);
}

static void judge_note(Rider *r, const Note *note)
{
    NodeStats *stats = r->slot->stats;
    int64_t late_ns = note->late_us * NS_PER_US;

    if (!r->node->icount.enabled)
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
        r->anew = true;
        break;
    case NOTE_IDLE:
        dist_add(&stats->overshoot, 0);
        dist_add(&stats->idle_skip, late_ns);
        r->anew = r->slept = true;
        break;
    case NOTE_MISSED:
    case NOTE_BROKEN:
        dist_add(&stats->overshoot, late_ns);
        stats->missed++;
        r->anew = r->judged = true;
        log_debug("node %s: missed a boundary by %" PRId64 " us", r->node->name, note->late_us);
        break;
    }
}

void rider_on_note(Lane *l, Leg *leg, Rider *r)
{
    Note note = gate_read_note(r->node->gate);
    GError *error = NULL;
    bool half_way;

    if (note.kind == NOTE_NONE)
        return;
    if (note.kind == NOTE_GONE) {
        /* The connection tells more than the FIFO; it breaks at the same time. */
        if (qmp_client_pump(r->node->qmp, 1000, &error))
            g_set_error(&error, NODE_ERROR, NODE_ERROR_DIED, "QEMU closed its end of the gate");
        rider_fail(l, r, error);
        return;
    }
    if (r->place != PLACE_RUNNING) {
        r->slot->stats->missed++; /* at no boundary that anyone sent it to */
        return;
    }
    if (r->trial.tries && note.kind != NOTE_BROKEN) {
        if (!trial_judge(r->node, &r->trial, &note, &half_way, &error)) {
            rider_fail(l, r, error);
            return;
        }
        if (half_way) {
            approached(l, leg, r);
            return;
        }
        r->approach = false;
    }
    judge_note(r, &note);
    if (r->half_way || (r->approach && !r->anew))
        approached(l, leg, r);
    else
        at_gate(l, leg, r, &note);
}

/* How far the hit has moved the clock: as far as time passed without an instruction since the last
 * stop, but, if the guest slept meanwhile, no farther than from the last boundary or brake. */
static void note_skip(const Lane *l, const Leg *leg, Node *n, VTime bias)
{
    int64_t passed = vtime_sub(n->clock.bias, bias).ns;
    int64_t since = MAX(leg->now.ns, l->until.ns - leg->quantum.ns);
    int64_t limit = MIN(grain_us(leg) * NS_PER_US, node_ensemble_time(n).ns - since);

    debug_set_skip(n, vtime(MIN(passed, MAX(limit, 0))), passed > limit);
}

/* It is at rest before the boundary, and the barrier will not be complete. */
static void break_off(Lane *l, Leg *leg, Rider *r)
{
    Node *n = r->node;

    n->expect_stop = n->life.stopped = false;
    if (rider_take_end(l, r))
        return;
    l->running--;
    rest_at_hit(leg, r);
}

/* A point was hit before the boundary. */
static void take_hit(Lane *l, Leg *leg, Rider *r)
{
    GError *error = NULL;
    Node *n = r->node;
    VTime bias = n->clock.bias;

    node_hush(n, false);
    n->expect_stop = true; /* its event is on its way */
    if (!node_read_clock(n, &error) || !gate_disarm(n->gate, &error)) {
        rider_fail(l, r, error);
        return;
    }
    if (!n->icount.sleep_on)
        note_skip(l, leg, n, bias);
    break_off(l, leg, r);
}

void rider_halt(Lane *l, Leg *leg, Rider *r)
{
    GError *error = NULL;
    Node *n = r->node;

    node_hush(n, false);
    if (!gate_halt(n->gate, &error) || !node_read_clock(n, &error) ||
        !gate_disarm(n->gate, &error)) {
        g_prefix_error(&error, "it did not reach the next barrier, and does not stop: ");
        rider_fail(l, r, error);
    } else {
        break_off(l, leg, r);
    }
}

bool rider_on_stub(Lane *l, Leg *leg, Rider *r)
{
    GError *error = NULL;
    bool hit;

    if (!debug_check_stop(r->node, &hit, &error)) {
        rider_fail(l, r, error);
        return true;
    }
    if (hit)
        take_hit(l, leg, r);
    return hit;
}

/* QEMU's reason is asked for: its event may be another, or not have come. */
static void stopped_unasked(Lane *l, Rider *r)
{
    GError *error = NULL;

    node_hush(r->node, false);
    if (node_ask_end(r->node, &error))
        rider_left(l, r);
    else
        rider_fail(l, r, error);
}

void rider_on_qmp(Lane *l, Leg *leg, Rider *r)
{
    GError *error = NULL;
    Node *n = r->node;
    bool lives = qmp_client_pump(n->qmp, 0, &error);

    if (rider_take_end(l, r))
        g_clear_error(&error);
    else if (!lives)
        rider_fail(l, r, error);
    else if (n->life.stopped && !(debug_armed(n) && rider_on_stub(l, leg, r)))
        stopped_unasked(l, r);
}
