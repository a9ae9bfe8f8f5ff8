/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machines.c: each step is begun for all nodes before it is awaited for any, so that the QEMUs work
 * at the same time. */
#include "controller/save/machines.h"

#include "controller/engine/engine.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"
#include "controller/session/events.h"

static MachinePlace place_of(const Session *s)
{
    return (MachinePlace){s->dir, s->options.qemu, local_host_sched_mode(s->host)};
}

static Node *node_at(const Session *s, unsigned i)
{
    return s->nodes->pdata[i];
}

/* Nodes that have left stand in their QEMUs and can be looked at, so they are saved too. */
static bool has_machine(const Node *n)
{
    return node_answers(n) && !n->remote;
}

void machine_disconnect(const Session *s, Node *n)
{
    events_remove(s->events, n);
    if (n->console)
        console_drain(n->console, engine_now(s->engine));
    if (s->fabric)
        fabric_close_cards(s->fabric, n);
    engine_drop_gate(n);
}

/* Connects to the node's new process. */
static bool connect(const Session *s, Node *n, bool same, GError **error)
{
    if (!debug_reconnect(n, same, error))
        return false;
    events_add(s->events, n);
    return true;
}

/* A node that has lost its process has failed. Takes over why; returns false. */
static bool lose(Node *n, GError *why, GError **error)
{
    node_fail(n, why);
    g_error_free(why);
    g_set_error_literal(error, NODE_ERROR, NODE_ERROR_DIED, n->failure->message);
    return false;
}

/* --- copies of RAM, of several nodes at the same time --- */

typedef bool (*CopyFunc)(Node *n, MachineState *state, GError **error);

typedef struct {
    Node *node;
    MachineState *state; /* NULL: nothing to copy */
    GError *why;
} Copy;

static bool fill_ram(Node *n, MachineState *state, GError **error)
{
    return machine_fill_ram(n, state, error);
}

static void copy_one(void *data, void *function)
{
    Copy *c = data;

    (*(CopyFunc *)function)(c->node, c->state, &c->why);
}

/* Fills in why of the copies that failed. */
static void copy_all(Copy *copies, unsigned n, CopyFunc function)
{
    const int threads = (int)MIN(g_get_num_processors(), MAX(n, 1));
    GThreadPool *pool = g_thread_pool_new(copy_one, &function, threads, TRUE, NULL);

    for (unsigned i = 0; i < n; i++)
        if (copies[i].state)
            g_thread_pool_push(pool, &copies[i], NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
}

/* --- saving --- */

/* All nodes write their states before any is awaited. A failure does not end that of other nodes:
 * only a machine whose state is complete can go on. Fills in why of those that failed. */
static void save_machines(Copy *all, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (all[i].state)
            machine_begin_save(all[i].node, &all[i].why);
    for (unsigned i = 0; i < n; i++)
        if (all[i].state &&
            (all[i].why || !machine_end_save(all[i].node, all[i].state, &all[i].why)))
            all[i].state = NULL;
    copy_all(all, n, machine_copy_ram);
}

bool machines_save(Session *s, MachineState *states, GError **error)
{
    const unsigned n = s->nodes->len;
    g_autofree Copy *all = g_new0(Copy, MAX(n, 1));
    bool ok = true;

    for (unsigned i = 0; i < n; i++)
        if (has_machine(node_at(s, i)))
            all[i] = (Copy){node_at(s, i), &states[i], NULL};
    save_machines(all, n);
    for (unsigned i = 0; i < n; i++) {
        if (!all[i].why)
            continue;
        machine_state_clear(&states[i]);
        if (ok)
            g_propagate_error(error, all[i].why);
        else
            g_error_free(all[i].why);
        ok = false;
    }
    if (!ok)
        machines_restore(s, states, true, NULL);
    return ok;
}

/* --- restoring --- */

static bool begin(const Session *s, Node *n, const MachineState *state, bool keep_ram,
                  GError **error)
{
    const MachinePlace place = place_of(s);
    GError *e = NULL;

    if (state->devices < 0 && keep_ram)
        return true;
    machine_disconnect(s, n);
    if (state->devices >= 0)
        return machine_begin_restore(n, &place, state, keep_ram, &e) || lose(n, e, error);
    debug_free(n);
    node_drop_process(n);
    return true;
}

static bool finish(const Session *s, Node *n, const MachineState *state, bool keep_ram,
                   GError **error)
{
    const MachinePlace place = place_of(s);
    GError *e = NULL;

    if (state->devices < 0)
        return true;
    if (!machine_end_restore(n, &place, state, &e) || !connect(s, n, keep_ram, &e))
        return lose(n, e, error);
    if (!engine_node_stats(s->engine, n))
        engine_add(s->engine, n);
    return true;
}

/* While the processes start. */
static bool fill_all(const Session *s, MachineState *states, GError **error)
{
    const unsigned n = s->nodes->len;
    g_autofree Copy *all = g_new0(Copy, MAX(n, 1));
    bool ok = true;

    for (unsigned i = 0; i < n; i++)
        if (states[i].devices >= 0 && states[i].ram >= 0)
            all[i] = (Copy){node_at(s, i), &states[i], NULL};
    copy_all(all, n, fill_ram);
    for (unsigned i = 0; i < n; i++)
        if (all[i].why)
            ok = lose(all[i].node, all[i].why, ok ? error : NULL);
    return ok;
}

bool machines_restore(Session *s, MachineState *states, bool keep_ram, GError **error)
{
    bool ok = true;

    for (unsigned i = 0; ok && i < s->nodes->len; i++)
        ok = begin(s, node_at(s, i), &states[i], keep_ram, error);
    ok = ok && (keep_ram || fill_all(s, states, error));
    for (unsigned i = 0; ok && i < s->nodes->len; i++)
        ok = finish(s, node_at(s, i), &states[i], keep_ram, error);
    return ok;
}
