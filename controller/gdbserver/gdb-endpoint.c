/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-endpoint.c: answers a gdb. Packets are parsed to typed requests (gdbstub-client/request.h).
 * The endpoint's view of the node (engine/debug-view.h) answers requests that concern the node
 * alone; this file answers the others. No byte of a packet is passed on to QEMU.
 */
#include "controller/gdbserver/gdb-endpoint.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/engine/debug-view.h"
#include "controller/engine/rest.h"
#include "controller/gdbserver/gdb-listen.h"
#include "controller/gdbserver/gdb-peer.h"
#include "controller/qemu/debug.h"
#include "controller/run/run.h"
#include "controller/session/journal.h"

#include <glib-unix.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

struct GdbEndpoint {
    Session *session;
    Node *node;
    GdbListener *listener;
    unsigned listen_source;
    const GdbEndpointEvents *events;
    bool closing; /* gdb_endpoint_free() was called: no event is called any more */
    void *events_data;

    /* the gdb that is attached */
    GdbPeer *peer;
    DebugView *view;     /* NULL until the first packet is served */
    GdbMonitor *monitor; /* the command that is being carried out */
    GdbThread stepped;   /* the vCPU that the present step moves */
    JournalSteps steps;  /* where that began */
    char *moved;         /* gdb_moved_all(): what its next resume shows; NULL: nothing */
    bool running;        /* gdb waits for a stop reply */
    bool interrupted;    /* gdb has sent 0x03 */
    bool ending;         /* metronome ends: gdb_end_all() */
    bool holding;        /* run_hold(): the node must not move */
    bool serving;        /* run_service() is about to call serve() */
    bool answering;      /* serve() is on the stack */
    bool doomed;         /* freed by a command that it is answering: serve() frees it */
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
static void reply_stop(GdbEndpoint *e, unsigned signal, const GdbStop *stop)
{
    static const char *const watches[] = {NULL, "watch", "rwatch", "awatch"};
    DebugThreads *threads = debug_view_threads(e->view);
    g_autoptr(GString) text = g_string_new(NULL);

    debug_threads_moved(threads, stop && stop->has_thread ? &stop->thread : NULL);
    g_string_append_printf(text, "T%02x", signal);
    debug_threads_append(threads, text);
    if (stop && stop->watch != GDB_WATCH_NONE)
        g_string_append_printf(text, "%s:%" PRIx64 ";", watches[stop->watch], stop->address);
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

/* The node has left the ensemble: reports to gdb that the process has ended. */
static void reply_end(GdbEndpoint *e)
{
    NodeState state = e->node->state;
    g_autofree char *text =
        g_strdup_printf("metronome: node %s is %s\n", e->node->name, node_state_name(state));
    g_autofree char *end = g_strdup_printf(
        "%c%02x;process:1", state == NODE_OFF ? 'W' : 'X',
        state == NODE_OFF ? (unsigned)MAX(0, e->node->exit_status) & 0xff : signal_of(state));

    gdb_peer_report(e->peer, text);
    gdb_peer_reply_text(e->peer, end);
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

        if (!e->view)
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
    reply_stop(e, 0, NULL);
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

static void on_run_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;
    const DebugHit *hit = debug_hit(e->node);
    bool interrupted = e->interrupted;

    report_why(e, o);
    e->running = e->interrupted = false;
    if (e->ending)
        gdb_peer_reply_text(e->peer, "W00;process:1");
    else if (!node_is_live(e->node))
        reply_end(e);
    else if (o->end == RUN_BROKE && hit)
        reply_stop(e, GDB_SIGNAL_TRAP, &hit->stop);
    else if (interrupted)
        reply_stop(e, GDB_SIGNAL_INT, NULL);
    else
        reply_stop(e, 0, NULL);
    if (o->end == RUN_FAILED && o->unattended)
        e->events->failed(o->error, e->events_data);
}

/* The end of a step. A step that was completed needs no reason for its stop. */
static void on_step_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;
    GdbStop stop = {.has_thread = true, .thread = e->stepped};

    journal_steps(e->session, e->node, JOURNAL_BY_GDB, &e->steps);
    if (o->end != RUN_REACHED || !node_is_live(e->node)) {
        debug_threads_moved(debug_view_threads(e->view), &e->stepped);
        on_run_done(o, data);
        return;
    }
    e->running = e->interrupted = false;
    reply_stop(e, GDB_SIGNAL_TRAP, &stop);
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
    if (e->view && gdb_peer_has_spoken(e->peer) && !e->running && !e->holding)
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
static void step(GdbEndpoint *e, const GArray *threads, unsigned vcpu)
{
    const Node *n = e->node;
    RunGoal goal = {.time = {RUN_FOR_EVER},
                    .node = e->node,
                    .step = true,
                    .vcpu = threads->len > 1 ? (int)vcpu : -1,
                    .manner = debug_view_masks(e->view) ? STEP_MASKED : STEP_LIVE};
    g_autoptr(GError) error = NULL;

    rest_settle(e->node);
    goal.insns.n = n->clock.icount.n + 1;
    e->steps = (JournalSteps){goal.vcpu, goal.manner == STEP_MASKED, n->clock.icount,
                              engine_now(e->session->engine)};
    e->interrupted = false;
    e->stepped = g_array_index(threads, GdbThread, vcpu);
    e->running = n->icount.enabled && run_step(e->session, &goal, on_step_done, e, &error);
    if (!e->running)
        refuse_resume(e, "E01", error ? error->message : "no single step without icount");
}

static void resume(GdbEndpoint *e, const GdbRequest *request)
{
    DebugThreads *threads = debug_view_threads(e->view);
    g_autoptr(GError) error = NULL;
    const GArray *all = debug_threads_all(threads, &error);
    unsigned vcpu = 0;
    GdbResume what = all ? gdb_request_resume(request, all, &vcpu) : GDB_RESUME_UNKNOWN;

    if (!all || (what == GDB_RESUME_STEP_ANY && !debug_threads_choose(threads, &vcpu, &error))) {
        refuse_resume(e, "E01", error->message);
        return;
    }
    switch (what) {
    case GDB_RESUME_ALL:
        go_on(e);
        break;
    case GDB_RESUME_STEP:
    case GDB_RESUME_STEP_ANY:
        step(e, all, vcpu);
        break;
    case GDB_RESUME_UNKNOWN:
        refuse_resume(e, "E22", "there is no such vCPU");
        break;
    case GDB_RESUME_PART:
        refuse_resume(e, "E22",
                      "either all vCPUs go on or one makes a step: `set scheduler-locking off`");
        break;
    }
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
static void note_write(GdbEndpoint *e, const GdbRequest *r)
{
    unsigned vcpu = debug_view_vcpu(e->view);

    if (r->kind == GDB_REQUEST_WRITE_MEMORY)
        journal_memory(e->session, e->node, vcpu, JOURNAL_BY_GDB, r->address,
                       debug_view_physical(e->view), r->bytes->data, r->bytes->len);
    else if (r->kind == GDB_REQUEST_WRITE_REGISTER)
        journal_register(e->session, e->node, vcpu, JOURNAL_BY_GDB,
                         register_name(e->node, r->number), r->bytes->data, r->bytes->len);
    else if (r->kind == GDB_REQUEST_WRITE_REGISTERS)
        journal_register(e->session, e->node, vcpu, JOURNAL_BY_GDB, NULL, r->bytes->data,
                         r->bytes->len);
}

static void ask_view(GdbEndpoint *e, const GdbRequest *request)
{
    g_autoptr(GString) answer = g_string_new(NULL);

    debug_view_answer(e->view, request, answer);
    if (strcmp(answer->str, "OK") == 0)
        note_write(e, request);
    if (debug_view_problem(e->view))
        log_info("gdb of node %s: %s", e->node->name, debug_view_problem(e->view));
    if (request->kind == GDB_REQUEST_SUPPORTED)
        g_string_append(answer, ";QStartNoAckMode+");
    gdb_peer_reply(e->peer, answer->str, answer->len);
}

/* Answers `?` here: QEMU's gdbstub would remove the points of all gdbs and commands. */
static void send_halt_reason(GdbEndpoint *e)
{
    const DebugHit *hit = debug_hit(e->node);

    if (node_is_live(e->node))
        reply_stop(e, GDB_SIGNAL_TRAP, hit ? &hit->stop : NULL);
    else
        reply_end(e);
}

static void handle(GdbEndpoint *e, const GdbRequest *request)
{
    switch (request->kind) {
    case GDB_REQUEST_MONITOR:
        e->monitor = e->events->monitor(e->session, e->node, (const char *)request->bytes->data,
                                        request->bytes->len, on_monitor_done, e);
        break;
    case GDB_REQUEST_NO_ACKS:
        gdb_peer_reply_text(e->peer, "OK");
        gdb_peer_no_acks(e->peer);
        break;
    case GDB_REQUEST_DETACH: /* metronome owns QEMU: a gdb that ends does not end QEMU */
    case GDB_REQUEST_KILL:
        gdb_peer_reply_text(e->peer, "OK");
        drop(e);
        break;
    case GDB_REQUEST_END:
        drop(e);
        break;
    case GDB_REQUEST_HALT_REASON:
        send_halt_reason(e);
        break;
    case GDB_REQUEST_RESUME:
        if (!node_is_live(e->node))
            reply_end(e);
        else if (e->moved)
            reply_moved(e);
        else
            resume(e, request);
        break;
    default:
        if (node_is_live(e->node))
            ask_view(e, request);
        else
            gdb_peer_reply_text(e->peer, "E01");
    }
}

/* At the first packet of a gdb: makes its view of the node. False: there can be none, and the
 * connection is closed. */
static bool begin(GdbEndpoint *e)
{
    g_autoptr(GError) error = NULL;
    const DebugHit *hit = debug_hit(e->node);

    if (e->view)
        return true;
    if (!(e->view = debug_view_new(e->node, &error))) {
        log_warn("%s", error->message);
        drop(e);
        return false;
    }
    if (hit && hit->stop.has_thread)
        debug_threads_moved(debug_view_threads(e->view), &hit->stop.thread);
    log_info("gdb attached to node %s", e->node->name);
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

    g_clear_pointer(&e->view, debug_view_free);
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
        g_autofree char *why = g_strdup_printf("gdb of node %s went away", e->node->name);

        run_leave(e->session, e);
        run_pause(e->session, why);
    }
    e->running = false;
    release(e);
    log_info("gdb of node %s is gone", e->node->name);
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
    if (gdb_peer_has_spoken(e->peer) || !node_is_live(e->node)) {
        log_warn("node %s: a second gdb, or one for a node that is not there, is turned away",
                 e->node->name);
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
    g_free(e->moved);
    g_free(e);
}

void gdb_drop_lost(const Session *s)
{
    for (unsigned i = 0; s->endpoints && i < s->endpoints->len; i++) {
        GdbEndpoint *e = s->endpoints->pdata[i];

        if (e->view && !debug_client(e->node))
            drop(e);
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

bool gdb_endpoint_attached(const GdbEndpoint *e)
{
    return gdb_peer_has_spoken(e->peer) || e->view;
}
