/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pass.c: a pass is a restore and one or two runs. */
#include "controller/past/pass.h"

#include "controller/past/users.h"
#include "controller/qemu/debug.h"
#include "controller/run/breaks.h"
#include "controller/run/trail.h"

struct Passing {
    Session *session;
    Pass pass;
    GArray *hits; /* PassHit */
    unsigned begin;
    bool set; /* points are set */
};

const GdbThread *pass_hit_thread(const PassHit *hit)
{
    return hit->node && hit->hit.stop.has_thread ? &hit->hit.stop.thread : NULL;
}

bool pass_hit_is_of_gdb(const PassHit *hit)
{
    return hit->node && hit->number == 0 && hit->hit.stop.watch != GDB_WATCH_NONE;
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
    run_leave(p->session, p);
    g_array_unref(p->hits);
    g_free(p);
}

/* Takes out what was set, and tells. */
static void end(Passing *p, const RunOutcome *o, const GError *error)
{
    GError *why = NULL;

    if (p->session->trail)
        trail_skip_hits(p->session, false);
    if (p->set && !p->pass.set(p->session, false, p->pass.data, error ? NULL : &why) && !error)
        error = why;
    p->set = false;
    p->pass.done(p->session, o, p->hits, error, p->pass.data);
    g_clear_error(&why);
}

static void on_hit(Session *s, unsigned number, const char *why, void *data)
{
    const Passing *p = data;
    bool any = false;

    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];
        const DebugHit *hit = debug_hit(n);
        PassHit found;

        if (!hit)
            continue;
        any = true;
        found = (PassHit){.node = n,
                          .insns = n->clock.icount,
                          .at = vtime_sub(node_ensemble_time(n), hit->skip),
                          .skip = hit->skip,
                          .pc = hit->pc,
                          .watched = hit->n_watched > 0,
                          .hit = *hit,
                          .number = number,
                          .why = g_strdup(why)};
        g_array_append_val(p->hits, found);
    }
    if (!any) {
        PassHit found = {.at = engine_now(s->engine), .number = number, .why = g_strdup(why)};

        g_array_append_val(p->hits, found);
    }
    if (p->hits->len >= p->pass.most)
        run_pause(s, NULL);
}

static void on_scanned(const RunOutcome *o, void *data)
{
    end(data, o, o->error);
}

/* What counts comes behind the hit at which the pass begins to count. */
static bool leave_hit(const Passing *p, GError **error)
{
    return !p->pass.place.node || debug_note_hit(p->pass.place.node, p->pass.stood, error);
}

static void on_arrived(const RunOutcome *o, void *data)
{
    Passing *p = data;
    Session *s = p->session;
    const RunSpec spec = {
        .goal = {.time = p->pass.end}, .again = true, .on_hit = on_hit, .hit_data = p};
    g_autoptr(GError) error = NULL;

    if (o->end != RUN_REACHED || !p->pass.scans || engine_now(s->engine).ns >= p->pass.end.ns) {
        end(p, o, o->error);
        return;
    }
    trail_skip_hits(s, true);
    p->set = true;
    if (!p->pass.set(s, true, p->pass.data, &error) || !leave_hit(p, &error) ||
        !run_start(s, &spec, on_scanned, p, &error))
        end(p, NULL, error);
}

static gboolean begin(gpointer data)
{
    Passing *p = data;
    Session *s = p->session;
    const RunSpec spec = {.goal = p->pass.place, .again = true};
    g_autoptr(GError) error = NULL;

    p->begin = 0;
    if (session_stop_requested(s) && !p->pass.forced) {
        end(p, NULL, NULL);
        return G_SOURCE_REMOVE;
    }
    breaks_clear(s);
    if (!past_put_back(s, p->pass.point, &error) || !users_put_aside(s, &error) ||
        !run_start(s, &spec, on_arrived, p, &error))
        end(p, NULL, error);
    return G_SOURCE_REMOVE;
}

Passing *pass_begin(Session *s, const Pass *pass)
{
    Passing *p = g_new0(Passing, 1);

    p->session = s;
    p->pass = *pass;
    p->hits = g_array_new(FALSE, TRUE, sizeof(PassHit));
    g_array_set_clear_func(p->hits, hit_clear);
    p->begin = g_idle_add(begin, p);
    return p;
}
