/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent-answer.c: answers the controller's requests, and reports nodes that fail while the ensemble
 * stands. Main thread, except agent_on_node_event(). */
#include "controller/engine/gate.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/launch.h"
#include "controller/remote/agent/agent-private.h"
#include "controller/remote/files.h"
#include "controller/remote/node-state.h"
#include "controller/remote/orders.h"

void agent_node_free(void *data)
{
    AgentNode *n = data;

    node_watch_remove(n->agent->watch, n->node);
    gdb_relay_free(n->gdb);
    g_clear_pointer(&n->node->gate, gate_free);
    nics_free(n->node);
    debug_free(n->node);
    node_free(n->node);
    g_byte_array_unref(n->console);
    dist_clear(&n->stats.overshoot);
    dist_clear(&n->stats.idle_skip);
    g_free(n);
}

void agent_on_failed(Node *n, void *data)
{
    Agent *a = data;
    gsize begun = message_begin(a->made, MSG_NODE_FAILED);

    put_u32(a->made, n->index);
    put_text(a->made, n->failure->message);
    message_end(a->made, begun);
    agent_send(a, a->made);
}

/* Failures are not sent here: SEGMENT_OVER or MSG_NODE_FAILED reports them. */
void agent_on_node_event(const Node *n, const NodeEvent *event, void *data)
{
    g_autoptr(GByteArray) message = NULL;
    gsize begun;

    if (event->what == NODE_EVENT_FAILED)
        return;
    message = g_byte_array_new();
    begun = message_begin(message, MSG_NODE_EVENT);
    put_u32(message, n->index);
    node_event_put(message, event);
    message_end(message, begun);
    agent_send(data, message);
}

static AgentNode *launch(Agent *a, NodeOrder *order, GError **error)
{
    AgentNode *n = g_new0(AgentNode, 1);

    n->agent = a;
    n->console = g_byte_array_new();
    n->node = node_new(g_steal_pointer(&order->options), order->index);
    if (order->waits || node_launch(n->node, a->dir, *order->qemu ? order->qemu : NULL,
                                    local_host_sched_mode(a->host), error))
        return n;
    agent_node_free(n);
    return NULL;
}

void agent_put_node(const Agent *a, const Node *n)
{
    put_text(a->made, n->version);
    put_u32(a->made, n->vcpus->len);
    clock_put(a->made, &n->clock);
    put_u32(a->made, (uint32_t)n->cpu);
    disk_put(a->made, &n->disk);
}

static bool receive_node(Agent *a, Reader *r, GError **error)
{
    NodeOrder order;
    AgentNode *n;
    bool taken;

    if (!node_order_get(r, &order, error))
        return false;
    taken = agent_node(a, order.index, NULL) != NULL;
    if (taken)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "there is a node %u already",
                    order.index);
    n = taken ? NULL : launch(a, &order, error);
    node_order_clear(&order);
    if (!n)
        return false;
    local_host_place(a->host, n->node);
    agent_read_console(n);
    node_watch_add(a->watch, n->node);
    g_ptr_array_add(a->nodes, n);
    agent_put_node(a, n->node);
    return true;
}

/* The node of a message whose only field is a node. */
static AgentNode *read_index(const Agent *a, Reader *r, GError **error)
{
    unsigned index;

    return index_order_get(r, &index, error) ? agent_node(a, index, error) : NULL;
}

static bool receive_end(Agent *a, Reader *r, GError **error)
{
    AgentNode *n = read_index(a, r, error);

    if (!n)
        return false;
    if (fabric_uses(a->fabric, n->node)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "node %s is in a link", n->node->name);
        return false;
    }
    local_host_displace(a->host, n->node);
    g_ptr_array_remove(a->nodes, n);
    return true;
}

static bool receive_qmp(const Agent *a, Reader *r, GError **error)
{
    g_autofree char *text = NULL;
    QmpOrder order;
    AgentNode *n;

    if (!qmp_order_get(r, &order, error))
        return false;
    n = agent_node(a, order.node, error);
    if (n && order.hmp)
        text = node_hmp(n->node, order.command, error);
    else if (n)
        text = node_qmp(n->node, order.command, *order.arguments ? order.arguments : NULL, error);
    qmp_order_clear(&order);
    if (text)
        put_text(a->made, text);
    return text != NULL;
}

bool agent_receive_stub(Agent *a, Reader *r, bool open, GError **error)
{
    AgentNode *n = read_index(a, r, error);

    if (!n)
        return false;
    g_clear_pointer(&n->gdb, gdb_relay_free);
    if (open)
        n->gdb = gdb_relay_new(a, n->node, error);
    return !open || n->gdb;
}

static bool receive_file(const Agent *a, Reader *r, GError **error)
{
    g_autofree char *path = NULL;
    FileOrder order;
    bool exists = false;

    if (!file_order_get(r, &order, error))
        return false;
    path = files_find(a->cache, order.sha256, order.size, order.may ? order.sender_path : NULL,
                      &exists, error);
    file_order_clear(&order);
    if (!path)
        return false;
    put_u8(a->made, exists);
    put_text(a->made, path);
    return true;
}

static bool request(Agent *a, uint8_t type, Reader *r, GError **error)
{
    bool known = true, ok;

    switch (type) {
    case MSG_FILE:
        return receive_file(a, r, error);
    case MSG_NODE:
        return receive_node(a, r, error);
    case MSG_END:
        return receive_end(a, r, error);
    case MSG_QMP:
        return receive_qmp(a, r, error);
    case MSG_CARD:
        return agent_open_card(a, r, error);
    case MSG_TOPOLOGY:
        agent_follow(a, r);
        return true;
    case MSG_NETWORK:
        agent_copy_network(a, r);
        return true;
    case MSG_STUB_OPEN:
        return agent_receive_stub(a, r, true, error);
    case MSG_PING:
        return reader_done(r, "ping", error);
    }
    ok = agent_answer_save(a, type, r, &known, error);
    if (!known)
        agent_die("a message of a type that nobody knows");
    return ok;
}

void agent_answer(Agent *a, uint8_t type, Reader *r)
{
    g_autoptr(GError) error = NULL;
    gsize begun = message_begin(a->made, MSG_OK);

    if (!request(a, type, r, &error)) {
        g_byte_array_set_size(a->made, 0);
        begun = message_begin(a->made, MSG_NO);
        put_u32(a->made,
                error && error->domain == NODE_ERROR ? (uint32_t)error->code : NODE_ERROR_SYSTEM);
        put_text(a->made, error ? error->message : "a malformed request");
    }
    message_end(a->made, begun);
    agent_send(a, a->made);
}
