/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search.c: chooses where each pass begins to count. */
#include "controller/past/search-private.h"

#include "controller/run/trail.h"
#include "controller/session/session-error.h"

/* More than any search needs: each pass leaves a part of the stretch, or goes on behind a hit. */
#define MOST_PASSES 500u

/* A skip of the clock is at most such a part of what a pass is to look at. */
#define GRAINS 1000

static void next_pass(Search *f);

void search_free(Search *f)
{
    if (!f)
        return;
    pass_free(f->passing);
    search_best_clear(f);
    g_free(f->seen.why);
    g_array_unref(f->bounds);
    g_free(f);
}

/* An access that has just been made comes next for a gdb that goes back. */
static bool is_before_end(const PassHit *hit, void *data)
{
    const Search *f = data;
    const SearchBound *bound = hit->node ? search_bound(f, hit->node) : NULL;

    if (!hit->node)
        return hit->at.ns < f->now.ns + f->ahead;
    if (!bound || hit->insns.n != bound->insns.n)
        return bound && hit->insns.n < bound->insns.n;
    return hit->watched && !hit->hit.pending &&
           (!bound->is_now || (f->for_gdb && pass_hit_is_of_gdb(hit)));
}

/* Without a hit yet: a longer part of the stretch, the last one first. */
static bool widen(Search *f)
{
    int64_t start = past_point(f->session, f->stretch)->time.ns, from = f->place.time.ns;

    if (from <= start)
        return false;
    f->end = vtime(MIN(f->place.time.ns + search_overshoot_ns(f), f->end.ns));
    f->width *= 4;
    search_begin_at(f, vtime(MAX(start, from - f->width)));
    return true;
}

/* The last part of a stretch comes first, since most searches end there. */
static void begin_stretch(Search *f)
{
    int64_t start = past_point(f->session, f->stretch)->time.ns;

    f->width = MAX((f->end.ns - start) / 16, 4 * engine_quantum(f->session->engine).ns);
    search_begin_at(f, vtime(MAX(start, f->end.ns - f->width)));
}

static void set_bounds(Search *f, const PastPoint *point)
{
    for (unsigned i = 0; i < f->bounds->len && i < point->stands->len; i++)
        g_array_index(f->bounds, SearchBound, i) =
            (SearchBound){.insns = g_array_index(point->stands, PastStand, i).insns};
}

static VTime barrier_behind(const Session *s, VTime t)
{
    return vtime_add(engine_barrier_at(s->engine, t), engine_quantum(s->engine));
}

/* Where a node was ahead of the others at the point, what it did is in front of the next barrier. */
static VTime end_at(const Session *s, const PastPoint *point)
{
    VTime end = point->time;

    for (unsigned i = 0; i < s->nodes->len && i < point->stands->len; i++) {
        const Node *n = s->nodes->pdata[i];
        const PastStand *stand = &g_array_index(point->stands, PastStand, i);
        int64_t at = (stand->insns.n << n->icount.shift) + stand->bias.ns - n->epoch.ns;

        if (n->icount.enabled && at > point->time.ns + node_slack_ns(n))
            end = vtime(MAX(end.ns, barrier_behind(s, vtime(at)).ns));
    }
    return end;
}

/* Where a pass begins to count between two barriers, several vCPUs take other turns: what it does not meet may
 * have been all the same. */
static void see(Search *f, const GArray *hits)
{
    const PassHit *last = &g_array_index(hits, PassHit, hits->len - 1);

    if (!last->node || !pass_takes_turns(last->node))
        return;
    pass_hit_copy(&f->seen, last);
    f->has_seen = true;
}

/* The stretch in front of the present one; false: there is none, or something was in this one. */
static bool step_back(Search *f)
{
    const PastPoint *point = past_point(f->session, f->stretch);

    if (f->has_seen)
        search_set_best(f, &f->seen);
    if (f->has_seen || f->stretch == 0)
        return false;
    f->end = end_at(f->session, point);
    f->items = point->cursor - 1; /* its own */
    set_bounds(f, point);
    f->stretch--;
    begin_stretch(f);
    return past_point_before(f->session, past_point(f->session, f->stretch)->time, NULL,
                             (Insns){0}) != NULL;
}

static bool all_at_barriers(const GArray *hits)
{
    for (unsigned i = 0; i < hits->len; i++)
        if (g_array_index(hits, PassHit, i).node)
            return false;
    return true;
}

static void finish(Search *f, bool stopped, const GError *error)
{
    f->done(f->session, !stopped && !error && f->has_best ? &f->best : NULL, stopped, error,
            f->data);
}

/* What is next behind a pass; false: the search is over. */
static bool go_on(Search *f, const GArray *hits)
{
    if (hits->len > 0 && all_at_barriers(hits) && hits->len < SEARCH_MOST_HITS) {
        search_set_best(f, &g_array_index(hits, PassHit, hits->len - 1));
        return false;
    }
    if (hits->len > 0) {
        see(f, hits);
        return search_narrow(f, hits);
    }
    return f->has_best || f->place.node ? search_narrow_empty(f) : widen(f) || step_back(f);
}

static void on_pass_done(G_GNUC_UNUSED Session *s, const RunOutcome *o, GArray *hits,
                         const GError *error, void *data)
{
    Search *f = data;
    g_autoptr(GError) lost =
        ++f->passes > MOST_PASSES
            ? g_error_new(SESSION_ERROR, SESSION_ERROR_FAILED,
                          "the last hit was not found in %u tries: the run does not repeat itself",
                          MOST_PASSES)
            : NULL;

    if (error || !o || (o->end == RUN_STOPPED && !pass_is_over(f->passing)))
        finish(f, !error, error);
    else if (lost)
        finish(f, false, lost);
    else if (go_on(f, hits))
        next_pass(f);
    else
        finish(f, false, NULL);
}

/* A skip of the clock costs the pass as much of what it is to look at. Where no hit is to come, there is no
 * brake. */
static VTime grain(const Search *f)
{
    const SearchBound *bound = f->place.node ? search_bound(f, f->place.node) : NULL;
    int64_t left = f->end.ns - f->place.time.ns;

    if (f->start != PASS_FREE)
        return engine_quantum(f->session->engine);
    if (bound)
        left = (bound->insns.n - f->place.insns.n) << f->place.node->icount.shift;
    return vtime(
        MIN(MAX(left / GRAINS / NS_PER_US, 1) * NS_PER_US, engine_max_skip(f->session->engine).ns));
}

static void next_pass(Search *f)
{
    Session *s = f->session;
    Pass pass = {.point = past_point_before(s, f->near, f->place.node, f->place.insns),
                 .place = f->place,
                 .early = f->early,
                 .scans = true,
                 .end = f->end,
                 .items = f->items,
                 .start = (typeof(pass.start))f->start,
                 .has_stood = f->has_stood,
                 .stood = f->stood,
                 .grain = grain(f),
                 .most = SEARCH_MOST_HITS,
                 .counts = is_before_end,
                 .set = f->set,
                 .done = on_pass_done,
                 .data = f};

    g_clear_pointer(&f->passing, pass_free);
    f->passing = pass_begin(s, &pass);
}

static bool nodes_are_ahead(const Session *s)
{
    int64_t now = engine_now(s->engine).ns;

    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (node_is_live(n) && node_ensemble_time(n).ns > now + node_slack_ns(n))
            return true;
    }
    return false;
}

/* Between two barriers the nodes stand a little behind the ensemble's time, or are ahead: up to the next
 * barrier. */
static VTime last_end(const Session *s)
{
    VTime end = engine_now(s->engine);
    bool ahead = engine_barrier_at(s->engine, end).ns != end.ns;

    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        ahead = ahead || (node_is_live(n) && node_ensemble_time(n).ns > end.ns);
    }
    return ahead ? barrier_behind(s, end) : end;
}

Search *search_begin(Session *s, bool (*set)(Session *session, bool on, void *data, GError **error),
                     bool for_gdb, SearchDoneFunc done, void *data)
{
    Search *f = g_new0(Search, 1);

    f->session = s;
    f->set = set;
    f->for_gdb = for_gdb;
    f->done = done;
    f->data = data;
    f->now = engine_now(s->engine);
    f->bounds = g_array_new(FALSE, FALSE, sizeof(SearchBound));
    for (unsigned i = 0; i < s->nodes->len; i++) {
        SearchBound bound = {((const Node *)s->nodes->pdata[i])->clock.icount, true};

        g_array_append_val(f->bounds, bound);
    }
    f->ahead = nodes_are_ahead(s);
    f->end = last_end(s);
    f->items = trail_cursor(s);
    f->stretch = past_count(s);
    while (f->stretch > 0 && past_point(s, f->stretch - 1)->time.ns > f->now.ns)
        f->stretch--;
    g_assert(f->stretch > 0);
    f->stretch--;
    begin_stretch(f);
    next_pass(f);
    return f;
}
