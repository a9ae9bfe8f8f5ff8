/* SPDX-License-Identifier: GPL-3.0-or-later */
/* debug.c: see debug.h. */
#include "controller/engine/debug.h"

#include "controller/base/log.h"
#include "controller/base/text.h"

#include <string.h>

typedef struct {
    GdbPoint type;
    uint64_t address;
    unsigned kind;
    unsigned count;
} Point;

struct Debug {
    GdbClient *client;
    unsigned uses;
    unsigned sstep; /* as it was found */
    GArray *points; /* Point */
    bool at_hit;
    DebugHit hit;
    const char *pc_name; /* NULL until it was looked up */
};

static GdbClient *connect_far(Node *n, GError **error)
{
    int fd = n->far->ops->open_stub(n->far, n, error);
    g_autoptr(GdbClient) client = fd >= 0 ? gdb_client_new(fd) : NULL;

    return client && gdb_client_handshake(client, NODE_REPLY_MS, error) ? g_steal_pointer(&client)
                                                                        : NULL;
}

static struct Debug *debug_open(Node *n, GError **error)
{
    struct Debug *d;
    GdbClient *client;
    unsigned sstep;

    if (!n->gdb_path) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s has no gdbstub: attach it with gdb=PATH", n->name);
        return NULL;
    }
    client = n->far ? connect_far(n, error) : gdb_client_connect(n->gdb_path, NODE_REPLY_MS, error);
    if (!client || !gdb_sstep_get(client, &sstep, NODE_REPLY_MS, error)) {
        g_prefix_error(error, "node %s: ", n->name);
        gdb_client_free(client);
        return NULL;
    }
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
    g_free(d);
    n->debug = NULL;
}

GdbClient *debug_use(Node *n, GError **error)
{
    if (!n->debug)
        n->debug = debug_open(n, error);
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
        gdb_sstep_set(d->client, d->sstep, NODE_REPLY_MS, NULL);
    debug_free(n);
}

void debug_close(Node *n)
{
    struct Debug *d = n->debug;

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

/* --- points --- */

static Point *find(const Node *n, GdbPoint type, uint64_t address, unsigned kind)
{
    for (unsigned i = 0; n->debug && i < n->debug->points->len; i++) {
        Point *p = &g_array_index(n->debug->points, Point, i);

        if (p->type == type && p->address == address && p->kind == kind)
            return p;
    }
    return NULL;
}

bool debug_add_point(Node *n, GdbPoint type, uint64_t address, unsigned kind, GError **error)
{
    GdbClient *client = debug_use(n, error);
    Point *known = find(n, type, address, kind);
    Point fresh = {.type = type, .address = address, .kind = kind, .count = 1};

    if (!client)
        return false;
    if (known) {
        known->count++;
        return true;
    }
    if (!gdb_point_insert(client, type, address, kind, NODE_REPLY_MS, error)) {
        debug_release(n);
        return false;
    }
    g_array_append_val(n->debug->points, fresh);
    return true;
}

bool debug_remove_point(Node *n, GdbPoint type, uint64_t address, unsigned kind, GError **error)
{
    Point *p = find(n, type, address, kind);
    bool ok = true;

    if (!p) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s has no such point at 0x%" G_GINT64_MODIFIER "x", n->name, address);
        return false;
    }
    if (--p->count == 0) {
        ok = gdb_point_remove(n->debug->client, type, address, kind, NODE_REPLY_MS, error);
        g_array_remove_index(n->debug->points,
                             (guint)(p - (Point *)(void *)n->debug->points->data));
    }
    debug_release(n);
    return ok;
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

/* --- hits --- */

const DebugHit *debug_hit(const Node *n)
{
    return n->debug && n->debug->at_hit ? &n->debug->hit : NULL;
}

void debug_copy_hit(Node *n, const DebugHit *hit)
{
    if (!n->debug)
        return;
    n->debug->at_hit = hit != NULL;
    if (hit)
        n->debug->hit = *hit;
}

bool debug_resume(Node *n, GError **error)
{
    return gdb_resume(n->debug->client, "vCont;c", NODE_REPLY_MS, error);
}

static bool is_point(const GdbStop *stop)
{
    return stop->kind == GDB_STOP_SIGNAL && stop->code == GDB_SIGNAL_TRAP;
}

bool debug_set_hit(Node *n, const GdbStop *stop, GError **error)
{
    struct Debug *d = n->debug;

    d->hit = (DebugHit){.stop = *stop};
    d->at_hit = debug_pc(n, stop->has_thread ? &stop->thread : NULL, &d->hit.pc, error);
    return d->at_hit;
}

bool debug_at_point(Node *n, const GdbThread *thread, bool *at, GError **error)
{
    GdbStop stop = {
        .kind = GDB_STOP_SIGNAL, .code = GDB_SIGNAL_TRAP, .has_thread = true, .thread = *thread};
    uint64_t pc;

    if (!debug_pc(n, thread, &pc, error))
        return false;
    *at = false;
    for (unsigned i = 0; i < n->debug->points->len; i++) {
        const Point *p = &g_array_index(n->debug->points, Point, i);

        *at = *at || (p->type <= GDB_POINT_HARDWARE && p->address == pc);
    }
    return !*at || debug_set_hit(n, &stop, error);
}

bool debug_check_stop(Node *n, bool *stopped, GError **error)
{
    struct Debug *d = n->debug;
    GError *e = NULL;
    GdbStop stop;

    *stopped = false;
    if (!gdb_stop_wait(d->client, &stop, 0, &e)) {
        if (g_error_matches(e, GDB_ERROR, GDB_ERROR_TIMEOUT)) {
            g_error_free(e);
            return true;
        }
        g_propagate_error(error, e);
        return false;
    }
    if (!is_point(&stop))
        return true;
    *stopped = debug_set_hit(n, &stop, error);
    return *stopped;
}

/* Takes away, or puts back, what would stop the instruction at pc from being executed. */
static bool lift_points(Node *n, uint64_t pc, bool lift, unsigned *found, GError **error)
{
    struct Debug *d = n->debug;

    *found = 0;
    for (unsigned i = 0; i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        if (p->type > GDB_POINT_HARDWARE || p->address != pc)
            continue;
        if (!(lift ? gdb_point_remove : gdb_point_insert)(d->client, p->type, pc, p->kind,
                                                          NODE_REPLY_MS, error))
            return false;
        (*found)++;
    }
    return true;
}

static bool step_off(Node *n, uint64_t pc, const GdbThread *thread, GError **error)
{
    GdbClient *client = n->debug->client;
    unsigned found;

    if (!lift_points(n, pc, true, &found, error))
        return false;
    return found == 0 ||
           (gdb_sstep_set(client, GDB_SSTEP_ENABLE | GDB_SSTEP_NOIRQ | GDB_SSTEP_NOTIMER,
                          NODE_REPLY_MS, error) &&
            gdb_step(client, thread, NODE_REPLY_MS, NULL, error) &&
            lift_points(n, pc, false, &found, error) && node_read_clock(n, error));
}

bool debug_leave_point(Node *n, GError **error)
{
    struct Debug *d = n->debug;
    const GdbThread *thread;
    uint64_t pc;
    bool ok;

    if (!d || !d->at_hit)
        return true;
    d->at_hit = false;
    thread = d->hit.stop.has_thread ? &d->hit.stop.thread : NULL;
    if (!debug_pc(n, thread, &pc, error))
        return false;
    n->expect_stop = true;
    ok = pc != d->hit.pc || step_off(n, pc, thread, error);
    n->expect_stop = n->stopped_outside = false;
    return ok;
}
