/* SPDX-License-Identifier: GPL-3.0-or-later */
/* narrow.c: each pass leaves less of what the last hit may be in. */
#include "controller/past/search-private.h"

/* So many hits a pass is to meet that begins close in front of the last one. */
#define FEW_HITS 40

/* Hits behind a place that a pass had guessed, which tell that it is far from the last one: something that
 * comes at a time, as text that was typed, has ended the hits of the pass before. */
#define MANY_HITS 16

/* A stretch in which few hits can be, in ns, and in instructions. */
#define LEAST_GAP_NS    (4 * NS_PER_US)
#define LEAST_GAP_INSNS 64

/* So many passes that have each met only the next hit tell that there are many more. */
#define LONG_CHAIN   2
#define LEAST_STRIDE 256

SearchBound *search_bound(const Search *f, const Node *n)
{
    guint index;

    return g_ptr_array_find(f->session->nodes, n, &index) && index < f->bounds->len
               ? &g_array_index(f->bounds, SearchBound, index)
               : NULL;
}

void search_best_clear(Search *f)
{
    g_clear_pointer(&f->best.why, g_free);
    f->has_best = false;
}

void search_set_best(Search *f, const PassHit *hit)
{
    pass_hit_copy(&f->best, hit);
    f->has_best = true;
}

void search_begin_at(Search *f, VTime time)
{
    f->early = vtime(0);
    f->place = (RunGoal){.time = time};
    f->from = f->has_best ? f->from : time;
    f->start = PASS_FREE;
    f->near = time;
}

static void begin_at_insns(Search *f, Node *n, Insns insns, VTime near)
{
    f->place = (RunGoal){.time = {RUN_FOR_EVER}, .node = n, .insns = insns};
    f->start = PASS_FREE;
    f->near = near;
    f->early = f->has_best ? f->best.at : vtime(0);
}

static void begin_at_vcpu(Search *f, const PassHit *hit)
{
    const GdbThread *thread = pass_hit_thread(hit);

    f->has_stood = thread != NULL;
    if (thread)
        f->stood = *thread;
}

/* An access that is yet to be done there would be met once more. */
static void begin_behind_best(Search *f)
{
    const PassHit *best = &f->best;

    if (best->node)
        begin_at_insns(f, best->node, (Insns){best->insns.n + (best->watched && best->hit.pending)},
                       best->at);
    else
        search_begin_at(f, best->at);
    f->start = PASS_BEHIND;
    begin_at_vcpu(f, best);
}

/* Half-way to the best hit; at last behind it. Without one it is the whole part again, of which the end has
 * come nearer. */
static void begin_half_way(Search *f, int64_t end)
{
    int64_t best = f->best.at.ns, gap = end - best;

    if (!f->has_best) {
        search_begin_at(f, f->from);
        return;
    }
    if (gap <= LEAST_GAP_NS)
        begin_behind_best(f);
    else
        search_begin_at(f, vtime(best + gap / 2));
}

/* Where a hit of a pass must be that is behind the branch's own run: so it may be none. */
static void begin_at_hit(Search *f, const PassHit *hit, VTime drift)
{
    const int64_t insns = hit->insns.n - hit->watched;

    if (!hit->node) {
        search_set_best(f, hit);
        begin_behind_best(f);
        return;
    }
    if (f->has_best && hit->node == f->best.node && insns <= f->best.insns.n) {
        begin_behind_best(f);
        return;
    }
    begin_at_insns(f, hit->node, (Insns){insns}, hit->at);
    f->early = vtime(MAX(f->early.ns, hit->at.ns - drift.ns - NS_PER_US));
    f->low = f->has_best && f->best.node == hit->node
                 ? f->best.insns
                 : past_insns_at(past_point(f->session, f->stretch), f->session, hit->node);
    f->start = hit->watched ? PASS_FREE : PASS_MEETS;
    begin_at_vcpu(f, hit);
}

int64_t search_overshoot_ns(const Search *f)
{
    int64_t most = 0;

    for (unsigned i = 0; i < f->session->nodes->len; i++)
        most = MAX(most, node_slack_ns(f->session->nodes->pdata[i]));
    return most;
}

/* Instructions from hit to hit of the node that was hit last. */
static int64_t distance_of(const GArray *hits)
{
    const PassHit *last = &g_array_index(hits, PassHit, hits->len - 1), *first = last;
    int64_t n = 0;

    for (unsigned i = hits->len - 1; i-- > 0;) {
        const PassHit *hit = &g_array_index(hits, PassHit, i);

        if (hit->node != last->node)
            continue;
        first = hit;
        n++;
    }
    return n > 0 ? MAX((last->insns.n - first->insns.n) / n, 1) : 0;
}

/* There are more hits than a pass can meet: the next one begins where few of them are left, if they go on
 * as they came. */
static void begin_close(Search *f, const GArray *hits)
{
    const PassHit *last = &g_array_index(hits, PassHit, hits->len - 1);
    const SearchBound *bound = last->node ? search_bound(f, last->node) : NULL;
    int64_t distance = distance_of(hits), from;

    if (!bound || distance == 0) {
        begin_half_way(f, f->end.ns);
        return;
    }
    from = bound->insns.n - FEW_HITS * distance;
    if (from <= last->insns.n) {
        begin_at_hit(f, last, pass_drift(hits, hits->len - 1));
        return;
    }
    begin_at_insns(f, last->node, (Insns){from}, f->end);
    f->low = last->insns;
}

/* Farther with every pass, until one is too far. */
static void begin_far(Search *f, const PassHit *last)
{
    const SearchBound *bound = search_bound(f, last->node);
    int64_t left = bound->insns.n - last->insns.n;

    f->stride = MIN(MAX(4 * f->stride, LEAST_STRIDE), left / 2);
    if (f->stride <= LEAST_GAP_INSNS) {
        begin_at_hit(f, last, vtime(0));
        return;
    }
    begin_at_insns(f, last->node, (Insns){last->insns.n + f->stride}, f->end);
    f->low = last->insns;
}

/* A vCPU whose hit is not known to it as one (debug_note_hit()) has met it once more. */
static bool is_best_again(const Search *f, const GArray *hits)
{
    const PassHit *hit = &g_array_index(hits, PassHit, 0);

    return f->start == PASS_BEHIND && hits->len == 1 && hit->node == f->best.node && hit->node &&
           hit->insns.n == f->best.insns.n;
}

/* The first hit of a pass may be a little off as well, since the brakes that bound skips show in the times of
 * frames. Returns the index of the last one of which all is known: at the place or an instruction behind it,
 * or the first one of a pass without brakes. Less than 0: there is none. */
static int last_exact(const Search *f, const GArray *hits)
{
    const PassHit *first = &g_array_index(hits, PassHit, 0);

    if (pass_has_met(f->passing))
        return hits->len > 1 ? 1 : 0;
    if (f->start != PASS_FREE || !first->node)
        return 0;
    return f->place.node == first->node && first->insns.n - f->place.insns.n <= 1 ? 0 : -1;
}

/* hits: not empty. False: the last one is known. */
bool search_narrow(Search *f, const GArray *hits)
{
    const int exact = last_exact(f, hits);
    const PassHit *last = &g_array_index(hits, PassHit, hits->len - 1);

    if (is_best_again(f, hits))
        return false;
    if (exact >= 0)
        search_set_best(f, &g_array_index(hits, PassHit, exact));
    if (f->start != PASS_FREE && (int)hits->len > pass_has_met(f->passing))
        f->chain++;
    if (hits->len >= SEARCH_MOST_HITS)
        begin_close(f, hits);
    else if (last->node && f->place.node == last->node &&
             (hits->len >= MANY_HITS || f->chain >= LONG_CHAIN))
        begin_far(f, last);
    else if ((int)hits->len > exact + 1)
        begin_at_hit(f, last, pass_drift(hits, hits->len - 1));
    else if (pass_has_met(f->passing) && exact == 0)
        return false;
    else
        begin_behind_best(f);
    return true;
}

/* Nothing was hit from the place on, though something was in front of it. False: the best one is the last
 * one. */
bool search_narrow_empty(Search *f)
{
    SearchBound *bound = f->place.node ? search_bound(f, f->place.node) : NULL;
    int64_t behind, step, end;
    bool same;

    if (f->start == PASS_BEHIND)
        return false;
    end = pass_arrival(f->passing).ns + search_overshoot_ns(f);
    same = end >= f->end.ns;
    f->end = vtime(MIN(f->end.ns, end));
    if (!bound && same && f->has_best) {
        begin_behind_best(f);
        return true;
    }
    if (!bound) {
        begin_half_way(f, f->end.ns);
        return true;
    }
    f->stride = 0;
    f->chain = 0;
    step = bound->insns.n - f->place.insns.n;
    behind = f->place.insns.n - f->low.n;
    *bound = (SearchBound){.insns = f->place.insns};
    if (behind <= LEAST_GAP_INSNS && f->has_best)
        begin_behind_best(f);
    else if (behind <= LEAST_GAP_INSNS)
        search_begin_at(f, f->from);
    else
        begin_at_insns(f, f->place.node,
                       (Insns){f->place.insns.n - MIN(8 * MAX(step, 1), (behind + 1) / 2)}, f->end);
    return true;
}
