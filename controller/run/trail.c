/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trail.c: a list of items in the order of their places, and a cursor: items in front of it are
 * past, the others are the branch's future, which is given again.
 */
#include "controller/base/units.h"
#include "controller/engine/rest.h"
#include "controller/fabric/fabric.h"
#include "controller/run/breaks.h"
#include "controller/run/trail-private.h"
#include "controller/session/output.h"

#include <inttypes.h>
#include <string.h>

static void item_free(void *data)
{
    TrailItem *item = data;

    journal_entry_free(item->entry);
    g_free(item);
}

static bool on_entry(Session *s, Node *n, const JournalEntry *e);

void trail_begin(Session *s, const TrailHooks *hooks)
{
    Trail *t;

    trail_free(s);
    t = g_new0(Trail, 1);
    t->hooks = hooks;
    t->items = g_ptr_array_new_with_free_func(item_free);
    t->brakes = g_array_new(FALSE, FALSE, sizeof(TrailBrakes));
    t->starts = g_array_new(FALSE, FALSE, sizeof(TrailStart));
    t->limit = TRAIL_NO_LIMIT;
    s->trail = t;
    s->on_entry = on_entry;
}

void trail_free(Session *s)
{
    Trail *t = s->trail;

    if (!t)
        return;
    g_ptr_array_unref(t->items);
    g_array_unref(t->starts);
    g_array_unref(t->brakes);
    g_free(t);
    s->trail = NULL;
    s->on_entry = NULL;
}

unsigned trail_count(const Session *s)
{
    return s->trail ? s->trail->items->len : 0;
}

unsigned trail_cursor(const Session *s)
{
    return s->trail ? s->trail->cursor : 0;
}

const TrailItem *trail_item(const Session *s, unsigned index)
{
    return s->trail->items->pdata[index];
}

bool trail_replays(const Session *s)
{
    return s->trail && (trail_next(s->trail) || engine_now(s->engine).ns < s->trail->front.ns);
}

bool trail_is_astray(const Session *s)
{
    return s->trail && s->trail->astray;
}

void trail_skip_hits(Session *s, bool skip)
{
    s->trail->skip_hits = skip;
}

void trail_limit(Session *s, unsigned items)
{
    s->trail->limit = items;
}

void trail_put_back(Session *s, unsigned cursor)
{
    s->trail->cursor = MIN(cursor, s->trail->items->len);
    s->trail->way = NULL;
    s->trail->astray = false;
    g_array_set_size(s->trail->starts, 0);
    g_array_set_size(s->trail->brakes, 0);
    for (unsigned i = 0; i < s->trail->cursor; i++)
        if (trail_item(s, i)->kind == TRAIL_BRAKES)
            trail_pass_brakes(s->trail, trail_item(s, i));
}

/* Steps of which a part was given again end where the node stands. */
static void keep_steps(Session *s, const TrailItem *item)
{
    Trail *t = s->trail;
    JournalEntry *e = item->entry;
    int64_t made;

    if (!e || e->kind != JOURNAL_STEPS)
        return;
    made = item->node->clock.icount.n - e->insns.n;
    if (made <= 0 || made >= (int64_t)e->count)
        return;
    e->count = (uint64_t)made;
    t->cursor++;
    t->giving = true;
    journal_add(s, (Node *)item->node, e);
    t->giving = false;
}

void trail_cut(Session *s)
{
    Trail *t = s->trail;

    if (t) {
        t->front = s->captured_until = engine_now(s->engine);
        fabric_cut_gateways(s->fabric, t->front);
    }
    if (!t || !trail_next(t))
        return;
    keep_steps(s, trail_next(t));
    for (unsigned i = t->items->len; i-- > t->cursor;) {
        const TrailItem *item = t->items->pdata[i];

        if (item->kind == TRAIL_SAVE)
            t->hooks->drop_save(s, item->save);
        g_ptr_array_remove_index(t->items, i);
    }
}

/* What came from outside, of what is not past. */
static unsigned count_inputs(const Trail *t)
{
    unsigned n = 0;

    for (unsigned i = t->cursor; i < t->items->len; i++)
        n += ((const TrailItem *)t->items->pdata[i])->kind == TRAIL_INPUT;
    return n;
}

/* Says once that what was to be given again is not. */
static void begin_branch(Session *s)
{
    unsigned left = count_inputs(s->trail);
    g_autofree char *now = units_format_seconds(engine_now(s->engine));
    g_autofree char *virtual_ns = g_strdup_printf("%" PRId64, engine_now(s->engine).ns);
    g_autofree char *count = g_strdup_printf("%u", left);
    const char *const members[] = {"virtual_ns", virtual_ns, "dropped", count, NULL};

    trail_cut(s);
    session_event(s, "branch", members);
    if (s->answer || s->options.json)
        return;
    if (left == 0)
        session_print(s, "a new branch begins at %s\n", now);
    else
        session_print(s,
                      "a new branch begins at %s: what came from outside behind that (%u) is not "
                      "given again\n",
                      now, left);
}

/* Where the place of which items[end - 1] is begins: hits of one piece are of one. */
static unsigned place_begin(const Trail *t, unsigned end)
{
    const TrailItem *last = t->items->pdata[end - 1];
    unsigned begin = end - 1;

    while (last->group > 0 && begin > 0 &&
           ((const TrailItem *)t->items->pdata[begin - 1])->group == last->group)
        begin--;
    return begin;
}

unsigned trail_place_end(const Trail *t)
{
    unsigned end = t->cursor + 1, group = trail_next(t)->group;

    while (group > 0 && end < t->items->len &&
           ((const TrailItem *)t->items->pdata[end])->group == group)
        end++;
    return end;
}

static bool is_command(const JournalEntry *e, const char *name)
{
    return e && e->kind == JOURNAL_COMMAND && e->words[0] && strcmp(e->words[0], name) == 0;
}

/* Whether new items come in front of the older ones: these are of a later time, and of other nodes. */
static bool comes_before(const Trail *t, unsigned begin, unsigned end, TrailItem *const *items,
                         unsigned n)
{
    const TrailItem *first = t->items->pdata[begin];

    if (first->from.ns <= items[0]->from.ns ||
        (items[0]->group > 0 && first->group == items[0]->group))
        return false;
    for (unsigned i = begin; i < end; i++) {
        const TrailItem *before = t->items->pdata[i];

        /* The way to a hit has the quantum of then. */
        if (before->kind == TRAIL_SAVE ||
            (before->kind == TRAIL_HIT && is_command(items[0]->entry, "quantum")))
            return false;
        for (unsigned k = 0; k < n; k++)
            if (items[k]->node && items[k]->node == before->node)
                return false;
    }
    return true;
}

void trail_add(Session *s, TrailItem *const *items, unsigned n)
{
    Trail *t = s->trail;
    unsigned at;

    if (trail_replays(s))
        begin_branch(s);
    t->front = vtime(MAX(t->front.ns, engine_now(s->engine).ns));
    at = t->items->len;
    while (at > 0 && items[0]->kind != TRAIL_SAVE) {
        unsigned begin = place_begin(t, at);

        if (!comes_before(t, begin, at, items, n))
            break;
        at = begin;
    }
    for (unsigned i = 0; i < n; i++)
        g_ptr_array_insert(t->items, (int)(at + i), items[i]);
    t->cursor = t->items->len;
}

static void add(Session *s, TrailItem *item)
{
    trail_add(s, &item, 1);
}

/* An idle node stands a little behind its stops, a busy one less than an instruction. */
int64_t trail_slack_ns(const Node *n)
{
    return n->clock.idle ? node_slack_ns(n) : node_granule_ns(n) - 1;
}

/* Whether the node has gone ahead of the others. */
bool trail_is_alone(const Session *s, const Node *n)
{
    return node_is_live(n) && n->icount.enabled &&
           node_ensemble_time(n).ns > engine_now(s->engine).ns + trail_slack_ns(n);
}

/* The node's place, now; NULL: the ensemble's. */
TrailItem *trail_item_here(const Session *s, int kind, Node *n)
{
    TrailItem *item = g_new0(TrailItem, 1);
    VTime now = engine_now(s->engine);

    item->kind = (typeof(item->kind))kind;
    item->time = item->from = now;
    item->node = n;
    if (!n || !node_is_live(n) || engine_running(s->engine))
        return item;
    rest_settle(n);
    item->insns = n->clock.icount;
    item->alone = trail_is_alone(s, n);
    if (item->alone)
        item->from = node_ensemble_time(n);
    return item;
}

static TrailItem *item_of_steps(const Session *s, Node *n, const JournalEntry *e)
{
    TrailItem *item = trail_item_here(s, TRAIL_INPUT, n);
    int64_t before = node_ensemble_time(n).ns - ((int64_t)e->count << n->icount.shift);

    item->time = e->time;
    item->insns = e->insns;
    item->alone = true;
    item->from = vtime(MAX(before, e->time.ns));
    return item;
}

/* Steps that follow each other are one item. */
static bool join_steps(const Trail *t, const Node *n, const JournalEntry *e)
{
    const TrailItem *last = t->items->len > 0 ? t->items->pdata[t->items->len - 1] : NULL;
    JournalEntry *other = last ? last->entry : NULL;

    if (t->cursor < t->items->len || !other || other->kind != JOURNAL_STEPS || last->node != n ||
        other->unit != e->unit || other->masked != e->masked ||
        other->insns.n + (int64_t)other->count != e->insns.n)
        return false;
    other->count += e->count;
    return true;
}

static bool on_entry(Session *s, Node *n, const JournalEntry *e)
{
    TrailItem *item;

    if (s->trail->giving || is_command(e, "save"))
        return true; /* given again, or trail_add_save() comes */
    if (e->kind == JOURNAL_STEPS && s->trail->steps_run)
        return false;
    if (e->kind == JOURNAL_STEPS && join_steps(s->trail, n, e))
        return true;
    item = e->kind == JOURNAL_STEPS     ? item_of_steps(s, n, e)
           : e->kind == JOURNAL_COMMAND ? trail_item_here(s, TRAIL_INPUT, NULL)
                                        : trail_item_here(s, TRAIL_INPUT, n);
    item->entry = journal_entry_copy(e);
    add(s, item);
    return true;
}

void trail_add_save(Session *s, void *save)
{
    TrailItem *item;

    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        if (node_is_live(n))
            rest_settle(n);
        if (trail_is_alone(s, n))
            add(s, trail_item_here(s, TRAIL_PLACE, n));
    }
    item = trail_item_here(s, TRAIL_SAVE, NULL);
    item->save = save;
    add(s, item);
}

/* --- stops --- */

/* Whether the branch's own run has stopped here as well: at the item that is next, or at the last
 * one. */
static bool stood_here(const Session *s, const RunGoal *goal)
{
    const Trail *t = s->trail;
    const TrailItem *next = trail_next(t);
    const TrailItem *last = t->cursor > 0 ? t->items->pdata[t->cursor - 1] : NULL;
    VTime now = engine_now(s->engine);

    if (goal->node)
        return (last && last->node == goal->node &&
                ((last->kind == TRAIL_RUN && last->insns.n == goal->insns.n) ||
                 (last->kind == TRAIL_HIT && last->hit.n == goal->insns.n))) ||
               (next && trail_is_steps(next) && next->node == goal->node &&
                goal->insns.n >= next->entry->insns.n);
    return (next && !next->alone && next->time.ns == now.ns) ||
           (last && last->kind == TRAIL_PLACE && !last->alone && last->time.ns == now.ns);
}

/* Where a piece stopped between two barriers, an execution slice of the vCPU ended: QEMU's time stamps
 * of frames, which are those of a slice's last look at the clock, tell such a stop from none. */
void trail_note_piece(Session *s, const RunGoal *goal, VTime from, bool again)
{
    VTime now = engine_now(s->engine);
    bool between = now.ns % engine_quantum(s->engine).ns != 0;
    TrailItem *item;

    if (!s->trail || goal->step || (!goal->node && !between))
        return;
    if (again || trail_replays(s)) {
        s->trail->astray = s->trail->astray || !stood_here(s, goal);
        return;
    }
    item = trail_item_here(s, goal->node ? TRAIL_RUN : TRAIL_PLACE, NULL);
    if (goal->node) {
        item->time = item->from = from;
        item->node = goal->node;
        item->insns = goal->insns;
        item->until = vtime(goal->node->clock.icount.n < goal->insns.n ? now.ns : goal->time.ns);
        item->after = now;
    }
    add(s, item);
}

bool trail_take_up(Session *s, bool stays, GError **error)
{
    if (!trail_is_astray(s) || !trail_replays(s) || stays || breaks_any(s))
        return true;
    return s->trail->hooks->take_up(s, error);
}

void trail_take_steps(Session *s, RunGoal *goal)
{
    if (!s->trail)
        return;
    s->trail->steps_run = goal->step && trail_replays(s);
    goal->step = goal->step && !s->trail->steps_run;
}

void trail_note_end(Session *s)
{
    if (s->trail)
        s->trail->front = vtime(MAX(s->trail->front.ns, engine_now(s->engine).ns));
}
