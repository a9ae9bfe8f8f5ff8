/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pass.c: a pass is a restore and one or two runs. */
#include "controller/past/pass.h"

#include "controller/base/log.h"
#include "controller/past/approach.h"
#include "controller/qemu/debug.h"
#include "controller/run/breaks.h"
#include "controller/run/trail.h"

#include <inttypes.h>

struct Passing {
    Session *session;
    Pass pass;
    GArray *hits; /* PassHit */
    unsigned begin;
    Approach *approach;
    bool set;  /* points are set */
    bool over; /* ended by itself */
    bool met;  /* the first hit is at the place */
    HTime began;
    VTime arrival;  /* at the place */
    VTime max_skip; /* the user's, while the pass has another one; below 0: it has none */
};

void pass_hit_copy(PassHit *to, const PassHit *hit)
{
    char *why = g_strdup(hit->why);

    g_free(to->why);
    *to = *hit;
    to->why = why;
}

const GdbThread *pass_hit_thread(const PassHit *hit)
{
    return hit->node && hit->hit.stop.has_thread ? &hit->hit.stop.thread : NULL;
}

bool pass_takes_turns(const Node *n)
{
    return n->attached || n->options->smp > 1;
}

bool pass_hit_is_of_gdb(const PassHit *hit)
{
    return hit->node && hit->number == 0 && hit->hit.stop.watch != GDB_WATCH_NONE;
}

VTime pass_drift(const GArray *hits, unsigned n)
{
    VTime sum = vtime(0);

    for (unsigned i = 0; i < n; i++)
        sum = vtime_add(sum, g_array_index(hits, PassHit, i).skip);
    return sum;
}

static void hit_clear(void *data)
{
    g_free(((PassHit *)data)->why);
}

void pass_free(Passing *p)
{
    if (!p)
        return;
    g_clear_handle_id(&p->begin, g_source_remove);
    approach_free(p->approach);
    run_leave(p->session, p);
    g_array_unref(p->hits);
    g_free(p);
}

bool pass_is_over(const Passing *p)
{
    return p->over;
}

VTime pass_arrival(const Passing *p)
{
    return p->arrival;
}

bool pass_has_met(const Passing *p)
{
    return p->met;
}

/* Takes out what was set, and tells. */
static void end(Passing *p, const RunOutcome *o, const GError *error)
{
    Session *s = p->session;
    GError *why = NULL;

    if (s->trail) {
        trail_skip_hits(s, false);
        trail_limit(s, TRAIL_NO_LIMIT);
    }
    if (p->max_skip.ns >= 0)
        engine_set_max_skip(s->engine, p->max_skip, NULL);
    if (p->set && !p->pass.set(s, false, p->pass.data, error ? NULL : &why) && !error)
        error = why;
    p->set = false;
    log_debug("a pass has met %u hits, and stands at %.9f s; %.3f s host", p->hits->len,
              (double)engine_now(s->engine).ns / 1e9,
              (double)htime_sub(htime_now(), p->began).ns / 1e9);
    p->pass.done(s, o, p->hits, error, p->pass.data);
    g_clear_error(&why);
}

static void add_hit(Passing *p, const PassHit *hit, const char *why)
{
    PassHit found = *hit;

    if (p->over)
        return;
    if (!p->pass.counts(hit, p->pass.data)) {
        p->over = true;
        return;
    }
    found.why = g_strdup(why);
    g_array_append_val(p->hits, found);
    p->over = p->hits->len >= p->pass.most;
}

static void on_hit(Session *s, unsigned number, const char *why, void *data)
{
    Passing *p = data;
    bool any = false;

    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];
        const DebugHit *hit = debug_hit(n);

        if (!hit)
            continue;
        any = true;
        add_hit(p,
                &(PassHit){.node = n,
                           .insns = n->clock.icount,
                           .at = vtime_sub(node_ensemble_time(n), hit->skip),
                           .skip = hit->skip,
                           .pc = hit->pc,
                           .watched = hit->n_watched > 0,
                           .hit = *hit,
                           .number = number},
                why);
    }
    if (!any)
        add_hit(p, &(PassHit){.at = engine_now(s->engine), .number = number}, why);
    if (p->over && run_active(s))
        run_pause(s, NULL);
}

static bool scan(Passing *p, VTime end, GError **error);

/* Skips of clocks have cost the pass the last instructions before its end: it makes up for them. */
static void on_scanned(const RunOutcome *o, void *data)
{
    Passing *p = data;
    VTime last = vtime_add(p->pass.end, pass_drift(p->hits, p->hits->len));
    g_autoptr(GError) error = NULL;

    if (o->end != RUN_REACHED || p->over || last.ns <= engine_now(p->session->engine).ns) {
        end(p, o, o->error);
        return;
    }
    if (!scan(p, last, &error))
        end(p, NULL, error);
}

static bool scan(Passing *p, VTime end, GError **error)
{
    const RunSpec spec = {.goal = {.time = end}, .again = true, .on_hit = on_hit, .hit_data = p};

    return run_start(p->session, &spec, on_scanned, p, error);
}

/* The points are set, and the node of the place stands there. */
static bool begin_to_count(Passing *p, GError **error)
{
    Session *s = p->session;
    Node *n = p->pass.place.node;
    g_autofree char *why = NULL;
    unsigned number;

    if (!n || p->pass.start == PASS_FREE)
        return true;
    if (!debug_note_hit(n, p->pass.has_stood ? &p->pass.stood : NULL, error))
        return false;
    if (p->pass.start == PASS_BEHIND || !debug_hit(n))
        return true;
    number = breaks_fired(s, RUN_BROKE, &why);
    if (number > 0 || !breaks_passed(s))
        on_hit(s, number, why, p);
    p->met = p->hits->len > 0;
    return true;
}

static void set_grain(Passing *p)
{
    Engine *e = p->session->engine;

    p->max_skip = engine_max_skip(e);
    engine_set_max_skip(e, p->pass.grain, NULL);
}

static void on_arrived(const RunOutcome *o, void *data)
{
    Passing *p = data;
    Session *s = p->session;
    g_autoptr(GError) error = NULL;

    if (!o) {
        end(p, NULL, NULL);
        return;
    }
    p->arrival =
        p->pass.place.node ? node_ensemble_time(p->pass.place.node) : engine_now(s->engine);
    if (o->end != RUN_REACHED || !p->pass.scans || engine_now(s->engine).ns >= p->pass.end.ns) {
        end(p, o, o->error);
        return;
    }
    trail_skip_hits(s, true);
    trail_limit(s, p->pass.items);
    set_grain(p);
    p->set = true;
    if (!p->pass.set(s, true, p->pass.data, &error) || !begin_to_count(p, &error) ||
        !scan(p, p->pass.end, &error))
        end(p, NULL, error);
}

static gboolean begin(gpointer data)
{
    Passing *p = data;
    Session *s = p->session;
    const Route route = {p->pass.point, p->pass.place, p->pass.early};
    g_autoptr(GError) error = NULL;

    p->begin = 0;
    if (session_stop_requested(s) && !p->pass.forced) {
        end(p, NULL, NULL);
        return G_SOURCE_REMOVE;
    }
    p->approach = approach_begin(s, &route, on_arrived, p, &error);
    if (!p->approach)
        end(p, NULL, error);
    return G_SOURCE_REMOVE;
}

Passing *pass_begin(Session *s, const Pass *pass)
{
    Passing *p = g_new0(Passing, 1);

    p->session = s;
    p->pass = *pass;
    p->max_skip = vtime(-1);
    p->began = htime_now();
    log_debug("a pass goes from %.9f s to %s %" PRId64 "%s", (double)pass->point->time.ns / 1e9,
              pass->place.node ? pass->place.node->name : "",
              pass->place.node ? pass->place.insns.n : pass->place.time.ns,
              pass->place.node ? " instructions" : " ns");
    p->hits = g_array_new(FALSE, TRUE, sizeof(PassHit));
    g_array_set_clear_func(p->hits, hit_clear);
    p->begin = g_idle_add(begin, p);
    return p;
}
