/* SPDX-License-Identifier: GPL-3.0-or-later */
/* approach.c: pieces that end at barriers, from which the node's count tells how far to go next. */
#include "controller/past/approach.h"

#include "controller/base/log.h"
#include "controller/engine/rest.h"
#include "controller/past/users.h"
#include "controller/run/breaks.h"

struct Approach {
    Session *session;
    Route route;
    RunDoneFunc done;
    void *data;
    VTime low;   /* the last barrier in front of the place */
    VTime high;  /* and one behind it; RUN_FOR_EVER: none is known */
    bool direct; /* from `low` on no barrier is run past */
    bool sure;   /* the piece under way does not go past the place */
    enum {
        TO_BARRIER, /* over the place, perhaps */
        TO_PLACE,   /* or up to the next barrier */
        TO_END,     /* to the place, however far */
    } piece;        /* the run under way */
    unsigned again;
};

static bool put_back(Approach *a, GError **error)
{
    HTime began = htime_now();
    bool ok;

    breaks_clear(a->session);
    ok = past_put_back(a->session, a->route.point, error) && users_put_aside(a->session, error);
    log_debug("put back to %.9f s; %.3f s host", (double)a->route.point->time.ns / 1e9,
              (double)htime_sub(htime_now(), began).ns / 1e9);
    return ok;
}

static void on_piece(const RunOutcome *o, void *data);

static bool run(Approach *a, const RunGoal *goal, int piece, GError **error)
{
    const RunSpec spec = {.goal = *goal, .again = true};

    a->piece = (typeof(a->piece))piece;
    return run_start(a->session, &spec, on_piece, a, error);
}

/* At least that far, each stop takes some ms of host time. A part of the way, so that way back and stops
 * together take least. */
#define HOP_NS NS_PER_MS
#define HOPS   8

static int64_t shortest_hop_ns(const Approach *a)
{
    return MAX(HOP_NS, engine_quantum(a->session->engine).ns);
}

static int64_t hop_ns(const Approach *a)
{
    int64_t left = a->high.ns - engine_now(a->session->engine).ns;

    return MAX(shortest_hop_ns(a), a->high.ns < RUN_FOR_EVER ? left / HOPS : 0);
}

/* From a barrier in front of the place: as far as the node can't have come to it; where it is idle, over
 * the next barriers. */
static bool run_on(Approach *a, int64_t rest, GError **error)
{
    const Node *n = a->route.place.node;
    const Engine *e = a->session->engine;
    VTime now = engine_now(e), early = engine_barrier_at(e, a->route.early), next,
          earliest =
              engine_barrier_at(e, vtime(node_ensemble_time(n).ns + (rest << n->icount.shift)));
    RunGoal goal = a->route.place;

    next = engine_barrier_at(e, vtime(now.ns + hop_ns(a)));
    a->route.early = vtime(0);
    a->low = now;
    a->sure = earliest.ns > now.ns && earliest.ns >= early.ns;
    if (early.ns > now.ns || earliest.ns > now.ns)
        return run(a, &(RunGoal){.time = vtime(MAX(early.ns, earliest.ns))}, TO_BARRIER, error);
    if (n->clock.idle)
        return run(a, &(RunGoal){.time = next}, TO_BARRIER, error);
    goal.time = next;
    return run(a, &goal, TO_PLACE, error);
}

static gboolean on_again(gpointer data);

/* The node's count is beyond the place, or there at a later time. */
static void begin_again(Approach *a)
{
    a->high = engine_now(a->session->engine);
    a->direct = a->high.ns - a->low.ns <= shortest_hop_ns(a);
    a->again = g_idle_add(on_again, a);
}

static bool advance(Approach *a, GError **error)
{
    Node *n = a->route.place.node;
    int64_t rest;

    if (!n || !node_is_live(n) || a->direct)
        return run(a, &a->route.place, TO_END, error);
    rest_settle(n);
    rest = a->route.place.insns.n - n->clock.icount.n;
    if (rest > 0)
        return run_on(a, rest, error);
    if (a->sure || engine_now(a->session->engine).ns <= a->route.point->time.ns)
        return run(a, &a->route.place, TO_END, error);
    begin_again(a);
    return true;
}

static void fail(Approach *a, const GError *error)
{
    const RunOutcome outcome = {.end = RUN_FAILED, .how = "failed", .error = error};

    a->done(&outcome, a->data);
}

static gboolean on_again(gpointer data)
{
    Approach *a = data;
    g_autoptr(GError) error = NULL;

    a->again = 0;
    if (session_stop_requested(a->session))
        a->done(NULL, a->data);
    else if (!put_back(a, &error) || !(a->low.ns > a->route.point->time.ns
                                           ? run(a, &(RunGoal){.time = a->low}, TO_BARRIER, &error)
                                           : advance(a, &error)))
        fail(a, error);
    return G_SOURCE_REMOVE;
}

static void on_piece(const RunOutcome *o, void *data)
{
    Approach *a = data;
    g_autoptr(GError) error = NULL;

    log_debug("on the way at %.9f s; %.3f s host", (double)engine_now(a->session->engine).ns / 1e9,
              (double)o->host.ns / 1e9);
    if (a->piece == TO_END || (a->piece == TO_PLACE && o->end == RUN_REACHED) ||
        (o->end != RUN_REACHED && o->end != RUN_TIME_UP))
        a->done(o, a->data);
    else if (!advance(a, &error))
        fail(a, error);
}

Approach *approach_begin(Session *s, const Route *route, RunDoneFunc done, void *data,
                         GError **error)
{
    Approach *a = g_new0(Approach, 1);

    a->session = s;
    a->route = *route;
    a->done = done;
    a->data = data;
    a->low = route->point->time;
    a->high = route->place.node && route->place.node->clock.icount.n >= route->place.insns.n
                  ? engine_now(s->engine)
                  : vtime(RUN_FOR_EVER);
    if (put_back(a, error) && advance(a, error))
        return a;
    approach_free(a);
    return NULL;
}

void approach_free(Approach *a)
{
    if (!a)
        return;
    g_clear_handle_id(&a->again, g_source_remove);
    run_leave(a->session, a);
    g_free(a);
}
