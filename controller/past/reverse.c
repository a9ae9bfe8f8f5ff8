/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reverse.c: a way back is one or more passes. A pass puts the ensemble back to a point and runs it
 * forward to a place, with all points of breaks and gdbs taken out, so that nothing is otherwise than
 * it was.
 */
#include "controller/past/reverse-private.h"

#include "controller/base/units.h"
#include "controller/past/repeats.h"
#include "controller/run/breaks.h"
#include "controller/run/run.h"
#include "controller/save/spares.h"
#include "controller/session/session-error.h"

typedef struct {
    void (*func)(void *data);
    void *data;
} Service;

static Reverse *reverse_of(const Session *s)
{
    return s->past ? s->past->reverse : NULL;
}

bool reverse_active(const Session *s)
{
    return reverse_of(s) != NULL;
}

void reverse_leave(Session *s, void *data)
{
    Reverse *r = reverse_of(s);

    if (r && r->data == data)
        r->done = NULL;
}

static void reverse_free(Reverse *r)
{
    g_clear_handle_id(&r->next, g_source_remove);
    g_clear_error(&r->problem);
    pass_free(r->passing);
    search_free(r->search);
    vcpu_search_free(r->vcpu);
    users_free(r->users);
    g_array_unref(r->services);
    g_free(r->hit.why);
    g_free(r);
}

void reverse_end(Session *s)
{
    if (s->past)
        g_clear_pointer(&s->past->reverse, reverse_free);
}

void reverse_service(Session *s, void (*func)(void *data), void *data)
{
    Service service = {func, data};

    if (reverse_active(s))
        g_array_append_val(reverse_of(s)->services, service);
    else
        run_service(s, func, data);
}

/* One of them may start a way back, or a run. */
static void serve(Session *s, const GArray *services)
{
    for (unsigned i = 0; i < services->len; i++) {
        const Service *service = &g_array_index(services, Service, i);

        reverse_service(s, service->func, service->data);
    }
}

static void finish(Reverse *r, const GError *error)
{
    Session *s = r->session;
    ReverseOutcome *o = &r->outcome;
    g_autofree char *now = units_format_seconds(engine_now(s->engine));
    g_autofree char *line = g_strdup_printf("the ensemble went back to %s", now);
    g_autoptr(GError) why = NULL;

    s->past->reverse = NULL;
    s->in_runs = r->in_runs;
    if (!users_give_back(r->users, s, o->end == REVERSE_REACHED ? r->hit.node : NULL,
                         pass_hit_thread(&r->hit), &why) &&
        !error)
        error = why;
    if (error)
        o->end = s->interrupted ? REVERSE_STOPPED : REVERSE_FAILED;
    o->error = error;
    if (o->end == REVERSE_REACHED && r->hit.number > 0)
        breaks_count(s, r->hit.number);
    s->stopped_by = o->end == REVERSE_REACHED ? r->hit.number : 0;
    s->hidden = false;
    s->past->hooks->after(s, line);
    o->host = htime_sub(htime_now(), r->began);
    o->goal = &r->goal;
    o->unattended = r->goal.unattended;
    if (r->done)
        r->done(o, r->data);
    serve(s, r->services);
    reverse_free(r);
    if (s->on_change)
        s->on_change();
}

static bool give_up(Reverse *r, GError **error);
static bool settle(Reverse *r, GError **error);

/* Between two passes. */
static void stop_here(Reverse *r)
{
    r->outcome.end = REVERSE_STOPPED;
    r->arrived = r->searched ? settle : give_up;
}

static gboolean on_next(gpointer data)
{
    Reverse *r = data;
    g_autoptr(GError) error = NULL;

    r->next = 0;
    if ((r->stopping || session_stop_requested(r->session)) && !r->settling &&
        r->arrived != give_up && r->arrived != settle)
        stop_here(r);
    g_clear_pointer(&r->passing, pass_free);
    g_clear_pointer(&r->search, search_free);
    if (!r->arrived || !r->arrived(r, &error) || error)
        finish(r, error);
    return G_SOURCE_REMOVE;
}

/* Not from the callback of a pass or a search, which ends it. */
void reverse_go_on(Reverse *r)
{
    r->next = g_idle_add(on_next, r);
}

static bool give_up(Reverse *r, GError **error)
{
    if (r->problem)
        g_propagate_error(error, g_steal_pointer(&r->problem));
    return false;
}

/* What a pass has left is no state of the branch, or a node has failed: the ensemble goes to the last
 * point before. */
static bool settle(Reverse *r, GError **error)
{
    const PastPoint *point =
        past_point_before(r->session, engine_now(r->session->engine), NULL, (Insns){0});

    if (!point)
        return give_up(r, error);
    r->pass = (Pass){.point = point, .place = {.time = point->time}, .forced = true};
    r->settling = true;
    return reverse_go(r, give_up);
}

/* unsettled: the ensemble can't stay where it is. */
void reverse_stop(Reverse *r, ReverseEnd end, bool unsettled, const GError *error)
{
    r->outcome.end = end;
    if (!r->problem && error)
        r->problem = g_error_copy(error);
    r->arrived = unsettled && !r->settling ? settle : give_up;
    reverse_go_on(r);
}

/* The pass has not come to its place, though the run did then. */
static void stop_short(Reverse *r, const RunOutcome *o)
{
    g_autofree char *now = units_format_seconds(engine_now(r->session->engine));
    g_autoptr(GError) error =
        g_error_new(SESSION_ERROR, SESSION_ERROR_FAILED,
                    "the run has not repeated itself: it ended at %s (%s) on its way", now, o->how);

    reverse_stop(r, REVERSE_FAILED, true, error);
}

static void on_pass_done(G_GNUC_UNUSED Session *s, const RunOutcome *o, G_GNUC_UNUSED GArray *hits,
                         const GError *error, void *data)
{
    Reverse *r = data;

    r->searched = r->searched && !o;
    if (error)
        reverse_stop(r, REVERSE_FAILED, true, error);
    else if (!o || o->end == RUN_STOPPED)
        reverse_stop(r, REVERSE_STOPPED, r->searched, NULL);
    else if (o->end == RUN_REACHED)
        reverse_go_on(r);
    else
        stop_short(r, o);
}

/* A pass to r->pass.place; arrived: is called there. False from it: that is the end. */
bool reverse_go(Reverse *r, ReverseNext arrived)
{
    r->arrived = arrived;
    r->pass.done = on_pass_done;
    r->pass.data = r;
    r->passing = pass_begin(r->session, &r->pass);
    return true;
}

static bool at_place(G_GNUC_UNUSED Reverse *r, G_GNUC_UNUSED GError **error)
{
    return false; /* that is all */
}

static bool begin_way(Reverse *r, G_GNUC_UNUSED GError **error)
{
    return reverse_go(r, at_place);
}

/* --- --- */

bool reverse_can(const Session *s, bool anyway, GError **error)
{
    if (!s->past && !s->options.dry) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is no past: `start` comes first");
        return false;
    }
    return repeats_check(s, anyway, error);
}

/* Before anything changes; a search, which has no place yet, begins at the last point before now. */
static bool can_put_back(const Reverse *r, GError **error)
{
    const PastPoint *point = r->pass.point;

    if (!point)
        point = past_point_before(r->session, engine_now(r->session->engine), NULL, (Insns){0});
    return past_check(r->session, point, error);
}

bool reverse_start(Session *s, const ReverseGoal *goal, ReverseDoneFunc done, void *data,
                   GError **error)
{
    bool searches = goal->kind == REVERSE_CONTINUE || goal->kind == REVERSE_TO_WRITE;
    Reverse *r;

    g_assert(!run_active(s) && !reverse_active(s));
    if (!reverse_can(s, goal->anyway, error))
        return false;
    engine_settle_clocks(s->engine);
    r = g_new0(Reverse, 1);
    r->session = s;
    r->goal = *goal;
    r->services = g_array_new(FALSE, FALSE, sizeof(Service));
    if (!reverse_aim(s, r, error) || !can_put_back(r, error) ||
        (goal->kind == REVERSE_TO_WRITE && !reverse_read_value(r, r->last, error))) {
        reverse_free(r);
        return false;
    }
    r->at_write = goal->kind == REVERSE_TO_WRITE && s->past->written.node == goal->node &&
                  s->past->written.insns.n == goal->node->clock.icount.n &&
                  s->past->written.address == goal->address;
    r->done = done;
    r->data = data;
    r->began = htime_now();
    r->in_runs = s->in_runs;
    r->users = users_new(s, s->past->hooks->look);
    s->past->reverse = r;
    if (past_has_save(s)) /* who goes back once goes back again */
        spares_want(s, true);
    s->past->hooks->before(s);
    past_hide(s);
    r->arrived = searches                          ? reverse_search
                 : goal->kind == REVERSE_STEP_VCPU ? reverse_probe
                                                   : begin_way;
    reverse_go_on(r);
    return true;
}

void reverse_interrupt(Session *s)
{
    Reverse *r = reverse_of(s);

    if (!r)
        return;
    r->stopping = true;
    run_pause(s, NULL);
}
