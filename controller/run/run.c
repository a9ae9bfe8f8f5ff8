/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.c: runs the pieces of a run one after the other. After each piece, run.c asks breaks, watches
 * and samplers, calls the services, and starts the next piece or ends the run.
 */
#include "controller/run/run.h"

#include "controller/base/units.h"
#include "controller/engine/rest.h"
#include "controller/qemu/debug.h"
#include "controller/run/breaks.h"
#include "controller/run/clock-watch.h"
#include "controller/run/limit.h"
#include "controller/run/node-symbols.h"
#include "controller/run/prepare.h"
#include "controller/run/profile.h"
#include "controller/run/quantum.h"
#include "controller/run/sampler.h"
#include "controller/run/tracer.h"
#include "controller/run/trail.h"
#include "controller/session/events.h"
#include "controller/session/live.h"
#include "controller/session/recorder.h"
#include "controller/session/session-error.h"

#include <inttypes.h>

typedef struct {
    RunDoneFunc done;
    void *data;
} Listener;

typedef struct {
    void (*func)(void *data);
    void *data;
} Service;

typedef struct {
    RunGoal goal;
    Listener listener;
} NestedStep;

struct Run {
    RunSpec spec;
    GArray *nested_steps; /* NestedStep */
    GArray *listeners;    /* Listener */
    GArray *services;     /* Service */
    unsigned holds;       /* above 0: the run stands at a barrier */
    bool between;         /* services are being called; the next piece starts after them */
    RunGoal piece;        /* that is under way */
    VTime piece_from;
    Insns left;      /* the count of the run's own node where a way began */
    bool way;        /* it leads to a place of the trail */
    bool met;        /* the trail led to a hit that may be of no break and no gdb */
    bool pausing;    /* run_pause() was called */
    GError *problem; /* the next piece can't begin: the run ends in `failing` */
    unsigned failing;
    char *paused;              /* reason given to run_pause(), or NULL */
    uint64_t barriers, missed; /* the engine's counts when the run began */
    VTime from;
    HTime began;
};

static void go(Session *s);

bool run_active(const Session *s)
{
    return s->run != NULL;
}

void run_free(Session *s)
{
    struct Run *run = g_steal_pointer(&s->run);

    if (!run)
        return;
    g_array_unref(run->listeners);
    g_array_unref(run->services);
    g_array_unref(run->nested_steps);
    g_free(run->paused);
    g_clear_error(&run->problem);
    g_clear_handle_id(&run->failing, g_source_remove);
    g_free(run);
}

static void report_change(const Session *s)
{
    if (s->on_run)
        s->on_run();
    if (s->on_change)
        s->on_change();
}

static void serve_all(const GArray *services)
{
    for (unsigned i = 0; i < services->len; i++) {
        const Service *service = &g_array_index(services, Service, i);

        service->func(service->data);
    }
}

/* Ends the run. Frees it before calling the listeners, since a listener may start the next run. */
static void finish_run(Session *s, RunOutcome *outcome)
{
    struct Run *run = s->run;
    g_autoptr(GArray) listeners = g_array_ref(run->listeners);
    g_autoptr(GArray) services = g_array_ref(run->services);

    outcome->barriers = engine_stats(s->engine)->barriers - run->barriers;
    outcome->missed = engine_missed(s->engine) - run->missed;
    outcome->host = htime_sub(htime_now(), run->began);
    s->in_runs.ns += outcome->host.ns;
    s->last_run = outcome->host;
    s->last_passed = vtime_sub(engine_now(s->engine), run->from);
    s->passed.ns += run->spec.again ? 0 : s->last_passed.ns;
    s->stopped_by = outcome->number;
    if (!run->spec.again)
        trail_note_end(s);
    outcome->unattended = run->spec.unattended;
    if (!run->spec.again)
        tracer_run(s, run->from, outcome->how, outcome->number, outcome->why);
    engine_set_pace(s->engine, 0);
    run_free(s);
    for (unsigned i = 0; i < listeners->len; i++) {
        const Listener *l = &g_array_index(listeners, Listener, i);

        l->done(outcome, l->data);
    }
    serve_all(services);
    report_change(s);
}

static void serve(Session *s)
{
    struct Run *run = s->run;
    g_autoptr(GArray) services = run->services;

    run->services = g_array_new(FALSE, FALSE, sizeof(Service));
    run->between = true;
    serve_all(services);
    run->between = false;
}

/* Whether the points at which nodes stand let the run go on. */
static bool passed(const Session *s)
{
    bool own = s->run->met;

    for (unsigned i = 0; i < s->nodes->len && own; i++) {
        const Node *n = s->nodes->pdata[i];

        own = !debug_hit(n) || !debug_hit_by_others(n, 0);
    }
    return own || breaks_passed(s);
}

/* RunOutcome.how for a piece that no break ended; NULL: the run goes on. */
static const char *ending(const Session *s, RunEnd end)
{
    const struct Run *run = s->run;

    switch (end) {
    case RUN_REACHED:
        if (!run->spec.goal.node && engine_now(s->engine).ns < run->spec.goal.time.ns)
            return NULL;
        return run->spec.waits ? "time-up" : "reached";
    case RUN_TIME_UP:
        return engine_now(s->engine).ns >= run->spec.goal.time.ns ? "time-up" : NULL;
    case RUN_STOPPED:
        return s->interrupted || run->pausing ? "stopped" : NULL;
    case RUN_BROKE:
        return (passed(s) || run->spec.on_hit) && !s->interrupted && !run->pausing ? NULL
                                                                                   : "stopped";
    case RUN_ASLEEP:
        return "asleep";
    case RUN_EXITED:
        return "exited";
    case RUN_FAILED:
        return "failed";
    case RUN_EMPTY:
        return "empty";
    }
    g_assert_not_reached();
}

static char *point_text(Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        g_autofree char *pc = NULL;

        if (!debug_hit(n))
            continue;
        pc = node_symbols_place(s, n, debug_hit(n)->pc);
        return g_strdup_printf("a point of node %s was hit at pc %s", n->name, pc);
    }
    return NULL;
}

/* The line that the wait has found, or NULL. */
static const LinesFound *awaited(const struct Run *run)
{
    const LinesFound *found = run->spec.waits ? lines_found(console_lines(run->spec.waits)) : NULL;

    return found && found->line ? found : NULL;
}

static bool looks_at_clocks(const Session *s)
{
    return !s->run->spec.again && !trail_replays(s);
}

/* What looks at the ensemble where a piece has ended. Of a part of the branch that is given again, what
 * was looked at is given, too. */
static void look(Session *s)
{
    if (!s->run->spec.again) {
        sampler_write(s);
        profile_sample(s);
    }
    if (looks_at_clocks(s))
        clock_watch_sample(s);
    breaks_watch(s);
}

static void on_piece_done(RunEnd end, const GError *error, void *data)
{
    Session *s = data;
    struct Run *run = s->run;
    const LinesFound *found;
    g_autofree char *why = NULL;
    g_autoptr(GError) over = NULL;
    RunOutcome outcome = {.end = end, .error = error};

    live_flush(s, true);
    events_flush(s->events);
    run->between = true; /* what a command asks for waits */
    if (end == RUN_BROKE && !run->spec.again)
        trail_note_hits(s);
    else if (end != RUN_BROKE && end != RUN_FAILED && !run->way)
        trail_note_piece(s, &run->piece, run->piece_from, run->spec.again);
    run->way = false;
    if (!run->spec.again)
        tracer_sample(s);
    if (end != RUN_FAILED) {
        look(s);
        quantum_follow(s);
    }
    /* Called even if a line matched: a break at the same time must not end the next run. */
    outcome.number = breaks_fired(s, end, &why);
    if (run->spec.on_hit && (outcome.number > 0 || (end == RUN_BROKE && !passed(s)))) {
        run->spec.on_hit(s, outcome.number, why, run->spec.hit_data);
        outcome.number = 0;
        g_clear_pointer(&why, g_free);
    }
    run->between = false;
    if (end != RUN_FAILED && (found = awaited(run)) != NULL) {
        outcome.how = found->gave_up ? "failed" : "matched";
    } else if (outcome.number > 0) {
        outcome.how = "break";
    } else {
        outcome.how = ending(s, end);
        if (end == RUN_BROKE && !passed(s) && !run->spec.on_hit)
            why = point_text(s);
        else if ((end == RUN_STOPPED || end == RUN_BROKE) && !s->interrupted)
            why = g_strdup(run->paused);
    }
    if (!run->spec.on_hit)
        breaks_forget_done(s);
    run->met = false;
    outcome.why = why;
    if (!outcome.how && !run->spec.again && !limit_allows(s, run->from, &over)) {
        outcome.how = "failed";
        outcome.end = RUN_FAILED;
        outcome.error = over;
    }
    if (outcome.how) {
        finish_run(s, &outcome);
        return;
    }
    serve(s);
    go(s);
}

/* Whether the run's own count of instructions is reached. */
static bool goal_is_reached(const Session *s)
{
    const RunGoal *goal = &s->run->spec.goal;

    return !goal->step && goal->node->clock.icount.n >= goal->insns.n;
}

/* Behind a way: the node may not have gone past the run's own count. */
static bool goal_is_exact(const Session *s, GError **error)
{
    const RunGoal *goal = &s->run->spec.goal;

    if (goal->node->clock.icount.n == goal->insns.n || s->run->left.n >= goal->insns.n)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED,
                "node %s has executed %" PRId64
                " instructions on a way that was to end at %" PRId64,
                goal->node->name, goal->node->clock.icount.n, goal->insns.n);
    return false;
}

/* A piece that led to a place of the trail. */
static void on_way_done(RunEnd end, const GError *error, void *data)
{
    Session *s = data;
    struct Run *run = s->run;
    g_autoptr(GError) why = NULL;
    bool hit;

    run->way = true;
    if (!trail_arrived(s, end, &hit, &why)) {
        on_piece_done(RUN_FAILED, why, s);
    } else if (hit) {
        run->met = true;
        on_piece_done(RUN_BROKE, NULL, s);
    } else if (end == RUN_TIME_UP && !run->spec.goal.node) { /* the count was that of the way */
        on_piece_done(RUN_REACHED, error, s);
    } else if (end == RUN_REACHED && run->spec.goal.node && goal_is_reached(s)) {
        if (goal_is_exact(s, &why))
            on_piece_done(end, error, s);
        else
            on_piece_done(RUN_FAILED, why, s);
    } else if (end == RUN_REACHED) {
        run->way = false;
        serve(s);
        go(s);
    } else {
        on_piece_done(end, error, s);
    }
}

/* After the step the run goes on, unless a node failed. */
static void on_nested_step_done(RunEnd end, const GError *error, void *data)
{
    Session *s = data;
    struct Run *run = s->run;
    NestedStep nested_step = g_array_index(run->nested_steps, NestedStep, 0);
    RunOutcome outcome = {.end = end, .how = "step", .error = error};

    g_array_remove_index(run->nested_steps, 0);
    if (nested_step.listener.done)
        nested_step.listener.done(&outcome, nested_step.listener.data);
    if (end == RUN_FAILED) {
        on_piece_done(end, error, s);
        return;
    }
    serve(s);
    go(s);
}

/* Where the next piece ends at the latest. */
static RunGoal limit(Session *s)
{
    const struct Run *run = s->run;
    RunGoal goal = run->spec.goal;

    goal.time = vtime(MIN(goal.time.ns, quantum_next_time(s).ns));
    goal.time = vtime(MIN(goal.time.ns, breaks_next_time(s).ns));
    if (!run->spec.again) {
        goal.time = vtime(MIN(goal.time.ns, sampler_next_time(s).ns));
        goal.time = vtime(MIN(goal.time.ns, tracer_next_time(s).ns));
        goal.time = vtime(MIN(goal.time.ns, profile_next_time(s).ns));
        goal.time = vtime(MIN(goal.time.ns, limit_end(s, run->from).ns));
    }
    if (looks_at_clocks(s))
        goal.time = vtime(MIN(goal.time.ns, clock_watch_next_time(s).ns));
    if (breaks_need_clocks(s)) {
        goal.at_rest = breaks_at_rest;
        goal.at_rest_data = s;
    }
    return goal;
}

static gboolean fail_later(gpointer data)
{
    Session *s = data;
    g_autoptr(GError) error = g_steal_pointer(&s->run->problem);

    s->run->failing = 0;
    on_piece_done(RUN_FAILED, error, s);
    return G_SOURCE_REMOVE;
}

static void start_piece(Session *s)
{
    struct Run *run = s->run;
    RunGoal goal;
    TrailMove move;

    quantum_follow(s);
    goal = limit(s);
    session_prepare_recording(s);
    if (!run->spec.again)
        tracer_begin_piece(s);
    if (run->nested_steps->len > 0) {
        engine_run(s->engine, &g_array_index(run->nested_steps, NestedStep, 0).goal,
                   on_nested_step_done, s);
        return;
    }
    if (!trail_plan(s, &goal, &move, &run->problem)) {
        run->between = true;
        run->failing = g_idle_add(fail_later, s);
        return;
    }
    trail_note_start(s);
    run->piece = goal;
    run->piece_from = engine_now(s->engine);
    if (move == TRAIL_WAY && run->spec.goal.node) {
        rest_settle(run->spec.goal.node);
        run->left = run->spec.goal.node->clock.icount;
    }
    engine_run(s->engine, &goal, move == TRAIL_WAY ? on_way_done : on_piece_done, s);
    if (run->services->len > 0 || run->pausing)
        engine_interrupt(s->engine);
}

/* At rest: starts the next piece, ends the run, or does nothing while the run is held. */
static void go(Session *s)
{
    struct Run *run = s->run;

    if (run->holds == 0 || run->nested_steps->len > 0)
        start_piece(s);
    else if (run->pausing || s->interrupted)
        on_piece_done(RUN_STOPPED, NULL, s);
}

/* The run stands at a barrier, and neither on_piece_done() nor serve() is about to continue it. */
static bool held(const Session *s)
{
    return s->run && !s->run->between && !engine_running(s->engine);
}

/* The ensemble is on its way back: nobody else may run it. */
static bool refuse_hidden(const Session *s, bool again, GError **error)
{
    if (s->hidden && !again)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "the ensemble is on its way back in time: it can't be run now");
    return s->hidden && !again;
}

bool run_start(Session *s, const RunSpec *spec, RunDoneFunc done, void *data, GError **error)
{
    struct Run *run;

    g_assert(!s->run);
    if (refuse_hidden(s, spec->again, error))
        return false;
    if (!spec->again && !limit_allows(s, engine_now(s->engine), error))
        return false;
    if ((!spec->again && !trail_take_up(s, spec->goal.step || spec->waits, error)) ||
        !run_prepare(s, error))
        return false;
    run = g_new0(struct Run, 1);
    run->spec = *spec;
    trail_take_steps(s, &run->spec.goal);
    run->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    run->services = g_array_new(FALSE, FALSE, sizeof(Service));
    run->nested_steps = g_array_new(FALSE, FALSE, sizeof(NestedStep));
    run->barriers = engine_stats(s->engine)->barriers;
    run->missed = engine_missed(s->engine);
    run->from = engine_now(s->engine);
    run->began = htime_now();
    s->run = run;
    engine_set_pace(s->engine, spec->pace);
    run_join(s, done, data);
    start_piece(s);
    report_change(s);
    return true;
}

void run_join(Session *s, RunDoneFunc done, void *data)
{
    Listener l = {done, data};

    g_array_append_val(s->run->listeners, l);
}

bool run_step(Session *s, const RunGoal *goal, RunDoneFunc done, void *data, GError **error)
{
    NestedStep nested_step = {*goal, {done, data}};

    if (refuse_hidden(s, false, error))
        return false;
    trail_take_steps(s, &nested_step.goal);
    if (!s->run)
        return run_start(s, &(RunSpec){.goal = *goal, .unattended = true}, done, data, error);
    g_array_append_val(s->run->nested_steps, nested_step);
    if (held(s))
        go(s);
    else if (engine_running(s->engine))
        engine_interrupt(s->engine);
    return true;
}

void run_leave(Session *s, void *data)
{
    for (unsigned i = 0; s->run && i < s->run->nested_steps->len; i++)
        if (g_array_index(s->run->nested_steps, NestedStep, i).listener.data == data)
            g_array_index(s->run->nested_steps, NestedStep, i).listener.done = NULL;
    for (unsigned i = s->run ? s->run->listeners->len : 0; i-- > 0;)
        if (g_array_index(s->run->listeners, Listener, i).data == data)
            g_array_remove_index(s->run->listeners, i);
}

void run_pause(Session *s, const char *why)
{
    if (!s->run)
        return;
    s->run->pausing = true;
    g_free(s->run->paused);
    s->run->paused = g_strdup(why);
    if (held(s))
        go(s);
    else
        engine_interrupt(s->engine);
}

bool run_hold(Session *s, RunDoneFunc done, void *data)
{
    if (!s->run)
        return false;
    run_join(s, done, data);
    s->run->holds++;
    engine_interrupt(s->engine);
    return true;
}

void run_release(Session *s, void *data)
{
    run_leave(s, data);
    s->run->holds--;
    if (held(s))
        go(s);
}

bool run_held(const Session *s)
{
    return s->run && s->run->holds > 0;
}

void run_service(Session *s, void (*func)(void *data), void *data)
{
    Service service = {func, data};

    if (!s->run || held(s)) {
        func(data);
        return;
    }
    g_array_append_val(s->run->services, service);
    engine_interrupt(s->engine);
}
