/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes.c: all missing nodes are made before any node is removed. */
#include "controller/save/nodes.h"

#include "controller/qemu/ending.h"
#include "controller/qemu/option-keys.h"
#include "controller/qemu/qemu-argv.h"
#include "controller/remote/client/client-save.h"
#include "controller/session/output.h"
#include "controller/session/remote-host.h"
#include "controller/session/session-error.h"
#include "controller/session/session-life.h"

#include <string.h>

/* The session's node that is described; NULL: none. */
static Node *same_node(const Session *s, const NodeIdentity *id)
{
    Node *n = session_node(s, id->name);

    return n && node_identity_is(id, n) ? n : NULL;
}

bool nodes_have_programs(const Session *s, const GPtrArray *ids, GError **error)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        g_autofree char *program = node_options_program(n->options, s->options.qemu);
        g_autofree char *path = g_find_program_in_path(program);
        bool meant = !ids;

        for (unsigned k = 0; ids && k < ids->len; k++)
            meant = meant || node_identity_is(ids->pdata[k], n);
        if (path || n->remote || n->attached || !meant)
            continue;
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "node %s: its QEMU, '%s', is gone or can't be executed any more, and another "
                    "process of it is needed here",
                    n->name, program);
        return false;
    }
    return true;
}

bool nodes_have_files(const Session *s, GError **error)
{
    static const char *const files[] = {"kernel", "initrd", NULL};

    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        const GPtrArray *given = n->options->given;

        for (unsigned k = 0; !n->remote && !n->attached && k + 1 < given->len; k += 2) {
            const char *path = given->pdata[k + 1];

            if (!g_strv_contains(files, given->pdata[k]) || g_file_test(path, G_FILE_TEST_EXISTS))
                continue;
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                        "node %s: '%s' is gone, and the node can't be started anew without it",
                        n->name, path);
            return false;
        }
    }
    return true;
}

static Node *make_node(const Session *s, const NodeIdentity *id, GError **error)
{
    g_autoptr(NodeOptions) options = node_options_new(id->name);
    const RemoteHost *host = id->host ? remote_host_find(s, id->host) : NULL;
    g_autofree char *meant = NULL;
    Node *n;

    for (unsigned i = 0; i + 1 < id->given->len; i += 2)
        if (!node_options_set(options, id->given->pdata[i], id->given->pdata[i + 1], error))
            goto failed;
    if (!node_options_finish(options, error))
        goto failed;
    if (id->host && !host && !s->any_host) {
        checking_in_doubt(s->checking, CHECKING_HOST, id->host);
        meant = remote_host_suggest(s, id->host);
        g_set_error(
            error, NODE_ERROR, NODE_ERROR_OPTION,
            "it is on host '%s', which this session does not have%s. `host add %s …` comes "
            "before `restore`, or `restore … host=%s:local` puts the node on this host, host=auto "
            "all nodes on the hosts that there are",
            id->host, meant, id->host, id->name);
        goto failed;
    }
    g_free(options->host); /* host=auto is what was said, and the host what came of it */
    options->host = g_strdup(id->host);
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

/* --- other places --- */

static void place(NodeIdentity *id, const char *host)
{
    g_free(id->host);
    id->host = strcmp(host, "local") == 0 ? NULL : g_strdup(host);
    for (unsigned i = 0; i + 1 < id->given->len; i += 2) {
        if (strcmp(id->given->pdata[i], "host") != 0)
            continue;
        g_free(id->given->pdata[i + 1]);
        id->given->pdata[i + 1] = g_strdup(host);
        return;
    }
    if (!id->host)
        return;
    g_ptr_array_add(id->given, g_strdup("host"));
    g_ptr_array_add(id->given, g_strdup(host));
}

static bool bad_places(const char *places, const char *why, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "host='%s': %s. HOST for all nodes, or NODE:HOST,NODE:HOST… is right; 'local' is "
                "this host, host=auto spreads all",
                places, why);
    return false;
}

/* The names of the save's nodes in one text; free with g_free(). */
static char *names_of(const GPtrArray *ids)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (unsigned i = 0; i < ids->len; i++)
        g_ptr_array_add(names, ((const NodeIdentity *)ids->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    return g_strjoinv(", ", (char **)names->pdata);
}

static NodeIdentity *find_id(const GPtrArray *ids, const char *name)
{
    for (unsigned i = 0; i < ids->len; i++)
        if (strcmp(((NodeIdentity *)ids->pdata[i])->name, name) == 0)
            return ids->pdata[i];
    return NULL;
}

/* "NODE:HOST". placed: the nodes that have got their place. */
static bool place_one(const GPtrArray *ids, const char *places, const char *text, GPtrArray *placed,
                      GError **error)
{
    const char *colon = strchr(text, ':');
    g_autofree char *name = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;
    g_autofree char *why = NULL, *names = names_of(ids);
    NodeIdentity *id = name ? find_id(ids, name) : NULL;

    if (!*text)
        why = g_strdup("a place is missing at a comma");
    else if (!name)
        why = g_strdup_printf("'%s' is for all nodes, so nothing else can be said", text);
    else if (!*name || !colon[1])
        why = g_strdup_printf("'%s' has no %s", text, *name ? "host" : "node");
    else if (!id)
        why = g_strdup_printf("the save has no node '%s', but %s", name, names);
    else if (g_ptr_array_find(placed, id, NULL))
        why = g_strdup_printf("node '%s' stands in it twice", name);
    if (!id || why)
        return bad_places(places, why, error);
    place(id, colon + 1);
    g_ptr_array_add(placed, id);
    return true;
}

/* The first nodes of a save, which have their places. */
typedef struct {
    const GPtrArray *ids;
    unsigned n;
} Placed;

static unsigned placed_on(const void *data, const RemoteHost *h)
{
    const Placed *p = data;
    unsigned n = 0;

    for (unsigned i = 0; i < p->n; i++)
        n += g_strcmp0(((const NodeIdentity *)p->ids->pdata[i])->host, h->options.name) == 0;
    return n;
}

/* host=auto: the session's own nodes do not count, since those of the save take their place. */
static void spread(const Session *s, const GPtrArray *ids)
{
    for (unsigned i = 0; i < ids->len; i++) {
        const Placed placed = {ids, i};
        const RemoteHost *h = remote_host_choose(s, placed_on, &placed);
        NodeIdentity *id = ids->pdata[i];

        place(id, h ? h->options.name : "local");
        if (!s->options.dry)
            session_print(s, "node %s: host=auto: %s\n", id->name, h ? id->host : "local");
    }
}

bool nodes_place(const Session *s, const GPtrArray *ids, const char *places, GError **error)
{
    g_auto(GStrv) all = g_strsplit(places, ",", -1);
    g_autoptr(GPtrArray) placed = g_ptr_array_new();

    if (!*places)
        return bad_places(places, "it is empty", error);
    if (strcmp(places, "auto") == 0) {
        spread(s, ids);
        return true;
    }
    if (!strpbrk(places, ",:")) {
        for (unsigned i = 0; i < ids->len; i++)
            place(ids->pdata[i], places);
        return true;
    }
    for (char **p = all; *p; p++)
        if (!place_one(ids, places, *p, placed, error))
            return false;
    return true;
}

void nodes_close_cards(const Session *s)
{
    for (unsigned i = 0; s->hosts && i < s->hosts->len; i++) {
        AgentClient *c = ((const RemoteHost *)s->hosts->pdata[i])->client;

        if (c && !agent_client_lost(c))
            agent_client_close_cards(c, NULL);
    }
}

bool nodes_fit(Session *s, const GPtrArray *ids, NodesLeaveFunc leave, GError **error)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();

    for (unsigned i = 0; i < ids->len; i++) {
        const NodeIdentity *id = ids->pdata[i];
        Node *n = same_node(s, id);

        if (!n && !(n = make_node(s, id, error))) {
            free_made(s, nodes);
            return false;
        }
        g_ptr_array_add(nodes, n);
    }
    nodes_close_cards(s);
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
