/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machines.c: each step is begun for all nodes before it is awaited for any, so that the QEMUs work
 * at the same time. */
#include "controller/save/machines.h"

#include "controller/engine/engine.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/copies.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/launch.h"
#include "controller/qemu/spare.h"
#include "controller/remote/client/client-save.h"
#include "controller/save/spares.h"
#include "controller/session/events.h"
#include "controller/session/remote-host.h"

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
        node_drain(n, engine_now(s->engine));
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

/* --- other hosts --- */

/* The other hosts that answer and know nodes of the session: AgentClient. */
static GPtrArray *clients_of(const Session *s)
{
    GPtrArray *clients = g_ptr_array_new();

    for (unsigned i = 0; s->hosts && i < s->hosts->len; i++) {
        AgentClient *c = ((const RemoteHost *)s->hosts->pdata[i])->client;

        for (unsigned k = 0; c && !agent_client_lost(c) && k < s->nodes->len; k++) {
            if (node_at(s, k)->remote != agent_client_remote(c))
                continue;
            g_ptr_array_add(clients, c);
            break;
        }
    }
    return clients;
}

static void begin_far_saves(const Session *s, const GPtrArray *clients)
{
    for (unsigned i = 0; i < clients->len; i++)
        agent_client_begin_save(clients->pdata[i], engine_now(s->engine));
}

/* Waits for all of them. Keeps the first error. */
static bool end_far_saves(const Session *s, const GPtrArray *clients, FarMachine *far,
                          GError **error)
{
    bool ok = true;

    for (unsigned i = 0; i < clients->len; i++) {
        bool saved = agent_client_end_save(clients->pdata[i], ok ? error : NULL);

        for (unsigned k = 0; saved && k < s->nodes->len; k++) {
            unsigned number = agent_client_saved(clients->pdata[i], node_at(s, k));

            if (number > 0)
                far[k] = (FarMachine){clients->pdata[i], number};
        }
        ok = ok && saved;
    }
    return ok;
}

void machines_lose(const Session *s, const GError *why)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = node_at(s, i);

        if (node_is_live(n))
            node_fail(n, why);
    }
}

/* --- saving --- */

/* Nodes that could be saved go on from their states. With other hosts a card that stays would have
 * to go on with a replica of the network that begins anew. */
static void give_up(Session *s, MachineState *states, bool alone, const GError *why)
{
    g_autofree FarMachine *none = g_new0(FarMachine, MAX(s->nodes->len, 1));

    if (alone)
        machines_restore(s, states, none, true, NULL);
    else
        machines_lose(s, why);
}

bool machines_save(Session *s, MachineState *states, FarMachine *far, GError **error)
{
    const unsigned n = s->nodes->len;
    g_autofree MachineCopy *all = g_new0(MachineCopy, MAX(n, 1));
    g_autoptr(GPtrArray) clients = clients_of(s);
    GError *first = NULL;

    for (unsigned i = 0; i < n; i++)
        if (has_machine(node_at(s, i)))
            all[i] = (MachineCopy){node_at(s, i), &states[i], NULL};
    begin_far_saves(s, clients);
    machine_copies_save(all, n);
    for (unsigned i = 0; i < n; i++)
        if (all[i].why && !all[i].state) /* else it lacks its RAM alone, which is where it was */
            machine_state_clear(&states[i]);
    machine_copies_ended(all, n, &first);
    if (end_far_saves(s, clients, far, first ? NULL : &first) && !first)
        return true;
    give_up(s, states, clients->len == 0, first);
    g_propagate_error(error, first);
    return false;
}

/* --- restoring --- */

static bool begin(const Session *s, Node *n, const MachineState *state, bool keep_ram,
                  GError **error)
{
    const MachinePlace place = place_of(s);
    GError *e = NULL;

    if (state->devices >= 0 && spare_take(n, state, keep_ram))
        return machine_begin_load(n, state, &e) || lose(n, e, error);
    spare_drop(n);
    if (state->devices >= 0)
        return machine_begin_restore(n, &place, state, keep_ram, &e) || lose(n, e, error);
    debug_free(n);
    if (n->remote)
        return true;
    node_drop_process(n);
    return (node_make_folders(n, s->dir, &e) && node_make_consoles(n, &e)) || lose(n, e, error);
}

static bool load(Node *n, const MachineState *state, GError **error)
{
    GError *e = NULL;

    return machine_load(n, state, &e) || lose(n, e, error);
}

static bool finish(const Session *s, Node *n, bool keep_ram, GError **error)
{
    const MachinePlace place = place_of(s);
    GError *e = NULL;

    if ((!n->remote && !machine_end_restore(n, &place, &e)) || !connect(s, n, keep_ram, &e))
        return lose(n, e, error);
    if (!engine_node_stats(s->engine, n))
        engine_add(s->engine, n);
    return true;
}

/* While the processes start. */
static bool fill_all(const Session *s, MachineState *states, GError **error)
{
    const unsigned n = s->nodes->len;
    g_autofree MachineCopy *all = g_new0(MachineCopy, MAX(n, 1));
    bool ok = true;

    for (unsigned i = 0; i < n; i++)
        if (!node_at(s, i)->remote && states[i].devices >= 0)
            all[i] = (MachineCopy){node_at(s, i), &states[i], NULL};
    machine_copies(all, n, machine_fill_ram);
    for (unsigned i = 0; i < n; i++)
        if (all[i].why)
            ok = lose(all[i].node, all[i].why, ok ? error : NULL);
    return ok;
}

/* The nodes of one other host: NULL, with an error, if one can't be made known there. */
static GArray *begin_far(const Session *s, AgentClient *c, const MachineState *states,
                         const FarMachine *far, bool keep_ram, GError **error)
{
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(AgentClientSaved));

    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = node_at(s, i);
        AgentClientSaved saved = {n, far[i].number, states[i].version};

        if (n->remote != agent_client_remote(c))
            continue;
        if (saved.number > 0 && !agent_client_knows(c, n) &&
            !node_expect(n, s->dir, s->options.qemu, error))
            return NULL;
        if (agent_client_knows(c, n))
            g_array_append_val(nodes, saved);
    }
    agent_client_begin_restore(c, nodes, keep_ram, s->options.qemu);
    return g_steal_pointer(&nodes);
}

/* Of several hosts that work at the same time. */
typedef struct {
    GPtrArray *clients; /* AgentClient */
    GPtrArray *nodes;   /* GArray of AgentClientSaved, as far as begun */
} FarRestore;

static bool begin_all_far(const Session *s, FarRestore *f, const MachineState *states,
                          const FarMachine *far, bool keep_ram, GError **error)
{
    f->clients = clients_of(s);
    f->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (unsigned i = 0; i < f->clients->len; i++) {
        GArray *nodes = begin_far(s, f->clients->pdata[i], states, far, keep_ram, error);

        if (!nodes)
            return false;
        g_ptr_array_add(f->nodes, nodes);
    }
    return true;
}

/* Waits for all that were begun. Keeps the first error. */
static bool end_all_far(FarRestore *f, bool ok, GError **error)
{
    for (unsigned i = 0; i < f->nodes->len; i++)
        ok =
            agent_client_end_restore(f->clients->pdata[i], f->nodes->pdata[i], ok ? error : NULL) &&
            ok;
    g_ptr_array_unref(f->clients);
    g_ptr_array_unref(f->nodes);
    return ok;
}

/* Whether a machine of this host goes on from its state. */
static bool loads(const Session *s, const MachineState *states, unsigned i)
{
    return states[i].devices >= 0 && !node_at(s, i)->remote;
}

bool machines_restore(Session *s, MachineState *states, const FarMachine *far, bool keep_ram,
                      GError **error)
{
    FarRestore others;
    bool ok = true;

    spares_favor(s);
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (states[i].devices >= 0 || far[i].keeper || !keep_ram)
            machine_disconnect(s, node_at(s, i));
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (loads(s, states, i))
            node_begin_end(node_at(s, i));
    ok = begin_all_far(s, &others, states, far, keep_ram, error);
    for (unsigned i = 0; ok && i < s->nodes->len; i++)
        if (loads(s, states, i) || (!far[i].keeper && !keep_ram))
            ok = begin(s, node_at(s, i), &states[i], keep_ram, error);
    ok = ok && (keep_ram || fill_all(s, states, error));
    for (unsigned i = 0; ok && i < s->nodes->len; i++)
        ok = !loads(s, states, i) || load(node_at(s, i), &states[i], error);
    ok = end_all_far(&others, ok, error);
    for (unsigned i = 0; ok && i < s->nodes->len; i++)
        if (loads(s, states, i) || far[i].keeper)
            ok = finish(s, node_at(s, i), keep_ram, error);
    spares_renew(s);
    return ok;
}

bool machines_tell_hosts(const Session *s, GError **error)
{
    g_autoptr(GPtrArray) clients = clients_of(s);

    for (unsigned i = 0; i < clients->len; i++)
        for (unsigned k = 0; k < s->nodes->len; k++)
            if (agent_client_knows(clients->pdata[i], node_at(s, k)) &&
                !agent_client_send_past(clients->pdata[i], node_at(s, k), error))
                return false;
    return true;
}
