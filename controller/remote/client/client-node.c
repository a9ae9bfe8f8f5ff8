/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client-node.c: requests for one node of another host: its files, start, end, monitor, stub and
 * cards. Main thread, which waits for each answer. */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/network/network-state.h"
#include "controller/network/topology.h"
#include "controller/qemu/initrd.h"
#include "controller/qemu/option-keys.h"
#include "controller/remote/client/client-private.h"
#include "controller/remote/files.h"
#include "controller/remote/node-state.h"
#include "controller/remote/orders.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define PROGRESS_US (200 * 1000)
#define CUT_US      (5 * G_USEC_PER_SEC) /* limit for a cancelled copy to end by itself */

/* --- files --- */

/* Asks whether the host has a file with this content. *remote_path: its path, or the path to write
 * to. */
static bool ask_for_file(AgentClient *c, const char *sha256, uint64_t size, const char *path,
                         bool *exists, char **remote_path, GError **error)
{
    g_autoptr(GByteArray) request = g_byte_array_new();
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    gsize begun = message_begin(request, MSG_FILE);
    Reader r;

    put_text(request, sha256);
    put_u64(request, size);
    put_u8(request, !c->params.upload || c->params.shared);
    put_text(request, absolute);
    message_end(request, begun);
    if (!agent_client_request(c, request, &r, error))
        return false;
    *exists = get_u8(&r) != 0;
    *remote_path = get_text(&r);
    if (reader_done(&r, "file", error))
        return true;
    g_clear_pointer(remote_path, g_free);
    return false;
}

/* Shows the progress; false: the user wants to stop. Does not iterate the main loop, in which
 * requests of a gdb would be carried out in the middle of a command. */
static bool go_on(const AgentClient *c, const char *doing, const char *path, uint64_t done,
                  uint64_t size)
{
    const AgentClientParams *p = &c->params;

    if (p->on_progress)
        p->on_progress(c->remote.name, doing, path, done, size, p->user);
    return !agent_client_stop_requested(c);
}

static void progress_ends(const AgentClient *c)
{
    if (c->params.on_progress_end)
        c->params.on_progress_end(c->params.user);
}

typedef struct {
    const AgentClient *client;
    const char *path;
    gint64 next;
} Reading;

static bool on_read(uint64_t done, uint64_t size, void *data)
{
    Reading *r = data;

    if (g_get_monotonic_time() < r->next)
        return true;
    r->next = g_get_monotonic_time() + PROGRESS_US;
    return go_on(r->client, "reading", r->path, done, size);
}

static char *sum_up(const AgentClient *c, const char *path, uint64_t *size, GError **error)
{
    Reading reading = {c, path, g_get_monotonic_time() + PROGRESS_US};
    char *sha256 = files_sha256(path, size, on_read, &reading, error);

    progress_ends(c);
    return sha256;
}

static bool upload_over(AgentClient *c)
{
    gint64 until = g_get_monotonic_time() + PROGRESS_US;
    bool over;

    g_mutex_lock(&c->lock);
    while (c->job != JOB_NONE && g_cond_wait_until(&c->done, &c->lock, until))
        ;
    over = c->job == JOB_NONE;
    g_mutex_unlock(&c->lock);
    return over;
}

/* Waits for the end of the upload. True: the user has interrupted the upload, but SFTP did not
 * react, so that the connection was cut. */
static bool watch_upload(AgentClient *c, const char *path, uint64_t size)
{
    gint64 cancelled = 0;
    bool cut = false;

    while (!upload_over(c)) {
        if (!cancelled && !go_on(c, "copying", path, atomic_load(&c->sent), size)) {
            atomic_store(&c->cancel, true);
            cancelled = g_get_monotonic_time();
        }
        if (cancelled && !cut && c->params.cut && g_get_monotonic_time() - cancelled > CUT_US) {
            c->params.cut(c->params.data);
            cut = true;
        }
    }
    progress_ends(c);
    return cut;
}

static bool upload(AgentClient *c, const char *path, const char *remote_path, uint64_t size,
                   GError **error)
{
    atomic_store(&c->sent, 0);
    atomic_store(&c->cancel, false);
    c->failure = NULL;
    c->local_path = path;
    c->remote_path = remote_path;
    agent_client_submit(c, JOB_UPLOAD);
    if (watch_upload(c, path, size)) {
        g_clear_error(&c->failure);
        c->failure = g_error_new(NODE_ERROR, NODE_ERROR_INTERRUPTED,
                                 "interrupted while it was copied; as SFTP did not answer, the "
                                 "connection was cut");
    }
    if (!c->failure) {
        log_info("host %s: '%s' was copied, %" PRIu64 " bytes", c->remote.name, path, size);
        return true;
    }
    g_propagate_prefixed_error(error, g_steal_pointer(&c->failure),
                               "host %s: '%s': ", c->remote.name, path);
    return false;
}

/* Brings a file to the host. Returns its path there, to be freed with g_free(); NULL on failure. */
static char *bring(AgentClient *c, const char *path, GError **error)
{
    g_autofree char *sha256 = NULL, *remote_path = NULL, *after = NULL;
    uint64_t size;
    bool exists;

    if (!(sha256 = sum_up(c, path, &size, error)) ||
        !ask_for_file(c, sha256, size, path, &exists, &remote_path, error))
        return NULL;
    if (exists)
        return g_steal_pointer(&remote_path);
    if (!c->params.upload) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "host %s does not have '%s' with the same content, and nothing copies it there "
                    "but ssh= and from=slurm",
                    c->remote.name, path);
        return NULL;
    }
    if (!upload(c, path, remote_path, size, error) ||
        !ask_for_file(c, sha256, size, path, &exists, &after, error))
        return NULL;
    if (exists)
        return g_steal_pointer(&after);
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "host %s: '%s' did not arrive as it is here",
                c->remote.name, path);
    return NULL;
}

/* --- start and end --- */

static void add_tunnel(AgentClient *c, Node *node, uint8_t type, int fd)
{
    Tunnel t = {node, type, fd};

    g_mutex_lock(&c->lock);
    g_array_append_val(c->tunnels, t);
    g_mutex_unlock(&c->lock);
}

/* type: those of this type alone; 0: all. */
static void remove_tunnels(AgentClient *c, const Node *node, uint8_t type)
{
    g_mutex_lock(&c->lock);
    for (guint i = c->tunnels->len; i-- > 0;) {
        const Tunnel *t = &g_array_index(c->tunnels, Tunnel, i);

        if (t->node != node || (type != 0 && t->type != type))
            continue;
        close(t->fd);
        g_array_remove_index(c->tunnels, i);
    }
    g_mutex_unlock(&c->lock);
}

/* Keys that the other host does not get: it is this host's matter, or another key has it. */
static bool stays_here(const NodeOptions *o, const char *key)
{
    return strcmp(key, "host") == 0 || (strcmp(key, "initrd") == 0 && o->files);
}

/* files= travels as a whole initrd=, which stays in the node's folder here as long as the node. */
static bool put_options(AgentClient *c, const Node *node, GByteArray *out, GError **error)
{
    const NodeOptions *o = node->options;
    const GPtrArray *given = o->given;
    g_autofree char *initrd = o->files ? g_build_filename(node->dir, "initrd", NULL) : NULL;
    uint32_t n = 0;

    if (initrd && !initrd_write(o, initrd, error))
        return false;
    for (guint i = 0; i + 1 < given->len; i += 2)
        n += !stays_here(o, given->pdata[i]);
    put_u32(out, n);
    for (guint i = 0; i + 1 < given->len; i += 2) {
        const char *key = given->pdata[i], *value = given->pdata[i + 1];
        g_autofree char *remote_path = NULL;

        if (stays_here(o, key))
            continue;
        if (strcmp(key, "files") == 0) {
            key = "initrd";
            value = initrd;
        }
        if (node_options_is_file(key, value) && !(remote_path = bring(c, value, error)))
            return false;
        put_text(out, key);
        put_text(out, remote_path ? remote_path : value);
    }
    return true;
}

void agent_client_get_node(Node *n, Reader *r)
{
    uint32_t vcpus;

    g_free(n->version);
    n->version = get_line(r);
    vcpus = get_u32(r);
    clock_get(r, &n->clock);
    n->cpu = (int)get_u32(r);
    disk_get(r, &n->disk);
    if (r->bad)
        return;
    g_array_set_size(n->vcpus, MIN(vcpus, 1024));
    g_array_set_size(n->remote_used, MIN(vcpus, 1024));
}

static bool try_launch(AgentClient *c, Node *n, const char *qemu, bool waits, GError **error)
{
    g_autoptr(GByteArray) request = g_byte_array_new();
    gsize begun = message_begin(request, MSG_NODE);
    Reader r;

    put_u32(request, n->index);
    put_text(request, n->name);
    put_text(request, qemu);
    put_u8(request, waits);
    if (!put_options(c, n, request, error))
        return false;
    message_end(request, begun);
    if (!agent_client_request(c, request, &r, error))
        return false;
    agent_client_get_node(n, &r);
    if (!reader_done(&r, "node", error))
        return false;
    g_mutex_lock(&c->lock);
    g_ptr_array_add(c->nodes, n);
    g_mutex_unlock(&c->lock);
    return true;
}

static bool launch(Remote *remote, Node *n, const char *qemu, int console, int port, bool waits,
                   GError **error)
{
    AgentClient *c = (AgentClient *)remote;

    add_tunnel(c, n, MSG_TYPE, console);
    if (port >= 0)
        add_tunnel(c, n, MSG_PORT, port);
    if (try_launch(c, n, qemu, waits, error))
        return true;
    remove_tunnels(c, n, 0);
    return false;
}

static bool launch_again(Remote *remote, Node *n, const char *qemu, GError **error)
{
    AgentClient *c = (AgentClient *)remote;
    g_autoptr(GByteArray) request = g_byte_array_new();
    gsize begun = message_begin(request, MSG_AGAIN);
    Reader r;

    put_u32(request, n->index);
    put_text(request, qemu);
    message_end(request, begun);
    if (!agent_client_request(c, request, &r, error))
        return false;
    agent_client_get_node(n, &r);
    return reader_done(&r, "again", error);
}

void agent_client_check_life(AgentClient *c)
{
    bool life = false;

    g_mutex_lock(&c->lock);
    for (guint i = 0; i < c->nodes->len; i++)
        life = life || node_is_live(c->nodes->pdata[i]);
    g_mutex_unlock(&c->lock);
    c->remote.no_live_nodes = !life;
}

static void end(Remote *remote, Node *n)
{
    AgentClient *c = (AgentClient *)remote;
    g_autoptr(GByteArray) request = g_byte_array_new();
    gsize begun = message_begin(request, MSG_END);
    Reader r;
    bool known;

    g_mutex_lock(&c->lock);
    known = g_ptr_array_remove(c->nodes, n) && !c->lost;
    g_mutex_unlock(&c->lock);
    remove_tunnels(c, n, 0);
    agent_client_check_life(c);
    put_u32(request, n->index);
    message_end(request, begun);
    if (known)
        agent_client_request(c, request, &r, NULL); /* on failure the node ends with the agent */
}

/* --- monitor, stub, cards --- */

static char *qmp(Remote *remote, Node *n, const char *command, const char *arguments, bool hmp,
                 GError **error)
{
    AgentClient *c = (AgentClient *)remote;
    g_autoptr(GByteArray) request = g_byte_array_new();
    g_autofree char *text = NULL;
    gsize begun = message_begin(request, MSG_QMP);
    Reader r;

    put_u32(request, n->index);
    put_u8(request, hmp);
    put_text(request, command);
    put_text(request, arguments);
    message_end(request, begun);
    if (!agent_client_request(c, request, &r, error))
        return NULL;
    text = get_text(&r);
    return reader_done(&r, "qmp", error) ? g_steal_pointer(&text) : NULL;
}

static int open_stub(Remote *remote, Node *n, GError **error)
{
    AgentClient *c = (AgentClient *)remote;
    g_autoptr(GByteArray) request = g_byte_array_new();
    gsize begun = message_begin(request, MSG_STUB_OPEN);
    int pair[2];
    Reader r;

    /* Behind a restore: the end of the former connection must not be told behind this request. */
    remove_tunnels(c, n, MSG_STUB);
    put_u32(request, n->index);
    message_end(request, begun);
    if (!agent_client_request(c, request, &r, error))
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: no more sockets: %s", n->name,
                    g_strerror(errno));
        return -1;
    }
    add_tunnel(c, n, MSG_STUB, pair[1]);
    eventfd_write(c->wake_fd, 1); /* makes the thread poll the new tunnel, too */
    return pair[0];
}

static bool open_card(Remote *remote, Port *port, VTime now, GError **error)
{
    AgentClient *c = (AgentClient *)remote;
    g_autoptr(GByteArray) request = g_byte_array_new();
    gsize begun = message_begin(request, MSG_CARD);
    Reader r;

    port->number = c->cards->len;
    card_order_put(request, &(CardOrder){.card = port->number,
                                         .node = port->node->index,
                                         .index = port->card,
                                         .port = port->index,
                                         .now = vtime(MAX(now.ns, port->reached.ns)),
                                         .stuck = port->stuck});
    message_end(request, begun);
    if (!agent_client_request(c, request, &r, error))
        return false;
    g_ptr_array_add(c->cards, port);
    return true;
}

/* Sends all of the network: frames on their way, tables, random numbers. */
static bool send_network(AgentClient *c, const Network *net, VTime moved, GError **error)
{
    g_autoptr(GByteArray) request = g_byte_array_new();
    gsize begun = message_begin(request, MSG_NETWORK);
    Reader r;

    put_i64(request, moved.ns);
    network_save(net, request);
    message_end(request, begun);
    c->n_changes = network_n_ops(net);
    return agent_client_request(c, request, &r, error);
}

static bool follow(Remote *remote, const Network *net, VTime moved, GError **error)
{
    AgentClient *c = (AgentClient *)remote;
    g_autoptr(GByteArray) request = NULL;
    gsize begun;
    Reader r;

    c->moved = moved;
    if (c->n_changes == network_n_ops(net))
        return true; /* the next segment sends `moved` */
    if (c->n_changes == 0)
        return send_network(c, net, moved, error);
    request = g_byte_array_new();
    begun = message_begin(request, MSG_TOPOLOGY);
    put_i64(request, moved.ns);
    put_u32(request, network_n_ops(net) - c->n_changes);
    while (c->n_changes < network_n_ops(net))
        topology_put(request, network_op(net, c->n_changes++));
    message_end(request, begun);
    return agent_client_request(c, request, &r, error);
}

const RemoteOps agent_client_ops = {
    .run_segment = agent_client_run_segment,
    .step = agent_client_step,
    .launch = launch,
    .launch_again = launch_again,
    .end = end,
    .qmp = qmp,
    .open_stub = open_stub,
    .open_card = open_card,
    .follow = follow,
};
