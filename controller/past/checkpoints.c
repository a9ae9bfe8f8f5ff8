/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checkpoints.c: makes them on the way, and thins them out. */
#include "controller/base/log.h"
#include "controller/past/past-private.h"
#include "controller/save/spares.h"

static unsigned kept_checkpoints(const Session *s)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < s->past->points->len; i++) {
        const PastPoint *p = s->past->points->pdata[i];

        kept += p->kind == POINT_CHECKPOINT && p->save;
    }
    return kept;
}

/* Thins out checkpoints: the newest half of what is kept stays dense, and in front of that the point
 * goes that leaves the smallest gap, measured by how old it is. */
static bool thin_one(Session *s)
{
    const GPtrArray *points = s->past->points;
    VTime now = engine_now(s->engine);
    unsigned kept = kept_checkpoints(s), newest = 0;
    PastPoint *worst = NULL;
    double least = 0;
    VTime before = vtime(0);

    for (unsigned i = 0; i < points->len; i++) {
        PastPoint *p = points->pdata[i];
        const PastPoint *next = NULL;
        double weight;

        if (!p->save && p->kind != POINT_START)
            continue;
        for (unsigned k = i + 1; k < points->len && !next; k++)
            if (((PastPoint *)points->pdata[k])->save)
                next = points->pdata[k];
        if (p->kind == POINT_CHECKPOINT && next && newest++ < kept - MAX(kept / 2, 1)) {
            weight = (double)(next->time.ns - before.ns) /
                     (double)MAX(llabs((long long)(now.ns - p->time.ns)), 1);
            if (!worst || weight < least) {
                worst = p;
                least = weight;
            }
        }
        before = p->time;
    }
    if (!worst)
        return false;
    g_clear_pointer(&worst->save, save_free);
    return true;
}

static void thin(Session *s)
{
    while (kept_checkpoints(s) > s->past->keep && thin_one(s))
        ;
}

static bool all_live(const Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (((const Node *)s->nodes->pdata[i])->state == NODE_FAILED)
            return false;
    return true;
}

/* Makes a save of what stands here. Where there is no room for one, older checkpoints go. NULL: there
 * is none for it; the ensemble has gone on in new processes then, too. */
static Save *make(Session *s, GError **error)
{
    g_autoptr(GError) why = NULL;
    Save *save = save_make(s, NULL, &why);

    while (!save && !session_stop_requested(s) && all_live(s) && thin_one(s)) {
        if (!s->past->thinning)
            log_warn("checkpoints are thinned out: %s", why->message);
        s->past->thinning = true;
        g_clear_error(&why);
        save = save_make(s, NULL, &why);
    }
    if (save)
        return save;
    if (all_live(s)) {
        if (s->past->every.ns > 0)
            log_warn("no more checkpoints are made: %s", why->message);
        s->past->every = vtime(0);
    } else {
        g_propagate_error(error, g_steal_pointer(&why));
    }
    return NULL;
}

bool past_fill(Session *s, PastPoint *p, GError **error)
{
    g_autoptr(GError) why = NULL;
    Save *save = make(s, &why);

    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    p->save = save;
    if (save && !save_go_on(s, save, error))
        return false;
    thin(s);
    return true;
}

VTime past_next_checkpoint(const Session *s)
{
    int64_t every = s->past->every.ns, quantum = engine_quantum(s->engine).ns, at;

    if (every == 0 || s->past->reverse)
        return vtime(RUN_FOR_EVER);
    at = s->past->last.ns - s->past->last.ns % every + every;
    return vtime((at + quantum - 1) / quantum * quantum);
}

bool past_make_checkpoint(Session *s, GError **error)
{
    PastPoint *p;

    s->past->last = engine_now(s->engine);
    engine_settle_clocks(s->engine);
    p = past_point_new(s, POINT_CHECKPOINT);
    past_add_point(s, p);
    return past_fill(s, p, error);
}

void past_set_checkpoints(Session *s, VTime every, unsigned keep)
{
    s->past->every = every;
    s->past->thinning = false;
    s->past->last = engine_now(s->engine);
    if (keep > 0)
        s->past->keep = keep;
    spares_want(s, every.ns > 0);
    thin(s);
}

VTime past_every(const Session *s)
{
    return s->past ? s->past->every : vtime(0);
}

unsigned past_keep(const Session *s)
{
    return s->past ? s->past->keep : PAST_KEEP;
}
