/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-endpoint.c: an endpoint's socket, and who answers what its gdb asks. */
#include "controller/command/gdb-endpoint.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/command/gdb-monitor.h"
#include "controller/command/gdb-peer.h"
#include "controller/command/run.h"
#include "controller/engine/debug.h"
#include "gdbstub-client/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct {
    GdbPoint type;
    uint64_t address;
    unsigned kind;
} Point;

struct GdbEndpoint {
    Session *session;
    Node *node;
    char *address, *path;
    int listener;
    unsigned listen_source;
    GdbGoneFunc gone;
    void *gone_data;

    /* the gdb that is attached */
    GdbPeer *peer;
    bool using_stub;
    bool running;        /* it waits for a stop reply */
    bool interrupted;    /* it sent 0x03 */
    bool holding;        /* its node must not move: run_hold() */
    bool serving;        /* serve() is asked for */
    bool answering;      /* in serve() */
    bool doomed;         /* freed by the very command that it answers */
    unsigned sstep;      /* as gdb wants steps */
    GArray *points;      /* Point, set by this gdb */
    GdbMonitor *monitor; /* a command that goes on */
};

static void drop(GdbEndpoint *e);

static void refuse(GdbEndpoint *e, const char *why)
{
    log_info("gdb of node %s: %s", e->node->name, why);
    gdb_peer_reply_text(e->peer, "E01");
}

/* --- stops --- */

static void append_thread(const GdbEndpoint *e, GString *text, const GdbStop *stop)
{
    GdbClient *gdb = debug_client(e->node);
    g_autoptr(GArray) threads = NULL;
    GdbThread thread = {1, 1};

    if (stop && stop->has_thread)
        thread = stop->thread;
    else if ((threads = gdb_threads(gdb, NODE_REPLY_MS, NULL)) && threads->len > 0)
        thread = g_array_index(threads, GdbThread, 0);
    g_string_append_printf(text, "thread:p%02" PRIx64 ".%02" PRIx64 ";", (uint64_t)thread.pid,
                           (uint64_t)thread.tid);
}

/* signal 0: the node itself has no reason to stop. */
static void reply_stop(GdbEndpoint *e, unsigned signal, const GdbStop *stop)
{
    static const char *const watches[] = {NULL, "watch", "rwatch", "awatch"};
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "T%02x", signal);
    append_thread(e, text, stop);
    if (stop && stop->watch != GDB_WATCH_NONE)
        g_string_append_printf(text, "%s:%" PRIx64 ";", watches[stop->watch], stop->address);
    gdb_peer_reply_text(e->peer, text->str);
}

static void on_run_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;
    const DebugHit *hit = debug_hit(e->node);
    bool interrupted = e->interrupted;

    e->running = e->interrupted = false;
    if (o->why && !interrupted) {
        g_autofree char *now = units_format_seconds(engine_now(e->session->engine));
        g_autofree char *text =
            g_strdup_printf("metronome: %s; the ensemble stands at %s\n", o->why, now);
        gdb_peer_tell(e->peer, text);
    }
    if (o->end == RUN_ASLEEP)
        gdb_peer_tell(e->peer,
                      "metronome: the vCPU waits for an interrupt: `continue` lets time pass\n");
    if (e->node->state == NODE_OFF)
        gdb_peer_reply_text(e->peer, "W00;process:1");
    else if (e->node->state != NODE_PAUSED)
        gdb_peer_reply_text(e->peer, "X09;process:1");
    else if (o->end == RUN_BROKE && hit)
        reply_stop(e, GDB_SIGNAL_TRAP, &hit->stop);
    else if (interrupted)
        reply_stop(e, GDB_SIGNAL_INT, NULL);
    else
        reply_stop(e, 0, NULL);
}

/* A step's end; it has no reason to give. */
static void on_step_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;

    if (o->end != RUN_REACHED || e->node->state != NODE_PAUSED) {
        on_run_done(o, data);
        return;
    }
    e->running = e->interrupted = false;
    reply_stop(e, GDB_SIGNAL_TRAP, NULL);
}

static void on_held_run_done(const RunOutcome *o, void *data)
{
    GdbEndpoint *e = data;

    (void)o;
    e->holding = false;
}

/* For this gdb its node stands: no other may let it run. */
static void hold(void *endpoint, void *data)
{
    GdbEndpoint *e = endpoint;

    (void)data;
    if (gdb_peer_is_open(e->peer) && !e->running && !e->holding)
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
    RunSpec spec = {.goal = {.time = {RUN_FOR_EVER}}};
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
        refuse(e, error->message);
        return;
    }
    if (run_held(e->session))
        gdb_peer_tell(e->peer, "metronome: all stand until every attached gdb continues\n");
}

static void step(GdbEndpoint *e, int vcpu)
{
    const Node *n = e->node;
    RunGoal goal = {.time = {RUN_FOR_EVER},
                    .node = e->node,
                    .insns = {n->clock.icount.n + 1},
                    .step = true,
                    .vcpu = vcpu,
                    .manner = e->sstep & GDB_SSTEP_NOIRQ ? STEP_MASKED : STEP_LIVE};
    g_autoptr(GError) error = NULL;

    e->interrupted = false;
    e->running = n->icount.enabled && run_step(e->session, &goal, on_step_done, e, &error);
    if (!e->running)
        refuse(e, error ? error->message : "no single step without icount");
}

/* "vCont;s:p1.2;c": the step decides, the other vCPUs then stand still. */
static void resume(GdbEndpoint *e, const char *actions)
{
    g_auto(GStrv) parts = g_strsplit(actions, ";", -1);

    for (char **p = parts; *p; p++) {
        const char *dot = strchr(*p, '.');

        if (**p == 's' || **p == 'S') {
            int64_t tid = dot ? (int64_t)g_ascii_strtoull(dot + 1, NULL, 16) : 0;

            step(e, dot && tid > 0 && dot[1] != '-' ? (int)tid - 1 : -1);
            return;
        }
    }
    go_on(e);
}

/* --- points --- */

static void forget_points(GdbEndpoint *e)
{
    for (unsigned i = 0; i < e->points->len; i++) {
        const Point *p = &g_array_index(e->points, Point, i);

        if (node_is_live(e->node))
            debug_remove_point(e->node, p->type, p->address, p->kind, NULL);
    }
    g_array_set_size(e->points, 0);
}

static bool same(const Point *a, const Point *b)
{
    return a->type == b->type && a->address == b->address && a->kind == b->kind;
}

/* "Z0,addr,kind" */
static void change_point(GdbEndpoint *e, const char *packet)
{
    char *end;
    Point p = {.type = (GdbPoint)(packet[1] - '0')};
    g_autoptr(GError) error = NULL;
    bool ok = false;

    if (packet[1] < '0' || packet[1] > '4') {
        gdb_peer_reply_text(e->peer, "");
        return;
    }
    p.address = packet[2] == ',' ? g_ascii_strtoull(packet + 3, &end, 16) : 0;
    if (packet[2] != ',' || *end != ',') {
        gdb_peer_reply_text(e->peer, "E22");
        return;
    }
    p.kind = (unsigned)g_ascii_strtoull(end + 1, NULL, 16);
    if (*packet == 'Z') {
        ok = debug_add_point(e->node, p.type, p.address, p.kind, &error);
        if (ok)
            g_array_append_val(e->points, p);
    }
    for (unsigned i = 0; *packet == 'z' && !ok && i < e->points->len; i++) {
        if (!same(&p, &g_array_index(e->points, Point, i)))
            continue;
        g_array_remove_index(e->points, i);
        ok = debug_remove_point(e->node, p.type, p.address, p.kind, &error);
    }
    gdb_peer_reply_text(e->peer, ok ? "OK" : "E22");
}

/* --- the rest --- */

static void forward(GdbEndpoint *e, const char *packet, size_t size)
{
    g_autoptr(GString) answer = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    if (!gdb_forward(debug_client(e->node), packet, size, answer, NODE_REPLY_MS, &error)) {
        refuse(e, error->message);
        return;
    }
    if (g_str_has_prefix(packet, "qSupported"))
        g_string_append(answer, ";QStartNoAckMode+");
    gdb_peer_reply(e->peer, answer->str, answer->len);
}

static void on_monitor_done(const char *output, void *data)
{
    GdbEndpoint *e = data;

    e->monitor = NULL;
    if (*output)
        gdb_peer_tell(e->peer, output);
    gdb_peer_reply_text(e->peer, "OK");
}

static void monitor(GdbEndpoint *e, const char *hex)
{
    size_t length = strlen(hex);
    g_autofree char *text = g_malloc0(length / 2 + 1);

    if (length % 2 != 0 || !gdb_hex_decode(hex, length, (uint8_t *)text, length / 2)) {
        gdb_peer_reply_text(e->peer, "E22");
        return;
    }
    e->monitor = gdb_monitor_begin(e->session, e->node, text, on_monitor_done, e);
}

static void set_sstep(GdbEndpoint *e, const char *packet, size_t size)
{
    e->sstep = (unsigned)g_ascii_strtoull(strchr(packet, '=') + 1, NULL, 0);
    forward(e, packet, size);
}

static void leave(GdbEndpoint *e)
{
    gdb_peer_reply_text(e->peer, "OK");
    drop(e);
}

static void handle(GdbEndpoint *e, const char *packet, size_t size)
{
    const DebugHit *hit = debug_hit(e->node);

    if (strcmp(packet, "?") == 0) /* QEMU would remove all points of everybody */
        reply_stop(e, GDB_SIGNAL_TRAP, hit ? &hit->stop : NULL);
    else if (g_str_has_prefix(packet, "vCont;"))
        resume(e, packet + strlen("vCont;"));
    else if (*packet == 'c' || *packet == 'C')
        go_on(e);
    else if (*packet == 's' || *packet == 'S')
        step(e, -1);
    else if ((*packet == 'Z' || *packet == 'z') && size > 4)
        change_point(e, packet);
    else if (g_str_has_prefix(packet, "qRcmd,"))
        monitor(e, packet + strlen("qRcmd,"));
    else if (g_str_has_prefix(packet, "Qqemu.sstep="))
        set_sstep(e, packet, size);
    else if (strcmp(packet, "QStartNoAckMode") == 0)
        gdb_peer_reply_text(e->peer, "OK"), gdb_peer_no_acks(e->peer);
    else if (*packet == 'D' || g_str_has_prefix(packet, "vKill"))
        leave(e); /* QEMU is ours: gdb's end is not its end */
    else if (*packet == 'k')
        drop(e);
    else if (*packet == 'R' || *packet == '!' || g_str_has_prefix(packet, "vRun") ||
             g_str_has_prefix(packet, "vAttach"))
        gdb_peer_reply_text(e->peer, "");
    else
        forward(e, packet, size);
}

/* The ensemble is at rest. */
static void serve(void *data)
{
    GdbEndpoint *e = data;

    e->serving = false;
    e->answering = true;
    while (!e->running && !e->monitor && gdb_peer_waits(e->peer)) {
        g_autoptr(GBytes) packet = gdb_peer_next(e->peer);
        gsize size;
        const char *text = g_bytes_get_data(packet, &size);

        if (e->node->state == NODE_PAUSED)
            handle(e, text, size - 1);
        else
            gdb_peer_reply_text(e->peer, "E01");
    }
    e->answering = false;
    if (e->doomed)
        gdb_endpoint_free(e);
}

static void on_arrived(void *data)
{
    GdbEndpoint *e = data;

    if (e->serving || e->running || e->monitor)
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

    forget_points(e);
    if (e->using_stub)
        debug_release(e->node);
    e->using_stub = false;
    if (e->gone)
        e->gone(e->gone_data);
}

/* What it let run stops; its points are taken away. */
static void drop(GdbEndpoint *e)
{
    if (!gdb_peer_is_open(e->peer))
        return;
    gdb_peer_close(e->peer);
    if (e->monitor)
        gdb_monitor_forget(e->monitor);
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

static void begin(void *data)
{
    GdbEndpoint *e = data;
    g_autoptr(GError) error = NULL;

    if (e->using_stub || debug_use(e->node, &error)) {
        e->using_stub = true;
        hold(e, NULL);
        return;
    }
    log_warn("%s", error->message);
    drop(e);
}

static gboolean on_connect(gint fd, GIOCondition condition, gpointer data)
{
    GdbEndpoint *e = data;
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    (void)condition;
    if (peer < 0)
        return G_SOURCE_CONTINUE;
    if (gdb_endpoint_attached(e) || !node_is_live(e->node)) {
        log_warn("node %s: a second gdb, or one for a node that is not there, is turned away",
                 e->node->name);
        close(peer);
        return G_SOURCE_CONTINUE;
    }
    e->running = e->interrupted = e->serving = e->holding = false;
    e->sstep = GDB_SSTEP_ENABLE | GDB_SSTEP_NOIRQ | GDB_SSTEP_NOTIMER;
    gdb_peer_open(e->peer, peer);
    log_info("gdb attached to node %s", e->node->name);
    run_service(e->session, begin, e);
    return G_SOURCE_CONTINUE;
}

static int listen_unix(const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    fd_auto fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s' is too long for a unix socket",
                    path);
        return -1;
    }
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 1) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't listen on '%s': %s", path,
                    g_strerror(errno));
        return -1;
    }
    return fd_steal(&fd);
}

static int listen_tcp(unsigned port, GError **error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    fd_auto fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 1) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't listen on 127.0.0.1:%u: %s", port,
                    g_strerror(errno));
        return -1;
    }
    return fd_steal(&fd);
}

static void on_peer_gone(void *data)
{
    drop(data);
}

static const GdbPeerEvents peer_events = {on_arrived, on_interrupted, on_peer_gone};

GdbEndpoint *gdb_endpoint_new(Session *session, Node *node, const char *path, unsigned port,
                              GError **error)
{
    g_autoptr(GdbEndpoint) e = g_new0(GdbEndpoint, 1);

    e->session = session;
    e->node = node;
    e->peer = gdb_peer_new(&peer_events, e);
    e->points = g_array_new(FALSE, FALSE, sizeof(Point));
    e->listener = port ? listen_tcp(port, error) : listen_unix(path, error);
    if (e->listener < 0)
        return NULL;
    e->path = port ? NULL : g_strdup(path);
    e->address = port ? g_strdup_printf("127.0.0.1:%u", port) : g_strdup(path);
    e->listen_source = g_unix_fd_add(e->listener, G_IO_IN, on_connect, e);
    return g_steal_pointer(&e);
}

void gdb_endpoint_free(GdbEndpoint *e)
{
    if (!e)
        return;
    e->gone = NULL;
    drop(e);
    e->doomed = e->answering;
    if (e->doomed)
        return;
    if (e->listen_source)
        g_source_remove(e->listen_source);
    fd_clear(&e->listener);
    if (e->path)
        unlink(e->path);
    gdb_peer_free(e->peer);
    g_array_unref(e->points);
    g_free(e->path);
    g_free(e->address);
    g_free(e);
}

const Node *gdb_endpoint_node(const GdbEndpoint *e)
{
    return e->node;
}

const char *gdb_endpoint_address(const GdbEndpoint *e)
{
    return e->address;
}

bool gdb_endpoint_attached(const GdbEndpoint *e)
{
    return gdb_peer_is_open(e->peer) || e->using_stub;
}

void gdb_endpoint_on_gone(GdbEndpoint *e, GdbGoneFunc func, void *data)
{
    e->gone = func;
    e->gone_data = data;
}
