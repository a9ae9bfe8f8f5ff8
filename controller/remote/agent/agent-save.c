/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-save.c: saves the machines of the agent's nodes, keeps them by number, and moves nodes into
 * processes that go on from them. Each step is begun for all nodes before it is awaited for any, as
 * in save/machines.c. Main thread; the ensemble stands.
 */
#include "controller/base/memfile.h"
#include "controller/engine/gate.h"
#include "controller/engine/rest.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/copies.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/launch.h"
#include "controller/qemu/node-save.h"
#include "controller/remote/agent/agent-private.h"
#include "controller/remote/node-state.h"
#include "controller/remote/orders.h"
#include "controller/remote/save-orders.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static MachinePlace place_of(const Agent *a, const char *qemu)
{
    return (MachinePlace){a->dir, qemu && *qemu ? qemu : NULL, local_host_sched_mode(a->host)};
}

/* Closes all connections to the node's process, which is about to end. The cards are closed. */
static void disconnect(AgentNode *n)
{
    node_watch_remove(n->agent->watch, n->node);
    g_clear_pointer(&n->gdb, gdb_relay_free);
    g_clear_pointer(&n->node->gate, gate_free);
    debug_free(n->node);
}

void agent_forget_cards(Agent *a)
{
    for (unsigned i = 0; i < a->nodes->len; i++)
        fabric_close_cards(a->fabric, ((const AgentNode *)a->nodes->pdata[i])->node);
    fabric_free(a->fabric);
    a->fabric = fabric_new_agent();
}

/* --- the machines that are kept --- */

void agent_machine_free(void *data)
{
    machine_state_clear(data);
    g_free(data);
}

static void keep(const Agent *a, unsigned number, MachineState state)
{
    g_hash_table_insert(a->machines, GUINT_TO_POINTER(number), g_memdup2(&state, sizeof(state)));
}

static MachineState *find(const Agent *a, unsigned number, GError **error)
{
    MachineState *state = g_hash_table_lookup(a->machines, GUINT_TO_POINTER(number));

    if (!state)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "there is no saved machine %u",
                    number);
    return state;
}

/* --- saving --- */

/* The machine of one node on its way to a saved state. */
typedef struct {
    AgentNode *node;
    unsigned number; /* 0: it has no machine */
    MachineState state;
} Saving;

static bool save_machines(Saving *all, unsigned n, GError **error)
{
    g_autofree MachineCopy *copies = g_new0(MachineCopy, MAX(n, 1));

    for (unsigned i = 0; i < n; i++)
        if (all[i].number > 0)
            copies[i] = (MachineCopy){all[i].node->node, &all[i].state, NULL};
    machine_copies_save(copies, n);
    return machine_copies_ended(copies, n, error);
}

static bool find_nodes(const Agent *a, const SaveOrder *o, Saving *all, GError **error)
{
    for (unsigned i = 0; i < o->nodes->len; i++) {
        const SavedNodeOrder *order = &g_array_index(o->nodes, SavedNodeOrder, i);
        AgentNode *n = agent_node(a, order->node, error);

        if (!n)
            return false;
        all[i] = (Saving){n, node_answers(n->node) && n->node->qmp ? order->number : 0,
                          MACHINE_STATE_NONE};
    }
    return true;
}

/* Writes what the controller does not know yet. */
static void report(Agent *a, const SaveOrder *o, const Saving *all)
{
    g_ptr_array_set_size(a->members, 0);
    for (unsigned i = 0; i < o->nodes->len; i++) {
        Node *n = all[i].node->node;

        if (n->console)
            node_drain(n, o->now);
        rest_settle(n);
        fabric_close_cards(a->fabric, n);
        g_ptr_array_add(a->members, all[i].node);
    }
    agent_report_consoles(a);
    agent_report_cards(a);
    grant_report_put(&a->report, 0, 0, htime_now(), a->made);
    put_u32(a->made, o->nodes->len);
    for (unsigned i = 0; i < o->nodes->len; i++) {
        g_autoptr(GByteArray) past = g_byte_array_new();

        node_past_put(past, all[i].node->node);
        put_u32(a->made, all[i].number);
        put_bytes(a->made, past->data, past->len);
    }
    put_u32(a->made, fabric_n_ports(a->fabric));
    for (unsigned i = 0; i < fabric_n_ports(a->fabric); i++) {
        put_i64(a->made, fabric_port(a->fabric, i)->reached.ns);
        put_u8(a->made, fabric_port(a->fabric, i)->stuck);
    }
}

static bool receive_save(Agent *a, Reader *r, GError **error)
{
    g_auto(SaveOrder) o = {0};
    g_autofree Saving *all = NULL;
    bool ok;

    if (!save_order_get(r, &o, error))
        return false;
    all = g_new0(Saving, MAX(o.nodes->len, 1));
    if (!find_nodes(a, &o, all, error))
        return false;
    report(a, &o, all);
    ok = save_machines(all, o.nodes->len, error);
    for (unsigned i = 0; i < o.nodes->len; i++) {
        node_watch_remove(a->watch, all[i].node->node); /* its process has nothing more to tell */
        if (ok && all[i].number > 0)
            keep(a, all[i].number, all[i].state);
        else
            machine_state_clear(&all[i].state);
    }
    return ok;
}

/* --- restoring --- */

static bool begin_restore(Agent *a, const SaveOrder *o, const SavedNodeOrder *order, GError **error)
{
    const MachinePlace place = place_of(a, o->qemu);
    AgentNode *n = agent_node(a, order->node, error);
    const MachineState *kept = order->number > 0 ? find(a, order->number, error) : NULL;
    MachineState state;

    if (!n || (order->number > 0 && !kept))
        return false;
    if (!kept && o->keep_ram)
        return true;
    disconnect(n);
    memset(&n->node->rest, 0, sizeof(n->node->rest));
    n->node->rest.checked = true;
    g_byte_array_set_size(n->console, 0);
    if (!kept) {
        node_drop_process(n->node);
        return true;
    }
    state = *kept;
    state.version = *order->version ? order->version : NULL;
    return machine_begin_restore(n->node, &place, &state, o->keep_ram, error);
}

static bool load(Agent *a, const SavedNodeOrder *order, GError **error)
{
    MachineState state;

    if (order->number == 0)
        return true;
    state = *find(a, order->number, NULL);
    state.version = *order->version ? order->version : NULL;
    return machine_load(agent_node(a, order->node, NULL)->node, &state, error);
}

static bool end_restore(Agent *a, const SaveOrder *o, const SavedNodeOrder *order, GError **error)
{
    const MachinePlace place = place_of(a, o->qemu);
    AgentNode *n = agent_node(a, order->node, NULL);

    if (order->number == 0)
        return true;
    if (!machine_end_restore(n->node, &place, error))
        return false;
    if (!o->keep_ram) { /* the rest of its past comes later */
        node_begin_again(n->node);
        n->node->state = NODE_PAUSED;
    }
    if (n->node->cpu < 0)
        local_host_place(a->host, n->node);
    agent_read_console(n);
    return true;
}

/* While the processes start. */
static bool fill_rams(const Agent *a, const SaveOrder *o, GError **error)
{
    g_autofree MachineCopy *copies = g_new0(MachineCopy, MAX(o->nodes->len, 1));

    for (unsigned i = 0; i < o->nodes->len; i++) {
        const SavedNodeOrder *order = &g_array_index(o->nodes, SavedNodeOrder, i);

        if (order->number > 0)
            copies[i] = (MachineCopy){agent_node(a, order->node, NULL)->node,
                                      find(a, order->number, NULL), NULL};
    }
    machine_copies(copies, o->nodes->len, machine_fill_ram);
    return machine_copies_ended(copies, o->nodes->len, error);
}

static bool receive_restore(Agent *a, Reader *r, GError **error)
{
    g_auto(SaveOrder) o = {0};
    bool ok = restore_order_get(r, &o, error);

    if (!ok)
        return false;
    agent_forget_cards(a);
    for (unsigned i = 0; ok && i < o.nodes->len; i++)
        ok = begin_restore(a, &o, &g_array_index(o.nodes, SavedNodeOrder, i), error);
    ok = ok && (o.keep_ram || fill_rams(a, &o, error));
    for (unsigned i = 0; ok && i < o.nodes->len; i++)
        ok = load(a, &g_array_index(o.nodes, SavedNodeOrder, i), error);
    for (unsigned i = 0; ok && i < o.nodes->len; i++)
        ok = end_restore(a, &o, &g_array_index(o.nodes, SavedNodeOrder, i), error);
    for (unsigned i = 0; ok && i < o.nodes->len; i++)
        agent_put_node(a,
                       agent_node(a, g_array_index(o.nodes, SavedNodeOrder, i).node, NULL)->node);
    return ok;
}

static bool receive_past(const Agent *a, Reader *r, GError **error)
{
    PastOrder o;
    AgentNode *n;

    if (!past_order_get(r, &o, error) || !(n = agent_node(a, o.node, error)))
        return false;
    n->node->epoch = o.epoch;
    node_past_get(&o.past, n->node);
    node_hit_get(&o.past, n->node);
    if (!reader_done(&o.past, "past", error))
        return false;
    if (node_answers(n->node) && !n->node->qmp) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "node %s has no machine",
                    n->node->name);
        return false;
    }
    node_watch_add(a->watch, n->node);
    return true;
}

static bool receive_again(Agent *a, Reader *r, GError **error)
{
    g_autofree char *qemu = NULL;
    unsigned index;
    AgentNode *n;

    if (!again_order_get(r, &index, &qemu, error) || !(n = agent_node(a, index, error)))
        return false;
    disconnect(n);
    node_drop_process(n->node);
    node_begin_again(n->node);
    g_byte_array_set_size(n->console, 0);
    if (!node_launch(n->node, a->dir, *qemu ? qemu : NULL, local_host_sched_mode(a->host), error))
        return false;
    g_byte_array_set_size(n->console, 0);
    node_watch_add(a->watch, n->node);
    agent_put_node(a, n->node);
    return true;
}

/* --- parts: between here and the controller --- */

static bool receive_parts(const Agent *a, Reader *r, GError **error)
{
    g_auto(PartsOrder) parts = {0};
    const MachineState *s;
    unsigned number;

    if (!index_order_get(r, &number, error) || !(s = find(a, number, error)))
        return false;
    parts_order_init(&parts, s->whole);
    for (unsigned i = 0; i < machine_state_n_parts(s); i++)
        parts_order_add(&parts, machine_state_part_name(s, i), machine_state_part_size(s, i));
    parts_order_put(a->made, &parts);
    return true;
}

static bool no_part(const PartOrder *o, GError **error)
{
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "the saved machine %u has no part %u",
                o->number, o->part);
    return false;
}

static bool receive_fetch(const Agent *a, Reader *r, GError **error)
{
    g_autofree uint8_t *bytes = NULL;
    const MachineState *s;
    int64_t at;
    ssize_t n;
    PartOrder o;

    if (!fetch_order_get(r, &o, error) || !(s = find(a, o.number, error)))
        return false;
    if (o.part >= machine_state_n_parts(s))
        return no_part(&o, error);
    bytes = g_malloc(PROTOCOL_PART_BYTES);
    n = machine_state_part_read(s, o.part, o.at, bytes, PROTOCOL_PART_BYTES, &at, error);
    if (n < 0)
        return false;
    put_u64(a->made, (uint64_t)at);
    put_bytes(a->made, bytes, (gsize)n);
    return true;
}

/* Files of these sizes, without contents. */
static bool make_parts(const PartsOrder *o, MachineState *s, GError **error)
{
    unsigned heads = o->whole ? 1 : 2;

    s->whole = o->whole;
    s->overlays = overlays_new();
    for (unsigned i = 0; i < o->names->len; i++) {
        int fd = memfile_new("saved", g_array_index(o->sizes, int64_t, i), error);

        if (fd < 0)
            return false;
        if (i >= heads)
            overlays_add(s->overlays, o->names->pdata[i], fd);
        else
            *(i == 0 ? &s->devices : &s->ram) = fd;
    }
    return true;
}

static bool receive_store(const Agent *a, Reader *r, GError **error)
{
    g_auto(PartsOrder) parts = {0};
    g_auto(MachineState) s = MACHINE_STATE_NONE;
    unsigned number = get_u32(r);

    if (!parts_order_get(r, &parts, error) || !make_parts(&parts, &s, error))
        return false;
    keep(a, number, machine_state_steal(&s));
    return true;
}

static bool receive_fill(const Agent *a, Reader *r, GError **error)
{
    const MachineState *s;
    int64_t size;
    PartOrder o;
    int fd;

    if (!fill_order_get(r, &o, error) || !(s = find(a, o.number, error)))
        return false;
    fd = o.part < machine_state_n_parts(s) ? machine_state_part_file(s, o.part) : -1;
    size = fd >= 0 ? machine_state_part_size(s, o.part) : 0;
    if (fd < 0 || (int64_t)o.size > size || o.at > size - (int64_t)o.size)
        return no_part(&o, error);
    if (memfile_write(fd, o.bytes, o.size, o.at))
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "no memory for a saved machine: %s",
                g_strerror(errno));
    return false;
}

static bool receive_forget(const Agent *a, Reader *r, GError **error)
{
    unsigned number;

    if (!index_order_get(r, &number, error))
        return false;
    g_hash_table_remove(a->machines, GUINT_TO_POINTER(number));
    return true;
}

bool agent_answer_save(Agent *a, uint8_t type, Reader *r, bool *known, GError **error)
{
    switch (type) {
    case MSG_SAVE:
        return receive_save(a, r, error);
    case MSG_RESTORE:
        return receive_restore(a, r, error);
    case MSG_PAST:
        return receive_past(a, r, error);
    case MSG_AGAIN:
        return receive_again(a, r, error);
    case MSG_CLOSE_CARDS:
        agent_forget_cards(a);
        return reader_done(r, "close cards", error);
    case MSG_PARTS:
        return receive_parts(a, r, error);
    case MSG_FETCH:
        return receive_fetch(a, r, error);
    case MSG_STORE:
        return receive_store(a, r, error);
    case MSG_FILL:
        return receive_fill(a, r, error);
    case MSG_FORGET:
        return receive_forget(a, r, error);
    }
    *known = false;
    return false;
}
