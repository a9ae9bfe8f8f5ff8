/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-endpoint.c: answers a gdb. Packets are parsed to typed requests (gdbstub-client/request.h).
 * The processes of this gdb (gdb-processes.h) answer requests that concern a node alone; this file
 * answers the others. No byte of a packet is passed on to QEMU.
 */
#include "controller/gdbserver/gdb-endpoint-private.h"

#include "controller/base/log.h"
#include "controller/past/reverse.h"
#include "controller/qemu/debug.h"

#include <glib-unix.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
static void drop(GdbEndpoint *e);

/* Without a packet for its `remotetimeout`, which is 2 s, gdb takes the connection for broken. */
#define PATIENCE_S 1

static gboolean ask_for_patience(gpointer data)
{
    const GdbEndpoint *e = data;

    gdb_peer_reply_text(e->peer, "O"); /* output of no bytes */
    return G_SOURCE_CONTINUE;
}

static void forget_monitor(GdbEndpoint *e)
{
    e->monitor = NULL;
    g_clear_handle_id(&e->patience, g_source_remove);
}

static void on_monitor_done(const char *output, void *data)
{
    GdbEndpoint *e = data;

    forget_monitor(e);
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
        endpoint_tell_stop(e, process, GDB_SIGNAL_TRAP, hit ? &hit->stop : NULL);
    else
        endpoint_tell_end(e, process);
}

/* `target extended-remote`: gdb begins without a process, and attaches to each that it wants. (gdb
 * 13 ignores stops of the process that it finds at such a connection, until it was the current one
 * at a resume: infrun.c, STOP_QUIETLY_REMOTE.) */
static void extend(GdbEndpoint *e)
{
    if (!e->node && !e->extended) {
        gdb_processes_clear(e->processes);
        endpoint_release(e);
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
    endpoint_hold(e);
    endpoint_tell_stop(e, process, 0, NULL);
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
        endpoint_release(e);
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
        if (e->monitor)
            e->patience = g_timeout_add_seconds(PATIENCE_S, ask_for_patience, e);
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
        endpoint_resume(e, request);
        break;
    case GDB_REQUEST_REVERSE_STEP:
    case GDB_REQUEST_REVERSE_RESUME:
        endpoint_reverse(e, request);
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
    endpoint_hold(e);
    return true;
}

static void interrupt(GdbEndpoint *e)
{
    e->interrupted = true;
    e->early = false;
    if (e->back == GDB_BACK_NOT)
        run_pause(e->session, "interrupted in gdb");
    else if (e->back == GDB_BACK_GOING)
        reverse_interrupt(e->session);
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
        if (e->running && e->early)
            interrupt(e);
    }
    e->early = e->early && (e->monitor || gdb_peer_waits(e->peer));
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
    reverse_service(e->session, serve, e);
}

static void on_interrupted(void *data)
{
    GdbEndpoint *e = data;

    if (e->running)
        interrupt(e);
    else
        e->early = gdb_peer_waits(e->peer);
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
    forget_monitor(e);
    if (e->back != GDB_BACK_NOT) {
        endpoint_leave_reverse(e);
    } else if (e->running) {
        g_autofree char *why = g_strdup_printf("gdb of node %s went away", name_of(e));

        run_leave(e->session, e);
        run_pause(e->session, why);
    }
    e->running = false;
    endpoint_release(e);
    log_info("gdb of node %s is gone", name_of(e));
    reverse_service(e->session, clean_up, e);
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
    e->running = e->interrupted = e->early = e->holding = false;
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

        if (gdb_processes_count(e->processes) == 0 || e->back == GDB_BACK_GOING)
            continue; /* nobody is there, or it waits for a stop anyway */
        g_free(e->moved);
        e->moved = g_strdup_printf("metronome: %s\n", line);
    }
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
