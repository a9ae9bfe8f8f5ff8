/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-reverse.c: a gdb takes the ensemble back (past/reverse.h), and is told where it stands then.
 *
 * A gdb that goes back goes by what it asks for alone: bs is the state in front of the last
 * instruction, bc that of the last hit. Of its own commands, reverse-next and the like, it makes many
 * of these, with breakpoints of its own on the way.
 *
 * Sources: gdb manual, "Reverse Execution" and appendix "Remote Serial Protocol"; gdb's remote.c
 * (remote_resume_with_hc()) and infrun.c (handle_signal_stop()).
 */
#include "controller/gdbserver/gdb-endpoint-private.h"

#include "controller/base/units.h"
#include "controller/engine/rest.h"
#include "controller/past/past.h"
#include "controller/past/reverse.h"
#include "controller/qemu/debug.h"

static void end(GdbEndpoint *e)
{
    e->running = e->interrupted = false;
    e->back = GDB_BACK_NOT;
}

static void refuse(GdbEndpoint *e, const char *why)
{
    end(e);
    endpoint_refuse(e, "E01", why);
}

/* --- stops --- */

/* gdb shows "No more reverse-execution history". */
static void tell_beginning(GdbEndpoint *e)
{
    const char *why = past_why(e->session);
    g_autofree char *text =
        why ? g_strdup_printf("metronome: the past begins here: %s\n", why) : NULL;
    g_autoptr(GString) stop = g_string_new(NULL);

    if (text)
        gdb_peer_report(e->peer, text);
    gdb_processes_append_stop(e->processes, gdb_processes_resumed(e->processes), GDB_SIGNAL_TRAP,
                              NULL, stop);
    g_string_append(stop, "replaylog:begin;");
    gdb_peer_reply_text(e->peer, stop->str);
}

static void tell_step(GdbEndpoint *e)
{
    const GdbStop stop = {.has_thread = true, .thread = e->stepped};

    endpoint_tell_stop(e, gdb_processes_resumed(e->processes), GDB_SIGNAL_TRAP,
                       e->stepped.tid > 0 ? &stop : NULL);
}

/* A hit of another node than gdb's is no reason for a stop of gdb's, as in a run forward. */
static void tell_hit(GdbEndpoint *e, const ReverseOutcome *o)
{
    GdbProcess *process = o->node ? gdb_processes_of(e->processes, o->node) : NULL;
    const DebugHit *hit = process ? debug_hit(o->node) : NULL;

    if (!process)
        endpoint_tell_stop(e, gdb_processes_current(e->processes), 0, NULL);
    else if (o->hit && debug_view_watches(process->view, &o->hit->stop))
        endpoint_tell_stop(e, process, GDB_SIGNAL_TRAP, &o->hit->stop);
    else
        endpoint_tell_stop(e, process, GDB_SIGNAL_TRAP, hit ? &hit->stop : NULL);
}

static void report(const GdbEndpoint *e, const ReverseOutcome *o)
{
    g_autofree char *now = units_format_seconds(engine_now(e->session->engine));
    g_autofree char *text = NULL;

    if (o->end == REVERSE_FAILED)
        text = g_strdup_printf("metronome: %s\n", o->error->message);
    else if (o->why)
        text = g_strdup_printf("metronome: %s; the ensemble stands at %s\n", o->why, now);
    else if (e->partly)
        text = g_strdup_printf("metronome: all nodes have gone back, to %s: `maintenance flush "
                               "register-cache` shows where the others stand\n",
                               now);
    if (text)
        gdb_peer_report(e->peer, text);
}

static void tell(GdbEndpoint *e, const ReverseOutcome *o)
{
    GdbProcess *ended = gdb_processes_ended(e->processes, NULL);
    unsigned signal = e->interrupted ? GDB_SIGNAL_INT : 0;

    if (e->ending)
        endpoint_tell_exit(e);
    else if (ended)
        endpoint_tell_end(e, ended);
    else if (o->end == REVERSE_BEGINNING)
        tell_beginning(e);
    else if (o->end != REVERSE_REACHED)
        endpoint_tell_stop(e, gdb_processes_resumed(e->processes), signal, NULL);
    else if (e->back_step)
        tell_step(e);
    else
        tell_hit(e, o);
}

static void on_done(const ReverseOutcome *o, void *data)
{
    GdbEndpoint *e = data;

    gdb_processes_moved(e->processes);
    report(e, o);
    tell(e, o);
    end(e);
    if (o->end == REVERSE_FAILED)
        e->events->failed(o->error, e->events_data);
}

/* --- going --- */

/* Whether the node has executed nothing behind the earliest point that it can be put back to. */
static bool at_beginning(const Session *s, Node *n)
{
    rest_settle(n);
    return past_first(s) &&
           (n->clock.icount.n <= 0 ||
            !past_point_before(s, vtime(INT64_MAX), n, (Insns){n->clock.icount.n - 1}));
}

static void start(GdbEndpoint *e, Node *n)
{
    ReverseGoal goal = {.kind = e->back_step ? REVERSE_STEP : REVERSE_CONTINUE,
                        .node = n,
                        .count = 1,
                        .unattended = true,
                        .for_gdb = true};
    g_autoptr(GError) error = NULL;

    e->stepped = (GdbThread){0};
    if (e->back_step && gdb_processes_resumed_vcpu(e->processes, &e->stepped, &goal.vcpu))
        goal.kind = REVERSE_STEP_VCPU;
    e->back = GDB_BACK_GOING; /* what has lost its machine is dropped meanwhile, perhaps this gdb */
    if (!reverse_start(e->session, &goal, on_done, e, &error))
        refuse(e, error->message);
}

/* The ensemble is at rest, and nobody lets it move. */
static void go_back(void *data)
{
    GdbEndpoint *e = data;
    const GdbProcess *process = gdb_processes_resumed(e->processes);
    g_autoptr(GError) error = NULL;

    if (e->back != GDB_BACK_DUE || !process)
        return; /* this gdb is gone */
    if (e->interrupted) {
        endpoint_tell_stop(e, gdb_processes_resumed(e->processes), GDB_SIGNAL_INT, NULL);
        end(e);
    } else if (endpoint_tell_first(e, NULL)) {
        end(e);
    } else if (!reverse_can(e->session, false, &error)) {
        refuse(e, error->message);
    } else if (e->back_step && !process->node->icount.enabled) {
        refuse(e, "no single step without icount");
    } else if (e->back_step && at_beginning(e->session, process->node)) {
        tell_beginning(e);
        end(e);
    } else {
        start(e, process->node);
    }
}

void endpoint_reverse(GdbEndpoint *e, const GdbRequest *request)
{
    g_autofree char *why = NULL;

    if (endpoint_tell_first(e, NULL))
        return;
    e->back_step = request->kind == GDB_REQUEST_REVERSE_STEP;
    e->partly = gdb_processes_alone(e->processes);
    if (e->partly && !e->back_step) {
        endpoint_refuse(e, "E22",
                        "no node goes back without the others: `set schedule-multiple on`");
        return;
    }
    e->back = GDB_BACK_DUE;
    e->running = true;
    e->interrupted = false;
    if (run_active(e->session)) { /* of another gdb, or of a command */
        why = g_strdup_printf("gdb of node %s goes back", e->node ? e->node->name : "all");
        run_pause(e->session, why);
    }
    reverse_service(e->session, go_back, e);
}

void endpoint_leave_reverse(GdbEndpoint *e)
{
    if (e->back == GDB_BACK_GOING) {
        reverse_leave(e->session, e);
        reverse_interrupt(e->session);
    }
    e->back = GDB_BACK_NOT;
}
