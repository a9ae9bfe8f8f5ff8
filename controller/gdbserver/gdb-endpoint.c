/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-endpoint.c: answers a gdb. Packets are parsed to typed requests (gdbstub-client/request.h).
 * The processes of this gdb (gdb-processes.h) answer requests that concern a node alone; this file
 * answers the others. No byte of a packet is passed on to QEMU.
 */
#include "controller/gdbserver/gdb-endpoint.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/engine/rest.h"
#include "controller/gdbserver/gdb-listen.h"
#include "controller/gdbserver/gdb-peer.h"
#include "controller/gdbserver/gdb-processes.h"
#include "controller/qemu/debug.h"
#include "controller/run/run.h"
#include "controller/session/journal.h"

#include <glib-unix.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

/* Steps of a vCPU that a gdb lets continue alone. A gdb that steps past a breakpoint by setting one
 * behind it needs a few, for a sequence of LR and SC. */
#define MOST_ALONE 1000u

struct GdbEndpoint {
    Session *session;
    Node *node; /* the only one; NULL: all nodes */
    GdbListener *listener;
    unsigned listen_source;
    const GdbEndpointEvents *events;
    bool closing; /* gdb_endpoint_free() was called: no event is called any more */
    void *events_data;

    /* the gdb that is attached */
    GdbPeer *peer;
    GdbProcesses *processes; /* empty until the first packet is served */
    GdbMonitor *monitor;     /* the command that is being carried out */
    GdbProcess *stepping;    /* the process and … */
    GdbThread stepped;       /* … the vCPU that the present step moves, … */
    unsigned vcpu;           /* … and its number */
    JournalSteps steps;      /* where that began */
    unsigned alone;          /* steps that a continue of one vCPU may still make; 0: none */
    bool partly;             /* to gdb others than the stepped vCPU go on, but not all */
    VTime stepped_at; /* the ensemble's time when the step began; -1: gdb knows that all move */
    char *moved;      /* gdb_moved_all(): what its next resume shows; NULL: nothing */
    bool begun;       /* the first packet was served */
    bool extended;    /* gdb stays when it has detached from every process */
    bool running;     /* gdb waits for a stop reply */
    bool interrupted; /* gdb has sent 0x03 */
    bool ending;      /* metronome ends: gdb_end_all() */
    bool holding;     /* run_hold(): the node must not move */
    bool serving;     /* run_service() is about to call serve() */
    bool answering;   /* serve() is on the stack */
    bool doomed;      /* freed by a command that it is answering: serve() frees it */
};

static void drop(GdbEndpoint *e);

/* Refuses a resume and shows the reason: gdb shows target output while a resume is under way. */
static void refuse_resume(GdbEndpoint *e, const char *code, const char *why)
{
    g_autofree char *text = g_strdup_printf("metronome: %s\n", why);

    gdb_peer_report(e->peer, text);
    gdb_peer_reply_text(e->peer, code);
}

/* --- stops --- */

/* Sends a stop reply. signal 0: the node itself has no reason to stop. */
static void reply_stop(GdbEndpoint *e, GdbProcess *process, unsigned signal, const GdbStop *stop)
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

/* The node has left the ensemble: reports to gdb that the process has ended. A gdb that has others
 * has then one process less. */
static void reply_end(GdbEndpoint *e, GdbProcess *process)
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

void gdb_end_all(Session *s)
{
    for (unsigned i = 0; s->endpoints && i < s->endpoints->len; i++)
        ((GdbEndpoint *)s->endpoints->pdata[i])->ending = true;
}

void gdb_report_all(const Session *s, const char *line)
{
    g_autofree char *text = g_strdup_printf("metronome: %s\n", line);

    for (unsigned i = 0; s->endpoints && i < s->endpoints->len; i++) {
        const GdbEndpoint *e = s->endpoints->pdata[i];

        if (e->running)
            gdb_peer_report(e->peer, text);
    }
}

void gdb_moved_all(const Session *s, const char *line)
{
    gdb_drop_lost(s);
    for (unsigned i = 0; s->endpoints && i < s->endpoints->len; i++) {
        GdbEndpoint *e = s->endpoints->pdata[i];

        if (gdb_processes_count(e->processes) == 0)
            continue;
        g_free(e->moved);
        e->moved = g_strdup_printf("metronome: %s\n", line);
    }
}

/* The stop that a gdb has not seen yet. Nothing runs. */
static void reply_moved(GdbEndpoint *e)
{
    gdb_peer_report(e->peer, e->moved);
    g_clear_pointer(&e->moved, g_free);
    reply_stop(e, gdb_processes_current(e->processes), 0, NULL);
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
        reply_end(e, ended);
    else if (stopped)
        reply_stop(e, stopped, GDB_SIGNAL_TRAP, &debug_hit(stopped->node)->stop);
    else
        reply_stop(e, current, e->interrupted ? GDB_SIGNAL_INT : 0, NULL);
}

static void end_run(GdbEndpoint *e, const RunOutcome *o, GdbProcess *only)
{
    report_why(e, o);
    e->running = false;
    gdb_processes_moved(e->processes);
    if (e->ending) {
        g_autofree char *end = g_strdup_printf(
            "W00;process:%" PRIx64, (uint64_t)shown_pid(e, gdb_processes_current(e->processes)));

        gdb_peer_reply_text(e->peer, end);
    } else {
        reply_run_stop(e, o, only);
    }
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

/* The end of a step. A step that was completed needs no reason for its stop. */
static void on_step_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;
    GdbStop stop = {.has_thread = true, .thread = e->stepped};
    bool reached = o->end == RUN_REACHED && gdb_process_is_live(e->stepping);
    unsigned signal = GDB_SIGNAL_TRAP;

    if (e->stepping->node)
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
    reply_stop(e, e->stepping, signal, &stop);
}

static void on_held_run_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;

    (void)o;
    e->holding = false;
}

/* Holds the active run for a gdb whose node stands: no other gdb may run the node. */
static void hold(void *endpoint, void *data)
{
    GdbEndpoint *e = endpoint;

    (void)data;
    if (gdb_processes_count(e->processes) > 0 && gdb_peer_has_spoken(e->peer) && !e->running &&
        !e->holding)
        e->holding = run_hold(e->session, on_held_run_done, e);
}

static void release(GdbEndpoint *e)
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
    release(e);
    if (run_active(e->session)) {
        run_join(e->session, on_run_done, e);
    } else if (run_start(e->session, &spec, on_run_done, e, &error)) {
        g_ptr_array_foreach(e->session->endpoints, hold, NULL);
    } else {
        e->running = false;
        refuse_resume(e, "E01", error->message);
        return;
    }
    if (run_held(e->session))
        gdb_peer_report(e->peer, "metronome: all stand until every attached gdb continues\n");
}

/* Steps one vCPU. The node's other vCPUs do not run meanwhile. */
static void make_step(GdbEndpoint *e)
{
    DebugView *view = e->stepping->view;
    const GArray *threads = debug_threads_all(debug_view_threads(view), NULL);
    Node *n = e->stepping->node;
    RunGoal goal = {.time = {RUN_FOR_EVER},
                    .node = n,
                    .step = true,
                    .vcpu = threads && threads->len > 1 ? (int)e->vcpu : -1,
                    .manner = debug_view_masks(view) ? STEP_MASKED : STEP_LIVE};
    g_autoptr(GError) error = NULL;

    g_assert(n); /* only a process that is live is stepped */
    rest_settle(n);
    goal.insns.n = n->clock.icount.n + 1;
    e->steps = (JournalSteps){goal.vcpu, goal.manner == STEP_MASKED, n->clock.icount,
                              engine_now(e->session->engine)};
    e->running = n->icount.enabled && run_step(e->session, &goal, on_step_done, e, &error);
    if (!e->running)
        refuse_resume(e, "E01", error ? error->message : "no single step without icount");
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
        refuse_resume(e, error ? "E01" : "E22", error ? error->message : "there is no such vCPU");
        break;
    case GDB_RESUME_PART:
        refuse_resume(
            e, "E22",
            named ? "either all vCPUs go on or one makes a step: `set scheduler-locking off`"
                  : "no node goes on without the others: `set schedule-multiple on`");
        break;
    }
}

/* A resume. What gdb has not been told yet comes first: then nothing runs. */
static void begin_resume(GdbEndpoint *e, const GdbRequest *request)
{
    GdbProcess *ended = gdb_processes_ended(e->processes, request), *untold;

    if (gdb_processes_count(e->processes) == 0)
        gdb_peer_reply_text(e->peer, "E01");
    else if (ended)
        reply_end(e, ended);
    else if (e->moved)
        reply_moved(e);
    else if ((untold = gdb_processes_untold(e->processes, request)) != NULL)
        reply_stop(e, untold, GDB_SIGNAL_TRAP, &debug_hit(untold->node)->stop);
    else
        resume(e, request);
}

/* --- the rest --- */

static void on_monitor_done(const char *output, void *data)
{
    GdbEndpoint *e = data;

    e->monitor = NULL;
    if (*output)
        gdb_peer_report(e->peer, output);
    gdb_peer_reply_text(e->peer, "OK");
}

/* The name of a register by the number of its packet. */
static const char *register_name(const Node *n, unsigned number)
{
    const GArray *all = gdb_register_list(debug_client(n), NODE_REPLY_MS, NULL);

    for (unsigned i = 0; all && i < all->len; i++)
        if (g_array_index(all, GdbRegister, i).regnum == number)
            return g_array_index(all, GdbRegister, i).name;
    return NULL;
}

/* What gdb has written goes into the journal. */
static void note_write(GdbEndpoint *e, const GdbProcess *process, const GdbRequest *r)
{
    unsigned vcpu = debug_view_vcpu(process->view);

    if (r->kind == GDB_REQUEST_WRITE_MEMORY)
        journal_memory(e->session, process->node, vcpu, JOURNAL_BY_GDB, r->address,
                       debug_view_physical(process->view), r->bytes->data, r->bytes->len);
    else if (r->kind == GDB_REQUEST_WRITE_REGISTER)
        journal_register(e->session, process->node, vcpu, JOURNAL_BY_GDB,
                         register_name(process->node, r->number), r->bytes->data, r->bytes->len);
    else if (r->kind == GDB_REQUEST_WRITE_REGISTERS)
        journal_register(e->session, process->node, vcpu, JOURNAL_BY_GDB, NULL, r->bytes->data,
                         r->bytes->len);
}

static void reply_answer(GdbEndpoint *e, const GdbRequest *request)
{
    const GdbProcess *process; /* the one that was asked */
    g_autoptr(GString) answer = g_string_new(NULL);

    gdb_processes_answer(e->processes, request, answer);
    process = gdb_processes_current(e->processes);
    if (process && process->node && strcmp(answer->str, "OK") == 0)
        note_write(e, process, request);
    if (process && process->view && debug_view_problem(process->view))
        log_info("gdb of node %s: %s", process->name, debug_view_problem(process->view));
    gdb_peer_reply(e->peer, answer->str, answer->len);
}

/* Answers `?` here: QEMU's gdbstub would remove the points of all gdbs and commands. */
static void send_halt_reason(GdbEndpoint *e)
{
    GdbProcess *process = gdb_processes_current(e->processes);
    const DebugHit *hit = process && process->node ? debug_hit(process->node) : NULL;

    if (!process)
        gdb_peer_reply_text(e->peer, "W00");
    else if (gdb_process_is_live(process))
        reply_stop(e, process, GDB_SIGNAL_TRAP, hit ? &hit->stop : NULL);
    else
        reply_end(e, process);
}

/* `target extended-remote`: gdb begins without a process, and attaches to each that it wants. (gdb
 * 13 ignores stops of the process that it finds at such a connection, until it was the current one
 * at a resume: infrun.c, STOP_QUIETLY_REMOTE.) */
static void extend(GdbEndpoint *e)
{
    if (!e->node && !e->extended) {
        gdb_processes_clear(e->processes);
        release(e);
    }
    e->extended = !e->node;
    gdb_peer_reply_text(e->peer, e->extended ? "OK" : "");
}

/* One of all nodes, or one that was added since, joins. */
static void attach(GdbEndpoint *e, const GdbRequest *request)
{
    g_autoptr(GError) error = NULL;
    GdbProcess *process;

    if (e->node) {
        gdb_peer_reply_text(e->peer, "");
        return;
    }
    process = gdb_processes_attach(e->processes, request->process, &error);
    if (!process) {
        log_warn("gdb of all nodes: %s", error->message);
        gdb_peer_reply_text(e->peer, "E01");
        return;
    }
    if (gdb_processes_count(e->processes) == 1) /* the first one: gdb knows of no earlier stop */
        g_clear_pointer(&e->moved, g_free);
    hold(e, NULL);
    reply_stop(e, process, 0, NULL);
}

/* metronome owns QEMU: a gdb that ends does not end QEMU. */
static void detach(GdbEndpoint *e, const GdbRequest *request)
{
    bool one = !e->node && request->process > 0;
    GdbProcess *process = one ? gdb_processes_find(e->processes, request->process) : NULL;

    if (one && !process) {
        gdb_peer_reply_text(e->peer, "E01");
        return;
    }
    gdb_peer_reply_text(e->peer, "OK");
    if (process)
        gdb_processes_detach(e->processes, process);
    if (process && gdb_processes_count(e->processes) > 0)
        return;
    if (process && e->extended)
        release(e);
    else
        drop(e);
}

/* The node whose QEMU a line of its monitor is for; NULL: it is not known which gdb's user means. */
static Node *spoken_to(const GdbEndpoint *e)
{
    const GdbProcess *process = gdb_processes_current(e->processes);

    return process && gdb_processes_count(e->processes) == 1 ? process->node : NULL;
}

static void handle(GdbEndpoint *e, const GdbRequest *request)
{
    switch (request->kind) {
    case GDB_REQUEST_MONITOR:
        e->monitor =
            e->events->monitor(e->session, spoken_to(e), (const char *)request->bytes->data,
                               request->bytes->len, on_monitor_done, e);
        break;
    case GDB_REQUEST_NO_ACKS:
        gdb_peer_reply_text(e->peer, "OK");
        gdb_peer_no_acks(e->peer);
        break;
    case GDB_REQUEST_EXTENDED:
        extend(e);
        break;
    case GDB_REQUEST_ATTACH:
        attach(e, request);
        break;
    case GDB_REQUEST_DETACH:
    case GDB_REQUEST_KILL:
        detach(e, request);
        break;
    case GDB_REQUEST_END:
        drop(e);
        break;
    case GDB_REQUEST_HALT_REASON:
        send_halt_reason(e);
        break;
    case GDB_REQUEST_RESUME:
        begin_resume(e, request);
        break;
    default:
        reply_answer(e, request);
    }
}

static const char *name_of(const GdbEndpoint *e)
{
    return e->node ? e->node->name : "all";
}

/* At the first packet of a gdb: attaches it to the node, or to the first of all. False: that is not
 * possible, and the connection is closed. */
static bool begin(GdbEndpoint *e)
{
    g_autoptr(GError) error = NULL;

    if (e->begun)
        return true;
    if (!gdb_processes_begin(e->processes, &error)) {
        log_warn("%s", error->message);
        drop(e);
        return false;
    }
    e->begun = true;
    log_info("gdb attached to node %s", name_of(e));
    hold(e, NULL);
    return true;
}

/* Answers packets. The ensemble is at rest. */
static void serve(void *data)
{
    GdbEndpoint *e = data;

    e->serving = false;
    e->answering = true;
    while (!e->running && !e->monitor && gdb_peer_waits(e->peer) && begin(e)) {
        g_autoptr(GBytes) packet = gdb_peer_next(e->peer);
        GdbRequest request;
        gsize size;
        const char *text = g_bytes_get_data(packet, &size);

        gdb_request_parse(&request, text, size - 1);
        handle(e, &request);
        gdb_request_clear(&request);
    }
    e->answering = false;
    if (e->doomed)
        gdb_endpoint_free(e);
}

static void on_arrived(void *data)
{
    GdbEndpoint *e = data;

    if (e->serving || e->answering || e->running || e->monitor)
        return;
    e->serving = true;
    run_service(e->session, serve, e);
}

static void on_interrupted(void *data)
{
    GdbEndpoint *e = data;

    if (!e->running)
        return;
    e->interrupted = true;
    run_pause(e->session, "interrupted in gdb");
}

/* --- coming and going --- */

static void clean_up(void *data)
{
    GdbEndpoint *e = data;

    gdb_processes_clear(e->processes);
    e->begun = e->extended = false;
    g_clear_pointer(&e->moved, g_free);
    if (!e->closing)
        e->events->gone(e->events_data);
}

/* Ends a connection. A run that this gdb waited for is paused, and the gdb's points are removed. */
static void drop(GdbEndpoint *e)
{
    bool was_gdb = gdb_peer_has_spoken(e->peer);

    gdb_peer_close(e->peer);
    if (!was_gdb)
        return;
    if (e->monitor)
        e->events->forget(e->monitor);
    e->monitor = NULL;
    if (e->running) {
        g_autofree char *why = g_strdup_printf("gdb of node %s went away", name_of(e));

        run_leave(e->session, e);
        run_pause(e->session, why);
    }
    e->running = false;
    release(e);
    log_info("gdb of node %s is gone", name_of(e));
    run_service(e->session, clean_up, e);
}

/* Accepts a connection. It replaces a connection that has sent no packet yet. A gdb keeps its
 * connection. */
static gboolean on_connect(gint fd, GIOCondition condition, gpointer data)
{
    GdbEndpoint *e = data;
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    (void)condition;
    if (peer < 0)
        return G_SOURCE_CONTINUE;
    if (gdb_peer_has_spoken(e->peer) || (e->node && !node_is_live(e->node))) {
        log_warn("node %s: a second gdb, or one for a node that is not there, is turned away",
                 name_of(e));
        close(peer);
        return G_SOURCE_CONTINUE;
    }
    gdb_peer_close(e->peer);
    e->running = e->interrupted = e->holding = false;
    gdb_peer_open(e->peer, peer);
    return G_SOURCE_CONTINUE;
}

static void on_peer_gone(void *data)
{
    drop(data);
}

static const GdbPeerEvents peer_events = {on_arrived, on_interrupted, on_peer_gone};

GdbEndpoint *gdb_endpoint_new(Session *session, Node *node, const char *path, unsigned port,
                              const GdbEndpointEvents *events, void *data, GError **error)
{
    g_autoptr(GdbListener) listener = gdb_listener_new(path, port, error);
    GdbEndpoint *e;

    if (!listener)
        return NULL;
    e = g_new0(GdbEndpoint, 1);
    e->session = session;
    e->node = node;
    e->events = events;
    e->events_data = data;
    e->processes = gdb_processes_new(session, node);
    e->peer = gdb_peer_new(&peer_events, e);
    e->listener = g_steal_pointer(&listener);
    e->listen_source = g_unix_fd_add(gdb_listener_fd(e->listener), G_IO_IN, on_connect, e);
    return e;
}

void gdb_endpoint_free(GdbEndpoint *e)
{
    if (!e)
        return;
    e->closing = true;
    drop(e);
    e->doomed = e->answering;
    if (e->doomed)
        return;
    g_source_remove(e->listen_source);
    gdb_listener_free(e->listener);
    gdb_peer_free(e->peer);
    gdb_processes_free(e->processes);
    g_free(e->moved);
    g_free(e);
}

void gdb_drop_lost(const Session *s)
{
    for (unsigned i = 0; s->endpoints && i < s->endpoints->len; i++) {
        GdbEndpoint *e = s->endpoints->pdata[i];

        if (gdb_processes_lost(e->processes))
            drop(e);
    }
}

void gdb_forget_node(const Session *s, const Node *node)
{
    for (unsigned i = 0; s->endpoints && i < s->endpoints->len; i++) {
        GdbEndpoint *e = s->endpoints->pdata[i];

        if (!e->node)
            gdb_processes_forget(e->processes, node);
    }
}

const Node *gdb_endpoint_node(const GdbEndpoint *e)
{
    return e->node;
}

const char *gdb_endpoint_address(const GdbEndpoint *e)
{
    return gdb_listener_address(e->listener);
}

char *gdb_endpoint_script(const GdbEndpoint *e)
{
    return gdb_processes_script(e->processes, gdb_endpoint_address(e));
}

bool gdb_endpoint_attached(const GdbEndpoint *e)
{
    return gdb_peer_has_spoken(e->peer) || gdb_processes_count(e->processes) > 0;
}
