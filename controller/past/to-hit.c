/* SPDX-License-Identifier: GPL-3.0-or-later */
/* to-hit.c: the search tells where the last hit was; the ensemble goes there by its place alone. */
#include "controller/past/reverse-private.h"

#include "controller/base/units.h"
#include "controller/session/session-error.h"

#include <inttypes.h>
#include <string.h>

static bool set_users_points(Session *s, bool on, void *data, GError **error)
{
    (void)data;
    return on ? users_set_points(s->past->reverse->users, s, error) : users_put_aside(s, error);
}

/* There was none: where the past begins. */
static bool at_beginning(Reverse *r, G_GNUC_UNUSED GError **error)
{
    r->outcome.end = REVERSE_BEGINNING;
    /* A program's address is mapped to nothing before it runs: its page has come since. */
    if (r->goal.kind == REVERSE_TO_WRITE)
        r->outcome.unseen = !reverse_read_value(r, r->before, NULL) ||
                            (!r->at_write && memcmp(r->before, r->last, r->goal.length) != 0);
    return false;
}

bool reverse_go_to_beginning(Reverse *r)
{
    r->pass.point = past_first(r->session);
    r->pass.place = (RunGoal){.time = r->pass.point->time};
    return reverse_go(r, at_beginning);
}

/* How far in front of the place of the hit the node is to stand. */
static int64_t distance(const Reverse *r)
{
    if (r->goal.kind == REVERSE_TO_WRITE)
        return 1;
    return !r->goal.for_gdb || !pass_hit_is_of_gdb(&r->hit) ? 0 : r->hit.hit.pending ? -1 : 1;
}

/* Where a point, or a place from which hits count, stops several vCPUs, the next one has its turn
 * (rr_cpu_thread_fn(), accel/tcg/tcg-accel-ops-rr.c): so a pass with points set is not the branch's own
 * run. */
bool reverse_is_elsewhere(Reverse *r, uint64_t pc, GError **error)
{
    const Node *n = r->hit.node;

    if (pass_takes_turns(n)) {
        r->outcome.end = REVERSE_UNSURE;
        r->outcome.why =
            "several vCPUs take other turns where a point stops them, so their last hit "
            "is not known; it was about here";
    } else if (n->clock.idle) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED,
                    "node %s sleeps in front of the hit at 0x%" PRIx64
                    ", where an interrupt wakes it: no count of instructions leads there; a break "
                    "one instruction later can be gone back to",
                    n->name, r->hit.pc);
    } else {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED,
                    "the run has not repeated itself: node %s stands at 0x%" PRIx64
                    ", and stood at 0x%" PRIx64,
                    n->name, pc, r->hit.pc);
    }
    return false;
}

/* Where the node stands now: at the hit the clock of the pass was another one (PassHit.skip). */
static void tell_time(Reverse *r)
{
    g_autofree char *why = r->hit.why, *time = NULL;

    time = units_format_seconds(node_ensemble_time(r->hit.node));
    r->hit.why = g_strdup_printf("%s, its time %s", why, time);
}

/* At the hit, as a run that stopped there; a breakpoint is at the pc. */
static bool at_hit(Reverse *r, GError **error)
{
    uint64_t pc = 0;

    if (r->hit.node && r->hit.number > 0)
        tell_time(r);
    r->outcome.number = r->hit.number;
    r->outcome.node = r->hit.node;
    r->outcome.why = r->hit.why;
    r->outcome.hit = pass_hit_is_of_gdb(&r->hit) ? &r->hit.hit : NULL;
    if (r->hit.node && !r->hit.watched && !reverse_read_pc(&r->hit, &pc, error))
        return false;
    return r->hit.node && !r->hit.watched && pc != r->hit.pc && reverse_is_elsewhere(r, pc, error);
}

static void aim_at_hit(Reverse *r, int64_t less)
{
    const PassHit *hit = &r->hit;

    r->pass.place =
        hit->node
            ? (RunGoal){.time = {RUN_FOR_EVER}, .node = hit->node, .insns = {hit->insns.n - less}}
            : (RunGoal){.time = hit->at};
    r->pass.early = vtime(MAX(hit->at.ns - NS_PER_US, 0));
    r->pass.point = past_point_before(r->session, hit->at, hit->node, r->pass.place.insns);
}

static bool go_to_found(Reverse *r, G_GNUC_UNUSED GError **error)
{
    const TrailItem *poke =
        r->goal.kind == REVERSE_TO_WRITE ? reverse_last_poke(r, r->at_hit) : NULL;

    if (poke)
        return reverse_go_to_poke(r, poke);
    if (!r->at_hit)
        return reverse_go_to_beginning(r);
    aim_at_hit(r, distance(r));
    return reverse_go(r, r->goal.kind == REVERSE_TO_WRITE ? reverse_before_write : at_hit);
}

static void on_search_done(Session *s, const PassHit *hit, bool stopped, const GError *error,
                           void *data)
{
    Reverse *r = data;

    (void)s;
    r->searched = true;
    if (stopped || error) {
        reverse_stop(r, error ? REVERSE_FAILED : REVERSE_STOPPED, true, error);
        return;
    }
    r->at_hit = hit != NULL;
    if (hit)
        pass_hit_copy(&r->hit, hit);
    r->arrived = go_to_found;
    reverse_go_on(r);
}

bool reverse_search(Reverse *r, G_GNUC_UNUSED GError **error)
{
    r->cursor = trail_cursor(r->session);
    r->search = search_begin(
        r->session, r->goal.kind == REVERSE_TO_WRITE ? reverse_set_watch : set_users_points,
        r->goal.for_gdb, on_search_done, r);
    return true;
}
