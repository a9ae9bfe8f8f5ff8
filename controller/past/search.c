/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search.c: chooses where each pass begins to count. */
#include "controller/past/search.h"

#include "controller/session/session-error.h"

/* More than any search needs: each pass leaves a part of the stretch, or goes on behind a hit. */
#define MOST_PASSES 500

/* Hits behind which a pass ends: it is far behind the branch's own run by then. */
#define MOST_HITS 100

/* A stretch in which few hits can be, in ns. */
#define LEAST_GAP_NS (4 * NS_PER_US)

struct Search {
    Session *session;
    bool (*set)(Session *session, bool on, void *data, GError **error);
    bool for_gdb;
    SearchDoneFunc done;
    void *data;

    VTime now;        /* of the ensemble, when the search began */
    bool ahead;       /* nodes were ahead of that: what happened at its barrier is before now */
    GArray *insns;    /* Insns of each node, then */
    unsigned stretch; /* index of the point with which the present stretch begins */
    int64_t width;    /* of the part that was looked at first, or last */
    VTime from, end;  /* the part of it in which the hit must be */
    bool behind_best; /* the pass counts from the best hit on, else from `from` on */
    PassHit best;     /* known exactly */
    bool has_best;
    unsigned passes;
    Passing *passing;
};

static void next_pass(Search *f);

static void best_clear(Search *f)
{
    g_clear_pointer(&f->best.why, g_free);
    f->has_best = false;
}

void search_free(Search *f)
{
    if (!f)
        return;
    pass_free(f->passing);
    best_clear(f);
    g_array_unref(f->insns);
    g_free(f);
}

/* An access that has just been made comes next for a gdb that goes back. */
static bool is_before_now(const Search *f, const PassHit *hit)
{
    guint index;
    int64_t now;

    if (!hit->node)
        return hit->at.ns < f->now.ns + f->ahead;
    if (!g_ptr_array_find(f->session->nodes, hit->node, &index))
        return false;
    now = g_array_index(f->insns, Insns, index).n;
    return hit->insns.n < now ||
           (f->for_gdb && hit->insns.n == now && pass_hit_is_of_gdb(hit) && !hit->hit.pending);
}

/* The hits before now move to the front; returns their number. */
static unsigned count_before_now(const Search *f, const GArray *hits)
{
    unsigned n = 0;

    while (n < hits->len && is_before_now(f, &g_array_index(hits, PassHit, n)))
        n++;
    return n;
}

static void set_best(Search *f, const PassHit *hit)
{
    best_clear(f);
    f->best = *hit;
    f->best.why = g_strdup(hit->why);
    f->has_best = true;
}

/* Where the next pass is to begin to count: a little before the last hit that this one saw, if its own
 * delay is small; else in the middle of where the last one must be; at last behind the best hit. */
static void narrow(Search *f, const GArray *hits, unsigned n)
{
    int64_t drift = 0, best = f->best.at.ns, gap = f->end.ns - best, from;

    for (unsigned i = 0; i < n; i++)
        drift += g_array_index(hits, PassHit, i).skip.ns;
    from = n > 1 && drift < gap / 8 && hits->len < MOST_HITS
               ? g_array_index(hits, PassHit, n - 1).at.ns - drift - NS_PER_US
               : best + gap / 2;
    f->behind_best = gap <= LEAST_GAP_NS || from <= best || (n == 1 && drift < gap / 8);
    if (!f->behind_best)
        f->from = vtime(from);
}

/* How far behind the time at which the nodes were to stop they may stand, at most. */
static int64_t overshoot_ns(const Session *s)
{
    int64_t most = 0;

    for (unsigned i = 0; i < s->nodes->len; i++)
        most = MAX(most, node_granule_ns(s->nodes->pdata[i]));
    return NS_PER_US + most;
}

/* Nothing was hit from where the nodes stood on, which was at f->from or a little behind that. */
static void narrow_empty(Search *f)
{
    int64_t gap, end = f->from.ns + overshoot_ns(f->session);
    bool same = end >= f->end.ns;

    f->end = vtime(MIN(end, f->end.ns));
    gap = f->end.ns - f->best.at.ns;
    f->behind_best = same || gap <= LEAST_GAP_NS;
    f->from = vtime(f->best.at.ns + gap / 2);
}

/* Without a hit yet: a longer part of the stretch, the last one first. */
static bool widen(Search *f)
{
    int64_t start = past_point(f->session, f->stretch)->time.ns;

    if (f->from.ns <= start)
        return false;
    f->end = vtime(MIN(f->from.ns + overshoot_ns(f->session), f->end.ns));
    f->width *= 4;
    f->from = vtime(MAX(start, f->from.ns - f->width));
    return true;
}

/* The last part of a stretch comes first, since most searches end there. */
static void begin_stretch(Search *f)
{
    int64_t start = past_point(f->session, f->stretch)->time.ns;

    f->width = MAX((f->end.ns - start) / 16, 4 * engine_quantum(f->session->engine).ns);
    f->from = vtime(MAX(start, f->end.ns - f->width));
}

/* The stretch in front of the present one; false: there is none. */
static bool step_back(Search *f)
{
    f->behind_best = false;
    if (f->stretch == 0)
        return false;
    f->end = past_point(f->session, f->stretch)->time;
    f->stretch--;
    begin_stretch(f);
    return past_point_before(f->session, past_point(f->session, f->stretch)->time, NULL,
                             (Insns){0}) != NULL;
}

static bool all_at_barriers(const GArray *hits, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (g_array_index(hits, PassHit, i).node)
            return false;
    return true;
}

static void finish(Search *f, bool stopped, const GError *error)
{
    f->done(f->session, !stopped && !error && f->has_best ? &f->best : NULL, stopped, error,
            f->data);
}

static void on_pass_done(Session *s, const RunOutcome *o, GArray *hits, const GError *error,
                         void *data)
{
    Search *f = data;
    unsigned n = count_before_now(f, hits);
    bool exact = all_at_barriers(hits, n) && hits->len < MOST_HITS;

    (void)s;
    if (error || !o || (o->end == RUN_STOPPED && hits->len < MOST_HITS) ||
        ++f->passes > MOST_PASSES) {
        finish(f, !error, error);
    } else if (n > 0) {
        set_best(f, &g_array_index(hits, PassHit, exact ? n - 1 : 0));
        if (exact) {
            finish(f, false, NULL);
        } else {
            narrow(f, hits, n);
            next_pass(f);
        }
    } else if (f->has_best && f->behind_best) {
        finish(f, false, NULL);
    } else if (f->has_best) { /* the last one is between the best one and here */
        narrow_empty(f);
        next_pass(f);
    } else if (widen(f) || step_back(f)) {
        next_pass(f);
    } else {
        finish(f, false, NULL);
    }
}

/* Behind the best hit. An access that is yet to be done there would be met once more. */
static Insns behind_best(const Search *f)
{
    return (Insns){f->best.insns.n + (f->best.watched && f->best.hit.pending)};
}

static void next_pass(Search *f)
{
    Session *s = f->session;
    Pass pass = {.scans = true,
                 .end = f->end,
                 .most = MOST_HITS,
                 .set = f->set,
                 .done = on_pass_done,
                 .data = f};

    g_clear_pointer(&f->passing, pass_free);
    if (f->behind_best && !f->best.node) {
        pass.place = (RunGoal){.time = f->best.at};
        pass.point = past_point_before(s, f->best.at, NULL, (Insns){0});
    } else if (f->behind_best) {
        pass.place =
            (RunGoal){.time = {RUN_FOR_EVER}, .node = f->best.node, .insns = behind_best(f)};
        pass.point = past_point_before(s, f->best.at, f->best.node, f->best.insns);
        pass.stood = pass_hit_thread(&f->best);
    } else {
        pass.place = (RunGoal){.time = f->from};
        pass.point = past_point_before(s, f->from, NULL, (Insns){0});
    }
    f->passing = pass_begin(s, &pass);
}

static bool nodes_are_ahead(const Session *s)
{
    int64_t now = engine_now(s->engine).ns;

    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (node_is_live(n) && node_ensemble_time(n).ns > now + NS_PER_US + node_granule_ns(n))
            return true;
    }
    return false;
}

/* Between two barriers the nodes stand a little behind the ensemble's time, or are ahead: up to the
 * next barrier. */
static VTime last_end(const Session *s, bool ahead)
{
    int64_t quantum = engine_quantum(s->engine).ns, now = engine_now(s->engine).ns;
    int64_t barrier = now - now % quantum + quantum;

    if (ahead)
        return vtime(barrier);
    return vtime(now % quantum == 0 ? now : MIN(now + overshoot_ns(s), barrier));
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
    f->insns = g_array_new(FALSE, FALSE, sizeof(Insns));
    for (unsigned i = 0; i < s->nodes->len; i++)
        g_array_append_val(f->insns, ((const Node *)s->nodes->pdata[i])->clock.icount);
    f->ahead = nodes_are_ahead(s);
    f->end = last_end(s, f->ahead);
    f->stretch = past_count(s);
    while (f->stretch > 0 && past_point(s, f->stretch - 1)->time.ns > f->now.ns)
        f->stretch--;
    g_assert(f->stretch > 0);
    f->stretch--;
    begin_stretch(f);
    next_pass(f);
    return f;
}
