/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine-plan.c: from a goal to segments and steps.
 *
 * After each segment or step engine_plan() looks at where the nodes stand and chooses the next one.
 * So an unexpected event (an idle node that was warped ahead, a console that matched) needs no path
 * of its own. Invariant: nothing is ever run past a goal, as there is no way back.
 */
#include "controller/base/units.h"
#include "controller/engine/engine-private.h"
#include "controller/engine/rest.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"

#include <string.h>

VTime engine_barrier_at(const Engine *e, VTime t)
{
    return vtime(t.ns - t.ns % e->quantum.ns);
}

VTime engine_next_barrier(const Engine *e)
{
    return vtime(engine_barrier_at(e, e->now).ns + e->quantum.ns);
}

/* A node whose guest has left badly in this run, or in one before that ended with a point, so that
 * the run is to fail; NULL: none has. */
static const Node *left_badly(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++) {
        const Member *m = e->members->pdata[i];

        if (m->node->options->on_exit == ON_EXIT_FAIL && (!m->had_left || e->owes_failure) &&
            node_left_badly(m->node))
            return m->node;
    }
    return NULL;
}

static void end_run(Engine *e, RunEnd end, const GError *error)
{
    EngineDoneFunc done = e->done;

    e->owes_failure = end == RUN_BROKE && left_badly(e);
    e->running = false;
    e->done = NULL;
    if (e->rest_func)
        e->rest_func(true, e->rest_data);
    done(end, error, e->done_data);
}

static void on_step_done(void *data)
{
    Engine *e = data;

    if (e->step.error) {
        node_lose(e->step.node, e->step.error, true, e->now);
        g_clear_error(&e->step.error);
    }
    e->broke = e->broke || e->step.hit;
    e->asleep = e->step.asleep;
    engine_plan(e);
}

/* Gives the node's cards the frames that are due during the step. At the barrier itself the node
 * waits for the others. */
static void serve_cards(Engine *e, VTime until)
{
    e->step.quantum = vtime(0);
    if (!e->fabric || until.ns <= e->now.ns)
        return;
    e->step.now = e->now;
    e->step.until = until;
    e->step.quantum = e->quantum;
    fabric_begin(e->fabric);
    fabric_grant(e->fabric, until);
    fabric_fill(e->fabric, e->now, until);
}

void engine_note_way(Engine *e, const Node *only, VTime to)
{
    if (e->broke)
        return; /* the way to behind an access */
    e->way = only ? e->goal : (RunGoal){.time = to};
    e->way.step = false;
    e->way.at_rest = NULL;
}

RunGoal engine_broken_way(const Engine *e)
{
    return e->way;
}

/* Steps one node. limit: the node may not go beyond this time alone. */
static void start_step(Engine *e, Node *node, VTime limit)
{
    engine_note_way(e, node, limit);
    e->step.node = node;
    e->step.manner = e->broke ? STEP_ACCESS : e->goal.step ? e->goal.manner : STEP_EXACT;
    e->step.vcpu = e->goal.step ? e->goal.vcpu : -1;
    e->step.grain_us = e->step.manner == STEP_EXACT ? 1 : e->max_skip.ns / NS_PER_US;
    e->step.fence_us = vtime_floor_us(vtime_add(limit, node->epoch));
    e->step.cancel = &e->interrupted;
    serve_cards(e, vtime(limit.ns - NS_PER_US));
    all_hosts_step(e->hosts, &e->step, on_step_done, e);
}

/* Steps the nodes from a whole µs to the time t, one node after the other. An idle node has
 * nothing to execute. False when all nodes stand there. */
static bool step_to_time(Engine *e, VTime t)
{
    while (e->step_index < e->members->len) {
        Member *m = e->members->pdata[e->step_index++];

        rest_settle(m->node);
        if (!node_is_live(m->node) || !m->node->icount.enabled || m->node->clock.idle ||
            node_ensemble_time(m->node).ns >= t.ns)
            continue;
        e->step.by_icount = false;
        e->step.time = vtime_add(t, m->node->epoch);
        start_step(e, m->node, engine_next_barrier(e));
        return true;
    }
    return false;
}

static void plan_time(Engine *e, VTime t)
{
    VTime micro = vtime(vtime_floor_us(t) * NS_PER_US);

    if (engine_barrier_at(e, t).ns > e->now.ns) {
        engine_start_quanta(e, engine_barrier_at(e, t));
    } else if (micro.ns > e->now.ns) {
        engine_start_segment(e, NULL, micro, 1, false);
    } else if (t.ns > e->now.ns && step_to_time(e, t)) {
        return;
    } else {
        if (t.ns > e->now.ns)
            e->now = t;
        end_run(e, e->goal.node ? RUN_TIME_UP : RUN_REACHED, NULL);
    }
}

/* The earliest time at which the node can have executed `rest` instructions: one instruction
 * takes at least 2^shift ns. So this time is never too late. */
static VTime earliest_time(const Node *node, int64_t rest)
{
    int64_t ns;

    if (__builtin_mul_overflow(rest, INT64_C(1) << node->icount.shift, &ns) ||
        __builtin_add_overflow(ns, node_ensemble_time(node).ns, &ns) || ns > RUN_FOR_EVER)
        ns = RUN_FOR_EVER;
    return vtime(ns);
}

VTime engine_barrier_before(const Engine *e, Node *node, Insns insns)
{
    rest_settle(node);
    return engine_barrier_at(e, earliest_time(node, insns.n - node->clock.icount.n));
}

static void plan_insns(Engine *e, Node *node, Insns target)
{
    int64_t rest;
    VTime earliest;

    rest_settle(node);
    rest = target.n - node->clock.icount.n;
    earliest = earliest_time(node, rest);
    if (rest <= 0) {
        end_run(e, RUN_REACHED, NULL);
    } else if (e->now.ns >= e->goal.time.ns ||
               (e->goal.alone && engine_barrier_at(e, earliest).ns > e->now.ns)) {
        end_run(e, RUN_TIME_UP, NULL);
    } else if (earliest.ns > e->goal.time.ns) {
        plan_time(e, e->goal.time);
    } else if (engine_barrier_at(e, earliest).ns > e->now.ns) {
        engine_start_quanta(e, engine_barrier_at(e, earliest));
    } else if (vtime_floor_us(earliest) > vtime_floor_us(node_ensemble_time(node))) {
        engine_start_segment(e, node, vtime(vtime_floor_us(earliest) * NS_PER_US), 1, false);
    } else {
        e->step.by_icount = true;
        e->step.icount = target;
        start_step(e, node, engine_next_barrier(e));
    }
}

/* Plans the single steps that the user asked for. The other nodes are brought to each boundary
 * before this node goes beyond it. */
static void plan_steps(Engine *e, Node *node)
{
    VTime limit = engine_next_barrier(e);

    rest_settle(node);
    if (e->goal.insns.n <= node->clock.icount.n) {
        end_run(e, RUN_REACHED, NULL);
    } else if (e->asleep) {
        end_run(e, RUN_ASLEEP, NULL);
    } else if (atomic_load(&e->interrupted)) {
        end_run(e, RUN_STOPPED, NULL);
    } else if (e->now.ns >= e->goal.time.ns) {
        end_run(e, RUN_TIME_UP, NULL);
    } else if (vtime_floor_us(node_ensemble_time(node)) >= vtime_floor_us(limit)) {
        engine_start_segment(e, NULL, limit, 1, true);
    } else {
        e->step.by_icount = true;
        e->step.icount = e->goal.insns;
        start_step(e, node, limit);
    }
}

/* A node that stands before a memory access, while the break is to be behind the access. */
static Node *pending_access(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++) {
        Node *n = ((const Member *)e->members->pdata[i])->node;

        if (node_is_live(n) && debug_access_pending(n))
            return n;
    }
    return NULL;
}

/* Steps the pending access. If the hit has moved the node's clock up to a boundary, the others
 * are first brought there, as for other steps. */
static void plan_access(Engine *e, Node *node)
{
    VTime limit = engine_next_barrier(e);

    if (vtime_floor_us(node_ensemble_time(node)) >= vtime_floor_us(limit)) {
        engine_start_segment(e, NULL, limit, 1, true);
    } else {
        e->step.by_icount = true;
        e->step.icount = (Insns){node->clock.icount.n + 1};
        start_step(e, node, limit);
    }
}

static void plan_broke(Engine *e)
{
    Node *pending = pending_access(e);

    if (pending)
        plan_access(e, pending);
    else
        end_run(e, RUN_BROKE, NULL);
}

/* Whether the node stands more than beyond_ns past the ensemble's time. A clock that follows the
 * host's (sleep=on, no icount) is past every boundary and has no better place, so it does not
 * count. */
static bool is_ahead(const Engine *e, const Node *n, int64_t beyond_ns)
{
    if (!node_is_live(n))
        return false;
    if (n->remote && n->remote->driven.ns > e->now.ns)
        return true;
    return n->icount.enabled && !n->icount.sleep_on &&
           node_ensemble_time(n).ns > e->now.ns + beyond_ns;
}

/* Whether the nodes stand where all can stand together. A stop that was not planned may have
 * warped idle nodes ahead, up to the next boundary, and other hosts may have run their grants to
 * the end. The place for all is then the next barrier. */
static bool stands_together(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++)
        if (is_ahead(e, ((const Member *)e->members->pdata[i])->node, NS_PER_US))
            return false;
    return true;
}

bool engine_stands_together(const Engine *e)
{
    if (e->running || e->broke)
        return false;
    for (unsigned i = 0; i < e->members->len; i++) {
        const Node *n = ((const Member *)e->members->pdata[i])->node;

        if (is_ahead(e, n, node_slack_ns(n)))
            return false;
    }
    return true;
}

static void gather(Engine *e)
{
    atomic_store(&e->interrupted, false);
    engine_start_segment(e, NULL, engine_next_barrier(e), 1, true);
}

static void plan_stop(Engine *e)
{
    e->stopping = true; /* an interrupt from before the first segment, too, outlives gather() */
    if (stands_together(e))
        end_run(e, RUN_STOPPED, NULL);
    else
        gather(e);
}

static const Member *failed_member(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++) {
        const Member *m = e->members->pdata[i];

        if (m->node->state == NODE_FAILED)
            return m;
    }
    return NULL;
}

static bool exited(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++) {
        const Member *m = e->members->pdata[i];
        bool ends = e->goal.exits == m->node ||
                    (e->goal.stop_on_exit && m->node->options->on_exit == ON_EXIT_STOP);

        if (ends && node_state_has_left(m->node->state) && !m->had_left)
            return true;
    }
    return false;
}

static unsigned live_members(const Engine *e)
{
    unsigned live = 0;

    for (unsigned i = 0; i < e->members->len; i++)
        live += node_is_live(((const Member *)e->members->pdata[i])->node);
    return live;
}

static bool spans_hosts(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++)
        if (((const Member *)e->members->pdata[i])->node->remote)
            return true;
    return false;
}

/* Holds the other nodes where they are. Hosts that have run their grants to the end are an
 * exception: the others are first brought to the same barrier. */
static void plan_failure(Engine *e, const Member *failed)
{
    if (spans_hosts(e) && live_members(e) > 0 && !stands_together(e))
        gather(e);
    else
        end_run(e, RUN_FAILED, failed->node->failure);
}

/* The others are brought to their barrier first. */
static void plan_bad_exit(Engine *e, const Node *n)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *time = units_format_seconds(node_ensemble_time(n));
    g_autofree char *status =
        n->exit_status >= 0 ? g_strdup_printf(" with status %d", n->exit_status) : g_strdup("");

    if (live_members(e) > 0 && !stands_together(e)) {
        gather(e);
        return;
    }
    g_set_error(&error, NODE_ERROR, NODE_ERROR_STATE, "node %s %s%s at %s, and has on-exit=fail",
                n->name, node_left_text(n->state, n->exit_status), status, time);
    end_run(e, RUN_FAILED, error);
}

/* Whether the function that runs between two quanta (RunGoal.at_rest) wants the run to end. */
static bool looks_at_rest(const Engine *e)
{
    if (!e->goal.at_rest)
        return false;
    engine_settle_clocks(e);
    return e->goal.at_rest(e->goal.at_rest_data);
}

void engine_plan(Engine *e)
{
    const Member *failed = failed_member(e);
    const Node *bad = left_badly(e);

    if (failed)
        plan_failure(e, failed);
    else if (bad && !e->broke)
        plan_bad_exit(e, bad);
    else if (e->broke)
        plan_broke(e);
    else if (exited(e) && (stands_together(e) || live_members(e) == 0))
        end_run(e, RUN_EXITED, NULL);
    else if (live_members(e) == 0 || (e->goal.node && !node_is_live(e->goal.node)))
        end_run(e, RUN_EMPTY, NULL);
    else if (e->segment_done && looks_at_rest(e))
        end_run(e, RUN_STOPPED, NULL);
    else if (e->goal.node && e->goal.step)
        plan_steps(e, e->goal.node);
    else if (e->stopping || atomic_load(&e->interrupted))
        plan_stop(e);
    else if (e->goal.node)
        plan_insns(e, e->goal.node, e->goal.insns);
    else
        plan_time(e, e->goal.time);
}

static gboolean plan_idle(gpointer data)
{
    engine_plan(data);
    return G_SOURCE_REMOVE;
}

void engine_run(Engine *e, const RunGoal *goal, EngineDoneFunc done, void *data)
{
    g_assert(!e->running);
    e->running = true;
    if (e->rest_func)
        e->rest_func(false, e->rest_data);
    e->goal = *goal;
    e->done = done;
    e->done_data = data;
    e->stopping = e->broke = e->asleep = e->segment_done = false;
    e->step_index = 0;
    e->pace_from = e->now;
    e->pace_host = htime_now();
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];

        m->had_left = node_state_has_left(m->node->state);
    }
    e->segment.n_participants = 0;
    atomic_store(&e->interrupted, false);
    atomic_store(&e->hurry, false);
    g_idle_add(plan_idle, e);
}

void engine_interrupt(Engine *e)
{
    atomic_store(&e->interrupted, true);
    atomic_store(&e->segment.stop, true);
}

void engine_hurry(Engine *e)
{
    atomic_store(&e->hurry, true);
    engine_interrupt(e);
}

bool engine_hurried(const Engine *e)
{
    return atomic_load(&e->hurry);
}

void engine_on_rest(Engine *e, void (*func)(bool at_rest, void *data), void *data)
{
    e->rest_func = func;
    e->rest_data = data;
}

VTime engine_goal(const Engine *e)
{
    return e->goal.time;
}
