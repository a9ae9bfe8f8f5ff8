/* SPDX-License-Identifier: GPL-3.0-or-later */
/* to-write.c: who-wrote: an instruction, found by a watchpoint, or what came from outside. */
#include "controller/past/reverse-private.h"

#include "controller/qemu/debug.h"
#include "controller/run/peek.h"
#include "controller/run/run.h"

#include <string.h>

bool reverse_set_watch(Session *s, bool on, void *data, GError **error)
{
    const ReverseGoal *goal = &s->past->reverse->goal;

    (void)data;
    if (!on && !node_is_live(goal->node))
        return true;
    return on ? debug_add_access(goal->node, GDB_POINT_WRITE, goal->address, goal->length, error)
              : debug_remove_access(goal->node, GDB_POINT_WRITE, goal->address, goal->length,
                                    error);
}

bool reverse_read_value(const Reverse *r, uint8_t *bytes, GError **error)
{
    Node *n = r->goal.node;

    if (peek_memory(n, 0, r->goal.address, bytes, r->goal.length, false, error))
        return true;
    g_prefix_error(error, "node %s: ", n->name);
    return false;
}

bool reverse_read_pc(const PassHit *hit, uint64_t *pc, GError **error)
{
    const GdbThread *known = pass_hit_thread(hit);
    GdbThread thread;
    bool ok;

    if (!peek_begin(hit->node, -1, &thread, error))
        return false;
    ok = debug_pc(hit->node, known ? known : &thread, pc, error);
    debug_release(hit->node);
    return ok;
}

static bool behind_write(Reverse *r, GError **error)
{
    const Session *s = r->session;
    ReverseOutcome *o = &r->outcome;

    if (!reverse_read_value(r, r->after, error))
        return false;
    o->node = r->goal.node;
    o->by_instruction = true;
    o->insns = r->hit.insns;
    o->time = node_ensemble_time(r->goal.node);
    o->before = r->before;
    o->after = r->after;
    o->unseen = !r->at_write && memcmp(r->after, r->last, r->goal.length) != 0;
    s->past->written.node = r->goal.node;
    s->past->written.insns = r->hit.insns;
    s->past->written.address = r->goal.address;
    return false;
}

static void on_written(const RunOutcome *o, void *data)
{
    Reverse *r = data;

    if (o->end == RUN_REACHED)
        reverse_go_on(r);
    else
        reverse_stop(r, o->end == RUN_STOPPED ? REVERSE_STOPPED : REVERSE_FAILED,
                     o->end != RUN_STOPPED, o->error);
}

/* In front of the instruction that writes: the next one is it. */
bool reverse_before_write(Reverse *r, GError **error)
{
    const RunSpec spec = {
        .goal = {.time = {RUN_FOR_EVER}, .node = r->goal.node, .insns = r->hit.insns},
        .again = true};

    if (!reverse_read_value(r, r->before, error) ||
        !reverse_read_pc(&r->hit, &r->outcome.pc, error))
        return false;
    if (r->hit.hit.finished && r->outcome.pc != r->hit.hit.by)
        return reverse_is_elsewhere(r, r->outcome.pc, error);
    r->arrived = behind_write;
    return run_start(r->session, &spec, on_written, r, error);
}

/* What wrote by a command or a gdb comes behind the last instruction that did; NULL: nothing. */
const TrailItem *reverse_last_poke(const Reverse *r, bool any_hit)
{
    Session *s = r->session;

    for (unsigned i = r->cursor; i-- > 0;) {
        const TrailItem *item = trail_item(s, i);
        const JournalEntry *e = item->entry;

        if (item->node != r->goal.node) /* it may be of a time at which the node was ahead */
            continue;
        if (any_hit &&
            (item->from.ns < r->hit.at.ns || (item->alone && item->insns.n < r->hit.insns.n)))
            return NULL;
        if (e && e->kind == JOURNAL_MEMORY && !e->physical &&
            e->address < r->goal.address + r->goal.length &&
            r->goal.address < e->address + g_bytes_get_size(e->data))
            return item;
    }
    return NULL;
}

/* In front of what was written from outside: it is given again when the ensemble goes on. */
static bool at_poke(Reverse *r, GError **error)
{
    ReverseOutcome *o = &r->outcome;

    o->node = r->goal.node;
    o->entry = r->poke;
    o->insns = r->goal.node->clock.icount;
    o->time = node_ensemble_time(r->goal.node);
    o->before = r->before;
    o->after = r->after;
    if (!reverse_read_value(r, r->before, error))
        return false;
    o->unseen = !r->at_write && memcmp(r->after, r->last, r->goal.length) != 0;
    return false;
}

bool reverse_go_to_poke(Reverse *r, const TrailItem *item)
{
    const JournalEntry *e = item->entry;
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(e->data, &size);

    memcpy(r->after, r->last, r->goal.length);
    for (unsigned i = 0; i < r->goal.length; i++)
        if (r->goal.address + i >= e->address && r->goal.address + i - e->address < size)
            r->after[i] = bytes[r->goal.address + i - e->address];
    r->poke = e->number;
    r->pass.place =
        item->alone ? (RunGoal){.time = {RUN_FOR_EVER}, .node = r->goal.node, .insns = item->insns}
                    : (RunGoal){.time = item->time};
    r->pass.point = past_point_before(r->session, item->from, r->goal.node, item->insns);
    return reverse_go(r, at_poke);
}
