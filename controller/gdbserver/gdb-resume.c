/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-resume.c: a gdb lets the ensemble go on, or steps one vCPU, and is told of the stop. */
#include "controller/gdbserver/gdb-endpoint-private.h"

#include "controller/base/units.h"
#include "controller/engine/rest.h"
#include "controller/qemu/debug.h"
#include "controller/run/trail.h"

#include <inttypes.h>

/* Steps of a vCPU that a gdb lets continue alone: a gdb that steps past a breakpoint by setting one
 * behind it needs a few, for a sequence of LR and SC. And of others in front of a known step. */
#define MOST_ALONE 1000u

void endpoint_refuse(GdbEndpoint *e, const char *code, const char *why)
{
    g_autofree char *text = g_strdup_printf("metronome: %s\n", why);

    gdb_peer_report(e->peer, text);
    gdb_peer_reply_text(e->peer, code);
}

/* --- stops --- */

void endpoint_tell_stop(GdbEndpoint *e, GdbProcess *process, unsigned signal, const GdbStop *stop)
{
    g_autoptr(GString) text = g_string_new(NULL);

    gdb_processes_append_stop(e->processes, process, signal, stop, text);
    gdb_peer_reply_text(e->peer, text->str);
}

/* The signal of a program that ends in the same way: by abort(), by an unhandled alarm, or by a
 * kill. */
static unsigned signal_of(NodeState state)
{
    return state == NODE_PANICKED   ? GDB_SIGNAL_ABRT
           : state == NODE_WATCHDOG ? GDB_SIGNAL_ALRM
                                    : GDB_SIGNAL_KILL;
}

static int64_t shown_pid(const GdbEndpoint *e, const GdbProcess *process)
{
    return e->node ? 1 : process->pid;
}

void endpoint_tell_end(GdbEndpoint *e, GdbProcess *process)
{
    NodeState state = process->node ? process->node->state : NODE_ADDED;
    bool off = state == NODE_OFF;
    unsigned how = off ? (unsigned)MAX(0, process->node->exit_status) & 0xff : signal_of(state);
    g_autofree char *text = g_strdup_printf("metronome: node %s is %s\n", process->name,
                                            process->node ? node_state_name(state) : "removed");
    g_autofree char *end = g_strdup_printf("%c%02x;process:%" PRIx64, off ? 'W' : 'X', how,
                                           (uint64_t)shown_pid(e, process));

    gdb_peer_report(e->peer, text);
    gdb_peer_reply_text(e->peer, end);
    if (!e->node)
        gdb_processes_detach(e->processes, process);
}

void endpoint_tell_exit(GdbEndpoint *e)
{
    g_autofree char *end = g_strdup_printf(
        "W00;process:%" PRIx64, (uint64_t)shown_pid(e, gdb_processes_current(e->processes)));

    gdb_peer_reply_text(e->peer, end);
}

/* The stop that a gdb has not seen yet. Nothing runs. */
static void reply_moved(GdbEndpoint *e)
{
    gdb_peer_report(e->peer, e->moved);
    g_clear_pointer(&e->moved, g_free);
    endpoint_tell_stop(e, gdb_processes_current(e->processes), 0, NULL);
}

static void report_why(GdbEndpoint *e, const RunOutcome *o)
{
    g_autofree char *now = units_format_seconds(engine_now(e->session->engine));
    g_autofree char *text = NULL;

    if (o->end == RUN_FAILED)
        text = g_strdup_printf("metronome: %s\n", o->error->message);
    else if (o->end == RUN_ASLEEP)
        text = g_strdup("metronome: the vCPU waits for an interrupt: `continue` lets time pass\n");
    else if (o->why && !e->interrupted)
        text = g_strdup_printf("metronome: %s; the ensemble stands at %s\n", o->why, now);
    if (text)
        gdb_peer_report(e->peer, text);
}

/* The process whose stop gdb is told of; NULL: no node stands at a point. only: the process that gdb
 * has resumed, if it has not resumed all: gdb 13 fails an assertion (finish_step_over()) if another
 * stops while it steps past a breakpoint. report_why() has named the node that did. */
static GdbProcess *stopped_process(const GdbEndpoint *e, GdbProcess *only)
{
    if (only)
        return gdb_process_is_live(only) && debug_hit(only->node) ? only : NULL;
    return gdb_processes_stopped(e->processes);
}

/* The stop at the end of a run. A node that has left comes first, then one that stands at a point.
 * What else is to be told waits for the next resume. */
static void reply_run_stop(GdbEndpoint *e, const RunOutcome *o, GdbProcess *only)
{
    GdbProcess *current = only ? only : gdb_processes_current(e->processes),
               *ended = only ? NULL : gdb_processes_ended(e->processes, NULL),
               *stopped = o->end == RUN_BROKE ? stopped_process(e, only) : NULL;

    if (only && !gdb_process_is_live(only))
        ended = only;
    if (ended)
        endpoint_tell_end(e, ended);
    else if (stopped)
        endpoint_tell_stop(e, stopped, GDB_SIGNAL_TRAP, &debug_hit(stopped->node)->stop);
    else
        endpoint_tell_stop(e, current, e->interrupted ? GDB_SIGNAL_INT : 0, NULL);
}

static void end_run(GdbEndpoint *e, const RunOutcome *o, GdbProcess *only)
{
    report_why(e, o);
    e->running = false;
    gdb_processes_moved(e->processes);
    if (e->ending)
        endpoint_tell_exit(e);
    else
        reply_run_stop(e, o, only);
    e->interrupted = false;
    if (o->end == RUN_FAILED && o->unattended)
        e->events->failed(o->error, e->events_data);
}

static void on_run_done(const RunOutcome *o, void *data)
{
    end_run(data, o, NULL);
}

/* A gdb that lets one process alone go on keeps what it has read of the others. */
static void report_others(const GdbEndpoint *e)
{
    VTime now = engine_now(e->session->engine);
    g_autofree char *seconds = units_format_seconds(now);
    g_autofree char *text = NULL;

    if (!e->partly || now.ns == e->stepped_at.ns)
        return;
    text = g_strdup_printf("metronome: all nodes have gone on to %s: `maintenance flush "
                           "register-cache` shows where the others stand\n",
                           seconds);
    gdb_peer_report(e->peer, text);
}

/* Whether a vCPU that continues alone has come to a breakpoint, which is then the node's hit. */
static bool at_point(const GdbEndpoint *e)
{
    bool at;

    return debug_at_point(e->stepping->node, &e->stepped, &at, NULL) && at;
}

static void make_step(GdbEndpoint *e);

/* Whether an instruction along the known branch was one of another vCPU. */
static bool was_of_other(const GdbEndpoint *e)
{
    uint64_t pc;

    return e->known && e->steps.vcpu >= 0 && debug_pc(e->stepping->node, &e->stepped, &pc, NULL) &&
           pc == e->stepped_pc;
}

/* The end of a step. A step that was completed needs no reason for its stop. */
static void on_step_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;
    GdbStop stop = {.has_thread = true, .thread = e->stepped};
    bool reached = o->end == RUN_REACHED && gdb_process_is_live(e->stepping);
    unsigned signal = GDB_SIGNAL_TRAP;

    if (reached && !e->interrupted && was_of_other(e)) {
        e->along--;
        make_step(e);
        return;
    }
    if (e->stepping->node && !e->known)
        journal_steps(e->session, e->stepping->node, JOURNAL_BY_GDB, &e->steps);
    if (reached && e->alone > 0 && !e->interrupted && !at_point(e)) {
        if (--e->alone > 0) {
            make_step(e);
            return;
        }
        gdb_peer_report(e->peer, "metronome: no vCPU goes on for long without the others: `set "
                                 "scheduler-locking off`\n");
        signal = 0;
    }
    report_others(e);
    if (!reached || (e->alone > 0 && e->interrupted)) {
        if (e->stepping->view)
            debug_threads_moved(debug_view_threads(e->stepping->view), &e->stepped);
        end_run(e, o, e->stepped_at.ns < 0 ? NULL : e->stepping);
        return;
    }
    e->running = e->interrupted = false;
    endpoint_tell_stop(e, e->stepping, signal, &stop);
}

static void on_held_run_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;

    (void)o;
    e->holding = false;
}

void endpoint_hold(GdbEndpoint *e)
{
    if (gdb_processes_count(e->processes) > 0 && gdb_peer_has_spoken(e->peer) && !e->running &&
        !e->holding)
        e->holding = run_hold(e->session, on_held_run_done, e);
}

void endpoint_release(GdbEndpoint *e)
{
    if (e->holding)
        run_release(e->session, e);
    e->holding = false;
}

static void go_on(GdbEndpoint *e)
{
    RunSpec spec = {.goal = {.time = {RUN_FOR_EVER}}, .unattended = true};
    g_autoptr(GError) error = NULL;

    e->running = true;
    e->interrupted = false;
    endpoint_release(e);
    if (run_active(e->session)) {
        run_join(e->session, on_run_done, e);
    } else if (run_start(e->session, &spec, on_run_done, e, &error)) {
        for (unsigned i = 0; i < e->session->endpoints->len; i++)
            endpoint_hold(e->session->endpoints->pdata[i]);
    } else {
        e->running = false;
        endpoint_refuse(e, "E01", error->message);
        return;
    }
    if (run_held(e->session))
        gdb_peer_report(e->peer, "metronome: all stand until every attached gdb continues\n");
}

/* Behind a way back a step goes along the branch that is known, and is nothing new: the next instruction
 * of the node is executed as it was, interrupts included. Of several vCPUs another may be the one that
 * goes on there first, for a while. */
static bool is_known(GdbEndpoint *e)
{
    return e->along > 0 && trail_replays(e->session) && !run_active(e->session) &&
           debug_pc(e->stepping->node, &e->stepped, &e->stepped_pc, NULL);
}

/* Steps one vCPU. The node's other vCPUs do not run meanwhile, unless the step is known. */
static void make_step(GdbEndpoint *e)
{
    DebugView *view = e->stepping->view;
    const GArray *threads = debug_threads_all(debug_view_threads(view), NULL);
    Node *n = e->stepping->node;
    RunGoal goal = {.time = {RUN_FOR_EVER},
                    .node = n,
                    .vcpu = threads && threads->len > 1 ? (int)e->vcpu : -1,
                    .manner = debug_view_masks(view) ? STEP_MASKED : STEP_LIVE};
    g_autoptr(GError) error = NULL;

    g_assert(n); /* only a process that is live is stepped */
    rest_settle(n);
    e->known = is_known(e);
    goal.step = !e->known;
    goal.insns.n = n->clock.icount.n + 1;
    e->steps = (JournalSteps){goal.vcpu, goal.manner == STEP_MASKED, n->clock.icount,
                              engine_now(e->session->engine)};
    e->running = n->icount.enabled && run_step(e->session, &goal, on_step_done, e, &error);
    if (!e->running)
        endpoint_refuse(e, "E01", error ? error->message : "no single step without icount");
}

/* most: how many steps at most, for a vCPU that continues alone to its next breakpoint; 0: one. */
static void step(GdbEndpoint *e, GdbProcess *process, unsigned vcpu, unsigned most, bool all_named)
{
    const GArray *threads = debug_threads_all(debug_view_threads(process->view), NULL);

    e->interrupted = false;
    e->stepping = process;
    e->vcpu = vcpu;
    e->stepped = g_array_index(threads, GdbThread, vcpu);
    e->alone = most;
    e->along = MOST_ALONE;
    e->stepped_at = all_named ? vtime(-1) : engine_now(e->session->engine);
    make_step(e);
}

static void resume(GdbEndpoint *e, const GdbRequest *request)
{
    g_autoptr(GError) error = NULL;
    bool named = gdb_processes_named(e->processes, request);
    GdbProcess *process = NULL;
    unsigned vcpu = 0;

    /* One action alone is gdb's own step past a breakpoint: all go on behind it. */
    e->partly = !named && request->actions->len > 1;
    switch (gdb_processes_resume(e->processes, request, &process, &vcpu, &error)) {
    case GDB_RESUME_ALL:
        go_on(e);
        break;
    case GDB_RESUME_STEP:
    case GDB_RESUME_STEP_ANY:
        step(e, process, vcpu, 0, named);
        break;
    case GDB_RESUME_ALONE:
        step(e, process, vcpu, MOST_ALONE, named);
        break;
    case GDB_RESUME_UNKNOWN:
        endpoint_refuse(e, error ? "E01" : "E22", error ? error->message : "there is no such vCPU");
        break;
    case GDB_RESUME_PART:
        endpoint_refuse(
            e, "E22",
            named ? "either all vCPUs go on or one makes a step: `set scheduler-locking off`"
                  : "no node goes on without the others: `set schedule-multiple on`");
        break;
    }
}

bool endpoint_tell_first(GdbEndpoint *e, const GdbRequest *resume)
{
    GdbProcess *ended = gdb_processes_ended(e->processes, resume);

    if (gdb_processes_count(e->processes) == 0)
        gdb_peer_reply_text(e->peer, "E01");
    else if (ended)
        endpoint_tell_end(e, ended);
    else if (e->moved)
        reply_moved(e);
    else
        return false;
    return true;
}

void endpoint_resume(GdbEndpoint *e, const GdbRequest *request)
{
    GdbProcess *untold;

    if (endpoint_tell_first(e, request))
        return;
    untold = gdb_processes_untold(e->processes, request);
    if (untold)
        endpoint_tell_stop(e, untold, GDB_SIGNAL_TRAP, &debug_hit(untold->node)->stop);
    else
        resume(e, request);
}
