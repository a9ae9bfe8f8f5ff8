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

/* A machine with private RAM changes its process on the way to its state. */
static bool begin_share(const Session *s, Node *n, MachineState *whole, GError **error)
{
    const MachinePlace place = place_of(s);
    GError *e = NULL;

    if (!n->ram_private)
        return true;
    machine_disconnect(s, n);
    return machine_begin_share(n, &place, whole, &e) || lose(n, e, error);
}

static bool end_share(const Session *s, Node *n, const MachineState *whole, GError **error)
{
    const MachinePlace place = place_of(s);
    GError *e = NULL;

    return whole->devices < 0 ||
           (machine_end_share(n, &place, whole, &e) && connect(s, n, true, &e)) ||
           lose(n, e, error);
}

/* The machine of one node on its way to a saved state. */
typedef struct {
    const Session *session;
    Node *node;
    MachineState whole;
    MachineState *state;
    bool bad; /* a step has failed */
} Saving;

static bool step_begin(Saving *m, GError **error)
{
    return machine_begin_save(m->node, error);
}

static bool step_begin_share(Saving *m, GError **error)
{
    return begin_share(m->session, m->node, &m->whole, error);
}

static bool step_end_share(Saving *m, GError **error)
{
    return end_share(m->session, m->node, &m->whole, error);
}

static bool step_end(Saving *m, GError **error)
{
    return machine_end_save(m->node, m->state, error);
}

/* Each step for all nodes before the next one. A failure does not end the steps of other nodes:
 * only a machine whose state is complete can go on. Keeps the first error. */
static bool save_machines(Saving *all, unsigned n, GError **error)
{
    static bool (*const steps[])(Saving *, GError **) = {step_begin, step_begin_share,
                                                         step_end_share, step_end};
    GError *first = NULL;

    for (unsigned k = 0; k < G_N_ELEMENTS(steps); k++)
        for (unsigned i = 0; i < n; i++)
            if (has_machine(all[i].node) && !all[i].bad)
                all[i].bad = !steps[k](&all[i], first ? NULL : &first);
    if (first)
        g_propagate_error(error, first);
    return !first;
}

bool machines_save(Session *s, MachineState *states, GError **error)
{
    g_autofree Saving *all = g_new(Saving, s->nodes->len);
    bool ok;

    for (unsigned i = 0; i < s->nodes->len; i++)
        all[i] = (Saving){s, node_at(s, i), MACHINE_STATE_NONE, &states[i], false};
    ok = save_machines(all, s->nodes->len, error);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        machine_state_clear(&all[i].whole);
        if (all[i].bad)
            machine_state_clear(&states[i]);
    }
    if (!ok)
        machines_restore(s, states, true, NULL);
    return ok;
}

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

bool machines_restore(Session *s, const MachineState *states, bool keep_ram, GError **error)
{
    bool ok = true;

    for (unsigned i = 0; ok && i < s->nodes->len; i++)
        ok = begin(s, node_at(s, i), &states[i], keep_ram, error);
    for (unsigned i = 0; ok && i < s->nodes->len; i++)
        ok = finish(s, node_at(s, i), &states[i], keep_ram, error);
    return ok;
}
