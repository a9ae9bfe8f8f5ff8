/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * points.c: a node's breakpoints and watchpoints: sets and removes them, records hits, and moves
 * the node past a hit point. debug.h describes points and hits.
 */
#include "controller/qemu/debug-private.h"

#include <string.h>

static Point *find(const Node *n, GdbPoint type, uint64_t address, unsigned kind)
{
    for (unsigned i = 0; n->debug && i < n->debug->points->len; i++) {
        Point *p = &g_array_index(n->debug->points, Point, i);

        if (p->type == type && p->address == address && p->kind == kind)
            return p;
    }
    return NULL;
}

static bool is_watchpoint(GdbPoint type)
{
    return type > GDB_POINT_HARDWARE;
}

/* Whether watchpoints stop the node before the access: whether the target is one of QEMU's with
 * CPUClass.gdb_stop_before_watchpoint. The architecture comes from the target description
 * ("riscv:rv64"), or, without a description, from QMP. */
static bool stops_before(Node *n, bool *before, GError **error)
{
    static const char *const archs[] = {"arm",  "aarch64", "iwmmxt",   "riscv",
                                        "mips", "xtensa",  "loongarch"};
    const char *arch = gdb_architecture(n->debug->client, NODE_REPLY_MS, NULL);
    g_autofree char *target = NULL;

    if (!arch || !*arch) {
        target = node_qmp(n, "query-target", NULL, error);
        arch = target;
    }
    if (!arch)
        return false;
    *before = false;
    for (unsigned i = 0; i < G_N_ELEMENTS(archs); i++)
        *before = *before || strstr(arch, archs[i]);
    return true;
}

/* Sets read and write watchpoints again, so that QEMU's list has them in front of access
 * watchpoints. QEMU reports the first watchpoint of its list that an access hits, and puts new ones
 * in front. Read and write watchpoints tell whether the access was a read or a write. */
static bool reorder(const Node *n, GError **error)
{
    const struct Debug *d = n->debug;

    for (unsigned i = 0; i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        if ((p->type == GDB_POINT_WRITE || p->type == GDB_POINT_READ) &&
            (!gdb_point_remove(d->client, p->type, p->address, p->kind, NODE_REPLY_MS, error) ||
             !gdb_point_insert(d->client, p->type, p->address, p->kind, NODE_REPLY_MS, error)))
            return false;
    }
    return true;
}

static bool insert(Node *n, GdbPoint type, uint64_t address, unsigned kind, GError **error)
{
    return (!is_watchpoint(type) || stops_before(n, &n->debug->before, error)) &&
           gdb_point_insert(n->debug->client, type, address, kind, NODE_REPLY_MS, error) &&
           (type != GDB_POINT_ACCESS || reorder(n, error));
}

bool debug_set_points(Node *n, GError **error)
{
    for (unsigned i = 0; i < n->debug->points->len; i++) {
        const Point *p = &g_array_index(n->debug->points, Point, i);

        if (!gdb_point_insert(n->debug->client, p->type, p->address, p->kind, NODE_REPLY_MS, error))
            return false;
    }
    return reorder(n, error);
}

static bool add(Node *n, Point fresh, GError **error)
{
    GdbClient *client = debug_use(n, error);
    Point *known = find(n, fresh.type, fresh.address, fresh.kind);

    if (!client)
        return false;
    if (known) {
        known->count++;
        known->behind += fresh.behind;
        return true;
    }
    if (!insert(n, fresh.type, fresh.address, fresh.kind, error)) {
        debug_release(n);
        return false;
    }
    g_array_append_val(n->debug->points, fresh);
    return true;
}

static bool drop(Node *n, Point gone, GError **error)
{
    Point *p = find(n, gone.type, gone.address, gone.kind);
    bool ok = true;

    if (!p) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s has no such point at 0x%" G_GINT64_MODIFIER "x", n->name,
                    gone.address);
        return false;
    }
    p->behind -= MIN(p->behind, gone.behind);
    if (--p->count == 0) {
        ok = gdb_point_remove(n->debug->client, p->type, p->address, p->kind, NODE_REPLY_MS, error);
        g_array_remove_index(n->debug->points,
                             (guint)(p - (Point *)(void *)n->debug->points->data));
    }
    debug_release(n);
    return ok;
}

bool debug_add_point(Node *n, GdbPoint type, uint64_t address, unsigned kind, GError **error)
{
    return add(n, (Point){type, address, kind, 1, 0}, error);
}

bool debug_remove_point(Node *n, GdbPoint type, uint64_t address, unsigned kind, GError **error)
{
    return drop(n, (Point){type, address, kind, 1, 0}, error);
}

bool debug_add_access(Node *n, GdbPoint type, uint64_t address, unsigned length, GError **error)
{
    return add(n, (Point){type, address, length, 1, 1}, error);
}

bool debug_remove_access(Node *n, GdbPoint type, uint64_t address, unsigned length, GError **error)
{
    return drop(n, (Point){type, address, length, 1, 1}, error);
}

bool debug_mute(Node *n, GError **error)
{
    struct Debug *d = n->debug;

    if (!d || d->muted)
        return true;
    for (unsigned i = 0; node_is_live(n) && i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        if (!gdb_point_remove(d->client, p->type, p->address, p->kind, NODE_REPLY_MS, error))
            return false;
    }
    d->muted = d->points;
    d->points = g_array_new(FALSE, FALSE, sizeof(Point));
    return true;
}

bool debug_unmute(Node *n, GError **error)
{
    struct Debug *d = n->debug;

    if (!d || !d->muted)
        return true;
    g_array_append_vals(d->points, d->muted->data, d->muted->len);
    g_clear_pointer(&d->muted, g_array_unref);
    return !node_is_live(n) || debug_set_points(n, error);
}

/* --- hits --- */

static bool watches(const Point *p, const DebugWatched *w)
{
    return is_watchpoint(p->type) &&
           (int)p->type - GDB_POINT_WRITE == (int)w->watch - GDB_WATCH_WRITE &&
           w->address >= p->address && w->address - p->address < MAX(p->kind, 1);
}

/* Hides the watchpoint of a hit from a gdb that has not set that watchpoint: such a gdb would go on
 * by itself. With the watchpoint hidden, the gdb receives a stop without a reason. */
static void hide_watch(struct Debug *d)
{
    bool set_by_gdb = false;

    for (unsigned i = 0; i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        set_by_gdb = set_by_gdb || (p->count > p->behind && d->hit.n_watched > 0 &&
                                    watches(p, &d->hit.watched[0]));
    }
    if (d->hit.finished || !set_by_gdb)
        d->hit.stop.watch = GDB_WATCH_NONE;
}

const DebugHit *debug_hit(const Node *n)
{
    return n->debug && n->debug->at_hit ? &n->debug->hit : NULL;
}

bool debug_hit_by_others(const Node *n, unsigned own)
{
    const struct Debug *d = n->debug;
    unsigned breakpoints = 0;

    for (unsigned i = 0; d && i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        if (!is_watchpoint(p->type) && p->address == d->hit.pc)
            breakpoints += p->count;
        for (unsigned w = 0; w < d->hit.n_watched; w++)
            if (p->count > p->behind && watches(p, &d->hit.watched[w]))
                return true;
    }
    return breakpoints > own;
}

void debug_copy_hit(Node *n, const DebugHit *hit)
{
    if (!n->debug)
        return;
    n->debug->at_hit = hit != NULL;
    if (!hit)
        return;
    n->debug->hit = *hit;
    hide_watch(n->debug);
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
    if (stop->watch != GDB_WATCH_NONE) {
        d->hit.pending = d->before;
        d->hit.watched[d->hit.n_watched++] = (DebugWatched){stop->watch, stop->address};
        hide_watch(d);
    }
    return d->at_hit;
}

void debug_set_skip(Node *n, VTime skip, bool at_most)
{
    n->debug->hit.skip = skip;
    n->debug->hit.at_most = at_most;
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

        *at = *at || (!is_watchpoint(p->type) && p->address == pc);
    }
    return !*at || debug_set_hit(n, &stop, error);
}

bool debug_note_hit(Node *n, const GdbThread *thread, GError **error)
{
    g_autoptr(GArray) all = NULL;
    bool at;

    if (!debug_armed(n) || !node_is_live(n) || debug_hit(n))
        return true;
    if (!thread) {
        all = gdb_threads(n->debug->client, NODE_REPLY_MS, error);
        if (!all || all->len != 1)
            return all != NULL;
        thread = &g_array_index(all, GdbThread, 0);
    }
    return debug_at_point(n, thread, &at, error);
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

bool debug_access_pending(const Node *n)
{
    const struct Debug *d = n->debug;

    if (!d || !d->at_hit || !d->hit.pending)
        return false;
    for (unsigned i = 0; i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        if (p->behind > 0 && watches(p, &d->hit.watched[0]))
            return true;
    }
    return false;
}

/* --- moving past a point --- */

/* The points that are removed from QEMU for one instruction. */
typedef struct {
    Node *node;
    bool *out; /* for each point: removed from QEMU */
} Lift;

static Lift lift_new(Node *n)
{
    return (Lift){n, g_new0(bool, n->debug->points->len)};
}

static bool lift_one(Lift *l, unsigned i, GError **error)
{
    const struct Debug *d = l->node->debug;
    const Point *p = &g_array_index(d->points, Point, i);

    if (l->out[i])
        return true;
    l->out[i] = gdb_point_remove(d->client, p->type, p->address, p->kind, NODE_REPLY_MS, error);
    return l->out[i];
}

/* Removes the breakpoints at pc; *found: their number. */
static bool lift_pc(Lift *l, uint64_t pc, unsigned *found, GError **error)
{
    const struct Debug *d = l->node->debug;

    *found = 0;
    for (unsigned i = 0; i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        if (is_watchpoint(p->type) || p->address != pc)
            continue;
        (*found)++;
        if (!lift_one(l, i, error))
            return false;
    }
    return true;
}

/* Removes the watchpoints that were hit as `w`. If none is known to be, removes all watchpoints. */
static bool lift_watched(Lift *l, const DebugWatched *w, GError **error)
{
    const struct Debug *d = l->node->debug;
    bool any = false;

    for (unsigned i = 0; i < d->points->len; i++)
        any = any || (!l->out[i] && watches(&g_array_index(d->points, Point, i), w));
    for (unsigned i = 0; i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        if ((any ? watches(p, w) : is_watchpoint(p->type)) && !lift_one(l, i, error))
            return false;
    }
    return true;
}

/* Sets the removed points again, in the order in which they were set first, and frees the lift.
 * Read and write watchpoints stay in front. */
static bool lift_end(Lift *l, GError **error)
{
    const struct Debug *d = l->node->debug;
    bool ok = true, access = false;

    for (unsigned i = 0; ok && i < d->points->len; i++) {
        const Point *p = &g_array_index(d->points, Point, i);

        if (!l->out[i])
            continue;
        access = access || p->type == GDB_POINT_ACCESS;
        ok = gdb_point_insert(d->client, p->type, p->address, p->kind, NODE_REPLY_MS, error);
    }
    g_free(l->out);
    return ok && (!access || reorder(l->node, error));
}

/* After a step that has not ended in time: the vCPU sleeps behind its instruction, or the host has
 * no time. *over: the step is over. */
static bool end_of_step(Node *n, const GdbThread *thread, bool *over, GError **error)
{
    GdbClient *client = n->debug->client;

    *over = true;
    return gdb_resync(client, NODE_REPLY_MS, error) &&
           (!thread || gdb_thread_halted(client, thread, over, NODE_REPLY_MS, error));
}

/* Executes one instruction. Interrupts are held back: in a run they come between translation
 * blocks, not in front of an instruction in the middle of one. */
static bool step_once(Node *n, const GdbThread *thread, GdbStop *stop, GError **error)
{
    GdbClient *client = n->debug->client;

    if (!gdb_sstep_set(client, GDB_SSTEP_ENABLE | GDB_SSTEP_NOIRQ | GDB_SSTEP_NOTIMER,
                       NODE_REPLY_MS, error))
        return false;
    for (unsigned i = 0; i < NODE_REPLY_MS / DEBUG_ASLEEP_MS; i++) {
        g_autoptr(GError) why = NULL;
        bool over;

        if (gdb_step(client, thread, DEBUG_ASLEEP_MS, stop, &why))
            return true;
        if (!g_error_matches(why, GDB_ERROR, GDB_ERROR_TIMEOUT)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        *stop = (GdbStop){.kind = GDB_STOP_SIGNAL, .watch = GDB_WATCH_NONE};
        if (!end_of_step(n, thread, &over, error))
            return false;
        if (over)
            return true;
    }
    g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "a single step does not end");
    return false;
}

/* Executes the instruction of a pending access. A step either reports another watchpoint that the
 * access would hit, which is then removed too, or executes the access. */
static bool step_over(Lift *l, const GdbThread *thread, GError **error)
{
    struct Debug *d = l->node->debug;
    DebugWatched w = d->hit.watched[0];
    GdbStop stop;

    for (unsigned i = 0; i <= d->points->len; i++) {
        if (!lift_watched(l, &w, error) || !step_once(l->node, thread, &stop, error))
            return false;
        if (stop.watch == GDB_WATCH_NONE)
            return true;
        w = (DebugWatched){stop.watch, stop.address};
        if (d->hit.n_watched < DEBUG_MAX_WATCHED)
            d->hit.watched[d->hit.n_watched++] = w;
    }
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "an access is stopped by a watchpoint that nobody has set");
    return false;
}

bool debug_finish_access(Node *n, GError **error)
{
    struct Debug *d = n->debug;
    const GdbThread *thread = d->hit.stop.has_thread ? &d->hit.stop.thread : NULL;
    Lift lift = lift_new(n);
    unsigned found;
    bool ok;

    d->hit.by = d->hit.pc;
    ok = lift_pc(&lift, d->hit.pc, &found, error) && step_over(&lift, thread, error);
    ok = lift_end(&lift, ok ? error : NULL) && ok && debug_pc(n, thread, &d->hit.pc, error) &&
         node_read_clock(n, error);
    d->hit.pending = false;
    d->hit.finished = ok;
    hide_watch(d);
    return ok;
}

/* Executes the instruction at a breakpoint, which may itself hit a watchpoint. */
static bool step_off(Node *n, const GdbThread *thread, bool *hit, GError **error)
{
    Lift lift = lift_new(n);
    GdbStop stop = {.watch = GDB_WATCH_NONE};
    unsigned found;
    bool ok;

    ok = lift_pc(&lift, n->debug->hit.pc, &found, error) &&
         (found == 0 || step_once(n, thread, &stop, error));
    ok = lift_end(&lift, ok ? error : NULL) && ok && (found == 0 || node_read_clock(n, error));
    *hit = ok && stop.watch != GDB_WATCH_NONE;
    return ok && (!*hit || debug_set_hit(n, &stop, error));
}

bool debug_leave_point(Node *n, bool *hit, GError **error)
{
    struct Debug *d = n->debug;
    const GdbThread *thread;
    uint64_t pc;
    bool ok;

    *hit = false;
    if (!d || !d->at_hit)
        return true;
    d->at_hit = false;
    thread = d->hit.stop.has_thread ? &d->hit.stop.thread : NULL;
    if (!debug_pc(n, thread, &pc, error))
        return false;
    if (pc != d->hit.pc)
        return true;
    n->expect_stop = true;
    ok = d->hit.pending ? debug_finish_access(n, error) : step_off(n, thread, hit, error);
    n->expect_stop = n->life.stopped = false;
    return ok;
}
