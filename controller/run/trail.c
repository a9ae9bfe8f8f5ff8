/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trail.c: a list of items in the order of their places, and a cursor: items in front of it are
 * past, the others are the branch's future, which is given again.
 */
#include "controller/run/trail.h"

#include "controller/base/units.h"
#include "controller/engine/rest.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"
#include "controller/run/breaks.h"
#include "controller/run/guest-agent.h"
#include "controller/run/peek.h"
#include "controller/run/poke.h"
#include "controller/run/prepare.h"
#include "controller/session/output.h"
#include "controller/session/session-error.h"

#include <inttypes.h>
#include <string.h>

/* Where a node with points stood when the present piece began. */
typedef struct {
    const Node *node;
    Insns insns;
    VTime at;
    bool alone;
    bool at_hit;     /* of before */
    GdbThread stood; /* the vCPU at it; tid 0: none, or not known */
} Start;

struct Trail {
    const TrailHooks *hooks;
    GPtrArray *items; /* TrailItem */
    unsigned cursor;
    unsigned limit; /* items from this one on are not given */
    bool skip_hits;
    bool steps_run; /* the present run makes single steps as the branch's own run */
    bool astray;    /* the ensemble stands where the branch's own run has not stopped */
    VTime front;    /* the branch is known up to here */
    bool giving;    /* an item is being given again: what the journal gets is not new */
    GArray *starts; /* Start */
    TrailItem *way; /* the piece under way leads to it; NULL: to none */
    VTime max_skip; /* the user's, while the way leads to a hit; below 0: it does not */
};

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
    t->starts = g_array_new(FALSE, FALSE, sizeof(Start));
    t->max_skip = vtime(-1);
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

static bool has_next(const Trail *t)
{
    return t && t->cursor < t->items->len;
}

bool trail_replays(const Session *s)
{
    return has_next(s->trail) || (s->trail && engine_now(s->engine).ns < s->trail->front.ns);
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

    if (t)
        t->front = s->captured_until = engine_now(s->engine);
    if (!has_next(t))
        return;
    keep_steps(s, t->items->pdata[t->cursor]);
    for (unsigned i = t->items->len; i-- > t->cursor;) {
        const TrailItem *item = t->items->pdata[i];

        if (item->kind == TRAIL_SAVE)
            t->hooks->drop_save(s, item->save);
        g_ptr_array_remove_index(t->items, i);
    }
}

/* Says once that what was to be given again is not. */
static void begin_branch(Session *s)
{
    unsigned left = s->trail->items->len - s->trail->cursor;
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

static bool is_steps(const TrailItem *item)
{
    return item->kind == TRAIL_INPUT && item->entry->kind == JOURNAL_STEPS;
}

/* Adds the item behind those of places before its own, of its own node, and behind the last save. */
static void add(Session *s, TrailItem *item)
{
    Trail *t = s->trail;
    unsigned at;

    if (trail_replays(s))
        begin_branch(s);
    t->front = vtime(MAX(t->front.ns, engine_now(s->engine).ns));
    at = t->items->len;
    while (at > 0 && item->kind != TRAIL_SAVE) {
        const TrailItem *before = t->items->pdata[at - 1];

        if (before->kind == TRAIL_SAVE || before->from.ns <= item->from.ns ||
            (item->node && before->node == item->node))
            break;
        at--;
    }
    g_ptr_array_insert(t->items, (int)at, item);
    t->cursor = t->items->len;
}

/* Whether the node has gone ahead of the others. */
static bool is_alone(const Session *s, const Node *n)
{
    return node_is_live(n) && n->icount.enabled &&
           node_ensemble_time(n).ns > engine_now(s->engine).ns + node_slack_ns(n);
}

/* The node's place, now; NULL: the ensemble's. */
static TrailItem *item_here(const Session *s, int kind, Node *n)
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
    item->alone = is_alone(s, n);
    if (item->alone)
        item->from = node_ensemble_time(n);
    return item;
}

static TrailItem *item_of_steps(const Session *s, Node *n, const JournalEntry *e)
{
    TrailItem *item = item_here(s, TRAIL_INPUT, n);
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

    if (s->trail->giving ||
        (e->kind == JOURNAL_COMMAND && e->words[0] && strcmp(e->words[0], "save") == 0))
        return true; /* given again, or trail_add_save() comes */
    if (e->kind == JOURNAL_STEPS && s->trail->steps_run)
        return false;
    if (e->kind == JOURNAL_STEPS && join_steps(s->trail, n, e))
        return true;
    item = e->kind == JOURNAL_STEPS     ? item_of_steps(s, n, e)
           : e->kind == JOURNAL_COMMAND ? item_here(s, TRAIL_INPUT, NULL)
                                        : item_here(s, TRAIL_INPUT, n);
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
        if (is_alone(s, n))
            add(s, item_here(s, TRAIL_PLACE, n));
    }
    item = item_here(s, TRAIL_SAVE, NULL);
    item->save = save;
    add(s, item);
}

/* --- stops --- */

/* Whether the branch's own run has stopped here as well: at the item that is next, or at the last
 * one. */
static bool stood_here(const Session *s, const RunGoal *goal)
{
    const Trail *t = s->trail;
    const TrailItem *next = has_next(t) ? t->items->pdata[t->cursor] : NULL;
    const TrailItem *last = t->cursor > 0 ? t->items->pdata[t->cursor - 1] : NULL;
    VTime now = engine_now(s->engine);

    if (goal->node)
        return (last && last->node == goal->node &&
                ((last->kind == TRAIL_RUN && last->insns.n == goal->insns.n) ||
                 (last->kind == TRAIL_HIT && last->hit.n == goal->insns.n))) ||
               (next && is_steps(next) && next->node == goal->node &&
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
    item = item_here(s, goal->node ? TRAIL_RUN : TRAIL_PLACE, NULL);
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

/* --- hits --- */

void trail_note_start(Session *s)
{
    if (!s->trail)
        return;
    g_array_set_size(s->trail->starts, 0);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];
        Start start = {.node = n};

        if (!node_is_live(n) || !debug_armed(n) || !n->icount.enabled || n->icount.sleep_on)
            continue;
        rest_settle(n);
        start.insns = n->clock.icount;
        start.at = node_ensemble_time(n);
        start.alone = is_alone(s, n);
        start.at_hit = debug_hit(n) != NULL;
        if (start.at_hit && debug_hit(n)->stop.has_thread)
            start.stood = debug_hit(n)->stop.thread;
        g_array_append_val(s->trail->starts, start);
    }
}

static const Start *start_of(const Trail *t, const Node *n)
{
    for (unsigned i = 0; i < t->starts->len; i++)
        if (g_array_index(t->starts, Start, i).node == n)
            return &g_array_index(t->starts, Start, i);
    return NULL;
}

/* The hit's way began where the piece did, or at the last barrier before the place to which the clock
 * skipped. */
static void note_hit(Session *s, Node *n, const Start *start, const DebugHit *hit)
{
    TrailItem *item = g_new0(TrailItem, 1);
    int64_t quantum = engine_quantum(s->engine).ns;
    VTime after = node_ensemble_time(n), barrier = vtime((after.ns - 1) - (after.ns - 1) % quantum);

    item->kind = TRAIL_HIT;
    item->node = n;
    item->time = barrier;
    item->from = vtime(MAX(after.ns - hit->skip.ns, barrier.ns));
    if (start->at.ns > barrier.ns + node_slack_ns(n) || start->alone) {
        item->alone = true;
        item->insns = start->insns;
        item->time = engine_now(s->engine);
    }
    if (item->alone || start->at.ns >= item->time.ns)
        item->stood = start->stood;
    item->hit = n->clock.icount;
    item->after = after;
    item->watched = hit->n_watched > 0;
    item->behind = hit->finished;
    item->type = item->watched ? GDB_POINT_WRITE + (hit->watched[0].watch - GDB_WATCH_WRITE)
                               : GDB_POINT_HARDWARE;
    item->address = item->watched ? hit->watched[0].address : hit->pc;
    add(s, item);
}

void trail_note_hits(Session *s)
{
    for (unsigned i = 0; s->trail && i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];
        const DebugHit *hit = debug_hit(n);
        const Start *start = hit ? start_of(s->trail, n) : NULL;

        /* In front of an access, without one instruction, a hit moves the clock as well. */
        if (start && hit->skip.ns > 0 && (n->clock.icount.n > start->insns.n || !start->at_hit))
            note_hit(s, n, start, hit);
    }
}

/* --- what is given again --- */

static bool write_all_registers(Node *n, const GdbThread *thread, const JournalEntry *e,
                                GError **error)
{
    gsize size, done = 0;
    const uint8_t *bytes = g_bytes_get_data(e->data, &size);
    const GArray *all = gdb_register_list(debug_client(n), NODE_REPLY_MS, error);

    for (unsigned i = 0; all && i < all->len && done < size; i++) {
        const GdbRegister *r = &g_array_index(all, GdbRegister, i);
        gsize width = (r->bitsize + 7) / 8;

        if (done + width > size)
            break;
        if (!gdb_register_write_bytes(debug_client(n), thread, r->name, bytes + done, width,
                                      NODE_REPLY_MS, error))
            return false;
        done += width;
    }
    return all != NULL;
}

static bool give_registers(Node *n, const JournalEntry *e, GError **error)
{
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(e->data, &size);
    GdbThread thread;
    bool ok;

    if (!peek_begin(n, e->unit, &thread, error))
        return false;
    ok = e->kind == JOURNAL_REGISTERS ? write_all_registers(n, &thread, e, error)
                                      : gdb_register_write_bytes(debug_client(n), &thread, e->name,
                                                                 bytes, size, NODE_REPLY_MS, error);
    debug_release(n);
    return ok;
}

static bool give_data(Session *s, Node *n, const JournalEntry *e, GError **error)
{
    gsize size = 0;
    const void *bytes = e->data ? g_bytes_get_data(e->data, &size) : NULL;

    switch (e->kind) {
    case JOURNAL_TYPED:
        return console_send(node_console(n, (unsigned)e->unit), bytes, size, error);
    case JOURNAL_MEMORY:
        return poke_memory(n, (unsigned)e->unit, e->address, bytes, size, e->physical, error);
    case JOURNAL_REGISTER:
    case JOURNAL_REGISTERS:
        return give_registers(n, e, error);
    case JOURNAL_ASKED:
        return guest_agent_give(n, bytes, size, error);
    case JOURNAL_COMMAND:
        return s->trail->hooks->command(s, e->words, error);
    case JOURNAL_STEPS:
        break;
    }
    g_assert_not_reached();
}

static bool give_input(Session *s, const TrailItem *item, GError **error)
{
    const JournalEntry *e = item->entry;
    Node *n = (Node *)item->node;
    GError *why = NULL;

    if (!give_data(s, n, e, &why)) {
        g_autofree char *text = journal_text(e), *time = units_format_seconds(item->time);

        g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED,
                    "what came from outside at %s can't be given again: %s: %s", time, text,
                    why->message);
        g_error_free(why);
        return false;
    }
    if (e->kind != JOURNAL_COMMAND) /* it adds its own entry */
        journal_add(s, n, e);
    return true;
}

/* Gives what is due here. */
static bool give(Session *s, TrailItem *item, GError **error)
{
    Trail *t = s->trail;
    bool ok = true;

    t->giving = true;
    if (item->kind == TRAIL_INPUT)
        ok = give_input(s, item, error);
    else if (item->kind == TRAIL_SAVE)
        ok = t->hooks->pass_save(s, item->save, error) && run_prepare(s, error);
    t->giving = false;
    t->cursor += ok;
    return ok;
}

/* --- the next piece --- */

static VTime next_barrier(const Session *s, VTime t)
{
    int64_t quantum = engine_quantum(s->engine).ns;

    return vtime(t.ns - t.ns % quantum + quantum);
}

/* On the way to a hit the clock skips to the brake at the place to which it skipped then. */
static TrailMove towards_hit(Session *s, TrailItem *item, RunGoal *goal, GError **error, bool *ok)
{
    Trail *t = s->trail;
    Node *n = (Node *)item->node;
    GdbPoint type = (GdbPoint)item->type;
    int64_t us;
    VTime now;

    if (node_is_live(n))
        rest_settle(n);
    us = (vtime_add(item->after, n->epoch).ns + NS_PER_US - 1) / NS_PER_US -
         vtime_floor_us(n->clock.virtual_time);
    *ok = (item->behind ? debug_add_access(n, type, item->address, 1, error)
                        : debug_add_point(n, type, item->address, item->watched ? 1 : 4, error)) &&
          (n->clock.icount.n >= item->hit.n ||
           debug_note_hit(n, item->stood.tid > 0 ? &item->stood : NULL, error));
    if (!*ok)
        return TRAIL_FREE;
    t->max_skip = engine_max_skip(s->engine);
    engine_set_max_skip(s->engine, vtime(MAX(us, 1) * NS_PER_US), NULL);
    t->way = item;
    /* Where the clock has skipped to a barrier, the others may be granted the quantum behind it before
     * the node says that it was hit. */
    now = vtime(MAX(item->after.ns, engine_now(s->engine).ns));
    *goal = (RunGoal){.time = next_barrier(s, now)};
    return TRAIL_WAY;
}

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

/* The same way as then, since it stops several times. */
static TrailMove towards_end(Trail *t, TrailItem *item, RunGoal *goal)
{
    Insns end = item->insns;

    if (goal->node == item->node && !goal->step)
        end.n = MIN(end.n, goal->insns.n);
    t->way = item;
    *goal = (RunGoal){.time = vtime(MIN(goal->time.ns, item->until.ns)),
                      .node = (Node *)item->node,
                      .insns = end};
    return TRAIL_WAY;
}

static TrailMove towards_place(Trail *t, TrailItem *item, RunGoal *goal)
{
    t->way = item;
    *goal = (RunGoal){.time = goal->time, .node = (Node *)item->node, .insns = item->insns};
    return TRAIL_WAY;
}

/* Whether the run ends before the item's place. A goal at the place itself is reached first: what
 * comes from outside comes behind it. */
static bool ends_before(const RunGoal *goal, const TrailItem *item)
{
    const int64_t at = item->kind == TRAIL_HIT ? item->hit.n - 1 : item->insns.n;

    if (item->kind == TRAIL_RUN) /* its goal is limited to that of the run */
        return goal->time.ns <= item->from.ns && !goal->node;
    if (goal->node && goal->node == item->node && (item->alone || item->kind == TRAIL_HIT))
        return goal->insns.n <= at;
    return goal->time.ns <= item->from.ns && (!goal->node || goal->time.ns < item->from.ns);
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

bool trail_plan(Session *s, RunGoal *goal, TrailMove *move, GError **error)
{
    Trail *t = s->trail;
    bool ok = true;

    *move = TRAIL_FREE;
    if (!t)
        return true;
    while (has_next(t) && t->cursor < t->limit) {
        TrailItem *item = t->items->pdata[t->cursor];

        if (ends_before(goal, item) || !stands_at(s, item, goal, move))
            return true;
        if (item->kind == TRAIL_HIT && t->skip_hits) {
            t->cursor++;
            continue;
        }
        if (item->kind == TRAIL_HIT) {
            *move = towards_hit(s, item, goal, error, &ok);
            return ok;
        }
        if (item->kind == TRAIL_RUN) {
            *move = towards_end(t, item, goal);
            return true;
        }
        if (is_steps(item)) {
            *move = towards_steps(t, item, goal);
            return true;
        }
        if (!give(s, item, error))
            return false;
    }
    return save_here(s, goal, error);
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

/* The way led to a hit. */
static bool arrived_at_hit(Session *s, TrailItem *item, bool *hit, GError **error)
{
    Trail *t = s->trail;
    Node *n = (Node *)item->node;
    GdbPoint type = (GdbPoint)item->type;

    engine_set_max_skip(s->engine, t->max_skip, NULL);
    t->max_skip = vtime(-1);
    if (item->behind)
        debug_remove_access(n, type, item->address, 1, NULL);
    else
        debug_remove_point(n, type, item->address, item->watched ? 1 : 4, NULL);
    if (!node_is_live(n))
        return true;
    rest_settle(n);
    if (n->clock.icount.n < item->hit.n && node_ensemble_time(n).ns < item->after.ns)
        return true; /* interrupted */
    if (is_new_hit(n, item))
        return true;
    if (n->clock.icount.n != item->hit.n || node_ensemble_time(n).ns != item->after.ns)
        return differs(item, error);
    *hit = true;
    t->cursor++;
    return true;
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
    if (item->kind == TRAIL_HIT && s->trail->max_skip.ns >= 0)
        return arrived_at_hit(s, item, hit, error);
    if (item->kind == TRAIL_RUN)
        s->trail->cursor += is_over(s, item, end);
    if (is_steps(item) && end != RUN_FAILED && item->node->clock.icount.n > item->entry->insns.n)
        return arrived_behind_steps(s, item);
    return true;
}
