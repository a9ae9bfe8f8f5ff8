/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trail-plan.c: leads a run from item to item of the branch's future. */
#include "controller/engine/rest.h"
#include "controller/run/prepare.h"
#include "controller/run/trail-private.h"

/* Gives what is due here. */
static bool give(Session *s, TrailItem *item, GError **error)
{
    Trail *t = s->trail;
    bool ok = true;

    t->giving = true;
    if (item->kind == TRAIL_INPUT)
        ok = trail_give_input(s, item, error) &&
             (item->entry->kind != JOURNAL_COMMAND || run_prepare(s, error));
    else if (item->kind == TRAIL_SAVE)
        ok = t->hooks->pass_save(s, item->save, error) && run_prepare(s, error);
    else if (item->kind == TRAIL_BRAKES)
        trail_pass_brakes(t, item);
    t->giving = false;
    t->cursor += ok;
    return ok;
}

/* --- the next piece --- */

static TrailMove towards_steps(Trail *t, TrailItem *item, RunGoal *goal)
{
    const JournalEntry *e = item->entry;
    Insns end = {e->insns.n + (int64_t)e->count};

    if (goal->node == item->node && !goal->step)
        end.n = MIN(end.n, goal->insns.n);
    t->way = item;
    *goal = (RunGoal){.time = goal->time,
                      .node = (Node *)item->node,
                      .insns = end,
                      .step = true,
                      .vcpu = e->unit,
                      .manner = e->masked ? STEP_MASKED : STEP_LIVE};
    return TRAIL_WAY;
}

/* Whether the run ends before the item's place. A goal at the place itself is reached first: what
 * comes from outside comes behind it. */
static bool ends_before(const RunGoal *goal, const TrailItem *item)
{
    if (item->kind == TRAIL_RUN) /* its goal is limited to that of the run */
        return goal->time.ns <= item->from.ns && !goal->node;
    if (goal->node && goal->node == item->node && item->kind == TRAIL_HIT)
        return goal->insns.n < item->hit.n;
    if (goal->node && goal->node == item->node && item->alone)
        return goal->insns.n <= item->insns.n;
    return goal->time.ns <= item->from.ns && (!goal->node || goal->time.ns < item->from.ns);
}

/* Whether the node may have executed so many instructions before the next barrier. */
static bool is_near(const Session *s, Node *n, Insns insns)
{
    return node_is_live(n) &&
           engine_barrier_before(s->engine, n, insns).ns <= engine_now(s->engine).ns;
}

/* Whether the run's own node comes to its count without what is next, and may do so before the others come to
 * the next barrier: they wait. */
static bool goes_first(const Session *s, const RunGoal *goal)
{
    const Trail *t = s->trail;

    for (unsigned i = t->cursor; i < trail_place_end(t); i++) {
        const TrailItem *item = t->items->pdata[i];

        if (item->node == goal->node && !ends_before(goal, item))
            return false;
    }
    return goal->node && !goal->step && is_near(s, goal->node, goal->insns);
}

static TrailMove go_alone(Trail *t, RunGoal *goal)
{
    t->way = NULL;
    goal->alone = true;
    return TRAIL_WAY;
}

/* The same way as then, since it stops several times. */
static TrailMove towards_end(const Session *s, TrailItem *item, RunGoal *goal)
{
    Node *n = (Node *)item->node, *other = goal->step || goal->node == n ? NULL : goal->node;
    bool waits = goes_first(s, goal);
    RunGoal way = {.time = vtime(MIN(goal->time.ns, item->until.ns)),
                   .node = n,
                   .insns = item->insns,
                   .alone = waits};

    g_assert(n);
    if (waits && !is_near(s, n, item->insns))
        return go_alone(s->trail, goal);
    if (other && !waits && node_is_live(other))
        way.time = vtime(MIN(way.time.ns, engine_barrier_before(s->engine, other, goal->insns).ns));
    if (goal->node == n && !goal->step)
        way.insns.n = MIN(way.insns.n, goal->insns.n);
    s->trail->way = item;
    *goal = way;
    return TRAIL_WAY;
}

static TrailMove towards_hits(Session *s, TrailItem *item, RunGoal *goal, GError **error)
{
    s->trail->way = item;
    return trail_towards_hits(s, goal, error) ? TRAIL_WAY : TRAIL_FREE;
}

static TrailMove towards_place(Trail *t, TrailItem *item, RunGoal *goal)
{
    t->way = item;
    *goal = (RunGoal){.time = goal->time, .node = (Node *)item->node, .insns = item->insns};
    return TRAIL_WAY;
}

/* Whether the ensemble stands where the way to the item begins. Else the run pauses in front of it, or
 * the node goes there alone. */
static bool stands_at(Session *s, TrailItem *item, RunGoal *goal, TrailMove *move)
{
    Node *n = (Node *)item->node;
    /* Without the hits that brought it there the node goes with the others as far as it can. */
    VTime first = item->alone && item->kind != TRAIL_HIT && s->trail->skip_hits
                      ? vtime(vtime_floor_us(item->from) * NS_PER_US)
                      : item->time;

    *move = TRAIL_FREE;
    if (engine_now(s->engine).ns < first.ns) {
        goal->time = vtime(MIN(goal->time.ns, first.ns));
        return false;
    }
    if (!item->alone || !node_is_live(n))
        return true;
    rest_settle(n);
    if (n->clock.icount.n >= item->insns.n)
        return true;
    *move = towards_place(s->trail, item, goal);
    return false;
}

/* The run's own saves. */
static bool save_here(Session *s, RunGoal *goal, GError **error)
{
    const Trail *t = s->trail;
    VTime at = t->hooks->next_save(s);

    if (at.ns == RUN_FOR_EVER || trail_replays(s))
        return true;
    if (at.ns <= engine_now(s->engine).ns && engine_stands_together(s->engine)) {
        if (!t->hooks->make_save(s, error) || !run_prepare(s, error))
            return false;
        at = t->hooks->next_save(s);
    }
    if (at.ns > engine_now(s->engine).ns)
        goal->time = vtime(MIN(goal->time.ns, at.ns));
    return true;
}

/* Whether the ensemble stands where the way to the item begins: all hits of a group have one. */
static bool stands_at_all(Session *s, RunGoal *goal, TrailMove *move)
{
    const Trail *t = s->trail;

    for (unsigned i = t->cursor; i < trail_place_end(t); i++)
        if (!stands_at(s, t->items->pdata[i], goal, move))
            return false;
    return true;
}

bool trail_plan(Session *s, RunGoal *goal, TrailMove *move, GError **error)
{
    Trail *t = s->trail;
    TrailItem *item;

    *move = TRAIL_FREE;
    if (!t)
        return true;
    t->again = false;
    while ((item = trail_next(t)) != NULL && t->cursor < t->limit) {
        if (ends_before(goal, item))
            return true;
        if (item->kind == TRAIL_HIT && t->skip_hits) {
            t->cursor++;
            continue;
        }
        if (!stands_at_all(s, goal, move))
            return true;
        if (item->kind == TRAIL_HIT && goes_first(s, goal)) {
            *move = go_alone(t, goal);
            return true;
        }
        if (item->kind == TRAIL_HIT) {
            *move = towards_hits(s, item, goal, error);
            return *move == TRAIL_WAY;
        }
        if (item->kind == TRAIL_RUN) {
            *move = towards_end(s, item, goal);
            return true;
        }
        if (trail_is_steps(item)) {
            *move = towards_steps(t, item, goal);
            return true;
        }
        if (!give(s, item, error))
            return false;
    }
    return save_here(s, goal, error);
}

static bool arrived_behind_steps(Session *s, const TrailItem *item)
{
    Node *n = (Node *)item->node;
    const JournalEntry *e = item->entry;
    JournalEntry made = *e;

    rest_settle(n);
    made.count = (uint64_t)MAX(n->clock.icount.n - e->insns.n, 0);
    if (made.count < e->count)
        return true;
    s->trail->giving = true;
    journal_add(s, n, &made);
    s->trail->giving = false;
    s->trail->cursor++;
    return true;
}

/* Whether a run of the branch ended where it is now. */
static bool is_over(const Session *s, const TrailItem *item, RunEnd end)
{
    return end == RUN_REACHED ? item->node->clock.icount.n >= item->insns.n
                              : end == RUN_TIME_UP && engine_now(s->engine).ns >= item->until.ns;
}

bool trail_arrived(Session *s, RunEnd end, bool *hit, GError **error)
{
    TrailItem *item = s->trail->way;

    *hit = false;
    s->trail->way = NULL;
    if (!item)
        return true;
    if (item->kind == TRAIL_HIT && s->trail->again)
        return trail_arrived_at_hits(s, hit, error);
    if (item->kind == TRAIL_RUN)
        s->trail->cursor += is_over(s, item, end);
    if (trail_is_steps(item) && end != RUN_FAILED &&
        item->node->clock.icount.n > item->entry->insns.n)
        return arrived_behind_steps(s, item);
    return true;
}
