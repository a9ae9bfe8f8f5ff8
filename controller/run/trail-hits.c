/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trail-hits.c: hits of points, which move the clocks of their nodes, up to the next brake. The hits of one
 * piece are a group: on the way to them all their points are set.
 */
#include "controller/base/units.h"
#include "controller/engine/rest.h"
#include "controller/qemu/debug.h"
#include "controller/run/trail-private.h"
#include "controller/session/session-error.h"

#include <inttypes.h>

void trail_note_start(Session *s)
{
    if (!s->trail)
        return;
    trail_set_brakes(s);
    s->trail->started = engine_now(s->engine);
    g_array_set_size(s->trail->starts, 0);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];
        TrailStart start = {.node = n};

        if (!node_is_live(n) || !debug_armed(n) || !n->icount.enabled || n->icount.sleep_on)
            continue;
        rest_settle(n);
        start.insns = n->clock.icount;
        start.at = node_ensemble_time(n);
        start.alone = trail_is_alone(s, n);
        start.at_hit = debug_hit(n) != NULL;
        if (start.at_hit && debug_hit(n)->stop.has_thread)
            start.stood = debug_hit(n)->stop.thread;
        g_array_append_val(s->trail->starts, start);
    }
}

static TrailStart *start_of(const Trail *t, const Node *n)
{
    for (unsigned i = 0; i < t->starts->len; i++)
        if (g_array_index(t->starts, TrailStart, i).node == n)
            return &g_array_index(t->starts, TrailStart, i);
    return NULL;
}

/* --- a hit is noted --- */

/* The hit's way began where the piece did, or at the last barrier before the place to which the clock
 * skipped. */
static TrailItem *hit_item(const Session *s, const Node *n, const TrailStart *start)
{
    const DebugHit *hit = debug_hit(n);
    TrailItem *item = g_new0(TrailItem, 1);
    VTime after = node_ensemble_time(n);
    /* Behind the skip, an access that was pending has been stepped. */
    VTime skipped = vtime(after.ns - (hit->finished ? node_granule_ns(n) : 0));
    VTime barrier = engine_barrier_at(s->engine, vtime(skipped.ns - 1));

    item->kind = TRAIL_HIT;
    item->group = s->trail->group;
    item->node = n;
    item->time = barrier;
    item->from = vtime(MAX(skipped.ns - hit->skip.ns, barrier.ns));
    if (start->at.ns > barrier.ns + trail_slack_ns(n) || start->alone) {
        item->alone = true;
        item->insns = start->insns;
        item->time = s->trail->started;
    }
    if (item->alone || start->at.ns >= item->time.ns)
        item->stood = start->stood;
    item->hit = n->clock.icount;
    item->after = after;
    item->way = engine_broken_way(s->engine);
    item->watched = hit->n_watched > 0;
    item->behind = hit->finished;
    item->type = item->watched ? GDB_POINT_WRITE + (hit->watched[0].watch - GDB_WATCH_WRITE)
                               : GDB_POINT_HARDWARE;
    item->address = item->watched ? hit->watched[0].address : hit->pc;
    return item;
}

static gint compare_from(gconstpointer a, gconstpointer b)
{
    const TrailItem *x = *(TrailItem *const *)a, *y = *(TrailItem *const *)b;

    return x->from.ns < y->from.ns ? -1 : x->from.ns > y->from.ns;
}

/* The ways to the hits of a piece begin at one time: that of the first. */
static void share_time(const GPtrArray *items)
{
    VTime first = vtime(RUN_FOR_EVER);

    for (unsigned i = 0; i < items->len; i++)
        first = vtime(MIN(first.ns, ((const TrailItem *)items->pdata[i])->time.ns));
    for (unsigned i = 0; i < items->len; i++)
        ((TrailItem *)items->pdata[i])->time = first;
}

void trail_note_hits(Session *s)
{
    Trail *t = s->trail;
    g_autoptr(GPtrArray) items = NULL;

    if (!t)
        return;
    items = g_ptr_array_new();
    if (!t->again)
        t->group++;
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        const DebugHit *hit = debug_hit(n);
        const TrailStart *start = hit ? start_of(t, n) : NULL;

        /* In front of an access, without one instruction, a hit moves the clock as well. */
        if (start && hit->skip.ns > 0 && (n->clock.icount.n > start->insns.n || !start->at_hit))
            g_ptr_array_add(items, hit_item(s, n, start));
    }
    if (items->len == 0)
        return;
    g_ptr_array_sort(items, compare_from);
    share_time(items);
    trail_add(s, (TrailItem *const *)items->pdata, items->len);
}

/* --- and comes again --- */

static bool set_point(TrailItem *item, GError **error)
{
    Node *n = (Node *)item->node;
    GdbPoint type = (GdbPoint)item->type;

    if (!node_is_live(n))
        return true;
    rest_settle(n);
    if (!(item->behind ? debug_add_access(n, type, item->address, 1, error)
                       : debug_add_point(n, type, item->address, item->watched ? 1 : 4, error)))
        return false;
    item->set = true;
    return n->clock.icount.n >= item->hit.n ||
           debug_note_hit(n, item->stood.tid > 0 ? &item->stood : NULL, error);
}

static void remove_point(TrailItem *item)
{
    Node *n = (Node *)item->node;
    GdbPoint type = (GdbPoint)item->type;

    if (item->behind)
        debug_remove_access(n, type, item->address, 1, NULL);
    else
        debug_remove_point(n, type, item->address, item->watched ? 1 : 4, NULL);
    item->set = false;
}

/* Where the clock has skipped to a barrier, the others may be granted the quantum behind it before the node
 * says that it was hit. And they may stand where the quanta behind have warped them. */
static VTime farthest(const Session *s, VTime after)
{
    return vtime(engine_barrier_at(s->engine, after).ns + 2 * engine_quantum(s->engine).ns);
}

bool trail_towards_hits(Session *s, RunGoal *goal, GError **error)
{
    Trail *t = s->trail;
    const TrailItem *first = trail_next(t);
    VTime until = vtime(0);

    for (unsigned i = t->cursor; i < trail_place_end(t); i++) {
        TrailItem *item = t->items->pdata[i];

        until = vtime(MAX(until.ns, item->after.ns));
        if (!set_point(item, error))
            return false;
    }
    t->group = first->group;
    t->again = true;
    goal->time = vtime(MIN(first->way.time.ns, farthest(s, until).ns));
    goal->node = first->way.node;
    goal->insns = first->way.insns;
    goal->step = false;
    goal->at_rest = NULL;
    return true;
}

static bool differs(const TrailItem *item, GError **error)
{
    const Node *n = item->node;
    g_autofree char *here = units_format_seconds(node_ensemble_time(n));
    g_autofree char *there = units_format_seconds(item->after);

    g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED,
                "the run has not repeated itself: a point stopped node %s behind %" PRId64
                " instructions at %s, where it stands behind %" PRId64 " at %s now",
                n->name, item->hit.n, there, n->clock.icount.n, here);
    return false;
}

/* Whether a point that was not there then has stopped the node on its way to the hit: the clock has moved
 * there, which is new. */
static bool is_new_hit(const Node *n, const TrailItem *item)
{
    const DebugHit *hit = debug_hit(n);

    return hit && n->clock.icount.n < item->hit.n &&
           (item->watched || hit->n_watched > 0 || hit->pc != item->address);
}

/* Whether the node stands at the hit. False with an error: it can't come there any more. */
static bool has_come(const Session *s, const TrailItem *item, GError **error)
{
    Node *n = (Node *)item->node;

    if (!node_is_live(n))
        return false;
    rest_settle(n);
    if (n->clock.icount.n == item->hit.n && node_ensemble_time(n).ns == item->after.ns)
        return true;
    if (!is_new_hit(n, item) &&
        (n->clock.icount.n >= item->hit.n || node_ensemble_time(n).ns >= item->after.ns ||
         engine_now(s->engine).ns >= item->way.time.ns))
        differs(item, error);
    return false;
}

/* What has come is past, and in front of what has not. */
static void pass_hit(Trail *t, unsigned index)
{
    TrailItem *item = t->items->pdata[index];
    TrailStart *start = start_of(t, item->node);

    memmove(t->items->pdata + t->cursor + 1, t->items->pdata + t->cursor,
            (index - t->cursor) * sizeof(gpointer));
    t->items->pdata[t->cursor++] = item;
    if (start)
        g_array_remove_index_fast(t->starts,
                                  (guint)(start - (TrailStart *)(void *)t->starts->data));
}

bool trail_arrived_at_hits(Session *s, bool *hit, GError **error)
{
    Trail *t = s->trail;
    GError *why = NULL;

    for (unsigned i = t->cursor, end = trail_place_end(t); i < end; i++) {
        TrailItem *item = t->items->pdata[i];

        if (!item->set)
            continue;
        remove_point(item);
        if (has_come(s, item, why ? NULL : &why)) {
            pass_hit(t, i);
            *hit = true;
        }
    }
    if (why)
        g_propagate_error(error, why);
    return !why;
}
