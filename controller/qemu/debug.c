/* SPDX-License-Identifier: GPL-3.0-or-later */
/* debug.c: opens the connection to the gdbstub at the first use and closes it at the last one;
 * reads registers. */
#include "controller/qemu/debug.h"

#include "controller/base/text.h"
#include "controller/qemu/debug-private.h"

/* Host ms for requests that only restore the stub's state. */
#define RESTORE_MS 2000

static GdbClient *connect_remote(Node *n, GError **error)
{
    int fd = n->remote->ops->open_stub(n->remote, n, error);
    g_autoptr(GdbClient) client = fd >= 0 ? gdb_client_new(fd) : NULL;

    return client && gdb_client_handshake(client, NODE_REPLY_MS, error) ? g_steal_pointer(&client)
                                                                        : NULL;
}

/* Checks that no other gdb is connected. A connection to a stub that another gdb uses stays in the
 * queue. Once that gdb goes, QEMU takes the connection from the queue and stops its guest for it,
 * even if we closed it long ago. */
static bool stub_is_free(Node *n, GError **error)
{
    bool taken;

    if (!n->attached)
        return true; /* only we know a launched QEMU's stub */
    if (!qmp_query_chardev_taken(n->qmp, n->gdb_path, &taken, NODE_REPLY_MS, error))
        return false;
    if (taken)
        g_set_error(
            error, NODE_ERROR, NODE_ERROR_STATE,
            "node %s: another gdb is connected to '%s', and QEMU serves one: end it, or let "
            "it attach by `gdb %s`",
            n->name, n->gdb_path, n->name);
    return !taken;
}

/* *sstep: the stub's step flags. */
static GdbClient *connect_stub(Node *n, int timeout_ms, unsigned *sstep, GError **error)
{
    GdbClient *client;

    if (n->ahead && n->ahead->stub) {
        *sstep = n->ahead->sstep;
        return g_steal_pointer(&n->ahead->stub);
    }
    client = n->remote ? connect_remote(n, error)
                       : gdb_client_connect_process(n->gdb_path, n->attached ? n->pid : 0,
                                                    timeout_ms, error);

    if (!client || !gdb_sstep_get(client, sstep, NODE_REPLY_MS, error)) {
        g_prefix_error(error, "node %s: ", n->name);
        g_clear_pointer(&client, gdb_client_free);
    }
    return client;
}

static struct Debug *debug_open(Node *n, int timeout_ms, GError **error)
{
    struct Debug *d;
    GdbClient *client;
    unsigned sstep;

    if (!n->gdb_path) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s has no gdbstub: attach it with gdb=PATH", n->name);
        return NULL;
    }
    if (!node_check(n, true, error) || !stub_is_free(n, error) ||
        !(client = connect_stub(n, timeout_ms, &sstep, error)))
        return NULL;
    d = g_new0(struct Debug, 1);
    d->client = client;
    d->sstep = sstep;
    d->points = g_array_new(FALSE, FALSE, sizeof(Point));
    return d;
}

void debug_free(Node *n)
{
    struct Debug *d = n->debug;

    if (!d)
        return;
    gdb_client_free(d->client);
    g_array_unref(d->points);
    if (d->muted)
        g_array_unref(d->muted);
    g_free(d);
    n->debug = NULL;
    n->by_stub = false;
}

/* To a connection that has not read the target's description QEMU sends other registers of some targets
 * (arm_cpu_gdb_read_register(), target/arm/gdbstub.c): a gdb that has read it before could not go on. */
static bool read_description(GdbClient *client, GError **error)
{
    return !gdb_client_describes(client) || gdb_architecture(client, NODE_REPLY_MS, error);
}

bool debug_reconnect(Node *n, bool same, GError **error)
{
    struct Debug *d = n->debug;
    GdbClient *client;

    if (!d)
        return true;
    client = connect_stub(n, NODE_REPLY_MS, &d->sstep, error);
    if (client) {
        gdb_client_free(d->client);
        d->client = client;
        d->at_hit = d->at_hit && same;
        if (read_description(client, error) && debug_set_points(n, error))
            return true;
    }
    debug_free(n);
    return false;
}

GdbClient *debug_use(Node *n, GError **error)
{
    return debug_use_within(n, NODE_REPLY_MS, error);
}

GdbClient *debug_use_within(Node *n, int timeout_ms, GError **error)
{
    if (!n->debug)
        n->debug = debug_open(n, timeout_ms, error);
    if (!n->debug)
        return NULL;
    n->debug->uses++;
    return n->debug->client;
}

void debug_release(Node *n)
{
    struct Debug *d = n->debug;

    if (!d || --d->uses > 0)
        return;
    if (!gdb_client_broken(d->client))
        gdb_sstep_set(d->client, d->sstep, RESTORE_MS, NULL);
    debug_free(n);
}

void debug_close(Node *n)
{
    struct Debug *d = n->debug;

    if (!n->attached) {
        debug_free(n); /* QEMU ends with the node, and might not answer any more */
        return;
    }
    for (unsigned i = 0; d && !gdb_client_broken(d->client) && i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        gdb_point_remove(d->client, p->type, p->address, p->kind, NODE_REPLY_MS, NULL);
    }
    if (d) {
        d->uses = 1;
        debug_release(n);
    }
}

GdbClient *debug_client(const Node *n)
{
    return n->debug ? n->debug->client : NULL;
}

bool debug_armed(const Node *n)
{
    return n->debug && n->debug->points->len > 0;
}

/* --- registers --- */

bool debug_thread(Node *n, unsigned vcpu, GdbThread *out, GError **error)
{
    g_autoptr(GArray) threads = gdb_threads(n->debug->client, NODE_REPLY_MS, error);

    if (!threads)
        return false;
    if (vcpu >= threads->len) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "node %s has no vCPU %u: 0 to %u are there", n->name, vcpu, threads->len - 1);
        return false;
    }
    *out = g_array_index(threads, GdbThread, vcpu);
    return true;
}

bool debug_pc(Node *n, const GdbThread *thread, uint64_t *pc, GError **error)
{
    static const char *const names[] = {"pc", "rip", "eip"};
    struct Debug *d = n->debug;

    for (unsigned i = 0; !d->pc_name && i < G_N_ELEMENTS(names); i++)
        if (gdb_register_find(d->client, names[i], NODE_REPLY_MS, NULL))
            d->pc_name = names[i];
    return gdb_register_read(d->client, thread, d->pc_name ? d->pc_name : names[0], pc,
                             NODE_REPLY_MS, error);
}

char **debug_register_names(Node *n)
{
    GdbClient *client = n->state == NODE_PAUSED ? debug_use(n, NULL) : NULL;
    const GArray *all = client ? gdb_register_list(client, NODE_REPLY_MS, NULL) : NULL;
    char **names = all ? g_new0(char *, all->len + 1) : NULL;

    for (unsigned i = 0; all && i < all->len; i++)
        names[i] = text_line(g_array_index(all, GdbRegister, i).name, -1);
    if (client)
        debug_release(n);
    return names;
}
