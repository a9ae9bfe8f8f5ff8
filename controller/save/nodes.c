/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes.c: all missing nodes are made before any node is removed. */
#include "controller/save/nodes.h"

#include "controller/qemu/ending.h"
#include "controller/qemu/option-keys.h"
#include "controller/session/remote-host.h"
#include "controller/session/session-life.h"

/* The session's node that is described; NULL: none. */
static Node *same_node(const Session *s, const NodeIdentity *id)
{
    Node *n = session_node(s, id->name);

    return n && node_identity_is(id, n) ? n : NULL;
}

static Node *make_node(const Session *s, const NodeIdentity *id, GError **error)
{
    g_autoptr(NodeOptions) options = node_options_new(id->name);
    const RemoteHost *host = id->host ? remote_host_find(s, id->host) : NULL;
    Node *n;

    for (unsigned i = 0; i + 1 < id->given->len; i += 2)
        if (!node_options_set(options, id->given->pdata[i], id->given->pdata[i + 1], error))
            goto failed;
    if (!node_options_finish(options, error))
        goto failed;
    if (id->host && !host && !remote_host_unknown(s, id->host, error))
        goto failed;
    n = node_new(g_steal_pointer(&options), id->index);
    n->remote = host && host->client ? agent_client_remote(host->client) : NULL;
    n->transcript = g_strdup(id->transcript);
    return n;

failed:
    g_prefix_error(error, "node %s: ", id->name);
    return NULL;
}

static void free_made(const Session *s, GPtrArray *nodes)
{
    for (unsigned i = 0; i < nodes->len; i++)
        if (!g_ptr_array_find(s->nodes, nodes->pdata[i], NULL))
            node_free(nodes->pdata[i]);
}

/* Removes the nodes that are not in `keep`. */
static bool remove_others(Session *s, GPtrArray *keep, NodesLeaveFunc leave, GError **error)
{
    for (unsigned i = s->nodes->len; i-- > 0;) {
        Node *n = s->nodes->pdata[i];

        if (g_ptr_array_find(keep, n, NULL))
            continue;
        leave(s, n);
        if (!session_remove_node(s, n, error))
            return false;
    }
    return true;
}

bool nodes_fit(Session *s, const Save *save, NodesLeaveFunc leave, GError **error)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();

    for (unsigned i = 0; i < save->ids->len; i++) {
        const NodeIdentity *id = save->ids->pdata[i];
        Node *n = same_node(s, id);

        if (!n && !(n = make_node(s, id, error))) {
            free_made(s, nodes);
            return false;
        }
        g_ptr_array_add(nodes, n);
    }
    if (!remove_others(s, nodes, leave, error)) {
        free_made(s, nodes);
        return false;
    }
    for (unsigned i = 0; i < nodes->len; i++) {
        if (!g_ptr_array_find(s->nodes, nodes->pdata[i], NULL))
            session_add_node(s, nodes->pdata[i]);
    }
    for (unsigned i = 0; i < nodes->len; i++)
        s->nodes->pdata[i] = nodes->pdata[i];
    return true;
}
