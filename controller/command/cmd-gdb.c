/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-gdb.c: endpoints for the user's own gdb. */
#include "controller/base/log.h"
#include "controller/base/socket-file.h"
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/command/gdb-monitor.h"
#include "controller/gdbserver/gdb-endpoint.h"

#include <string.h>

/* Parked with wait=on, until this endpoint's gdb is gone. */
static CommandCall *waiting;

static GPtrArray *endpoints(Session *s)
{
    if (!s->endpoints)
        s->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)gdb_endpoint_free);
    return s->endpoints;
}

/* node NULL: the endpoint for all nodes. */
static GdbEndpoint *find(Session *s, const Node *node)
{
    for (unsigned i = 0; i < endpoints(s)->len; i++) {
        GdbEndpoint *e = s->endpoints->pdata[i];

        if (gdb_endpoint_node(e) == node)
            return e;
    }
    return NULL;
}

static void end_wait(Session *s, GError *error)
{
    CommandCall *call = g_steal_pointer(&waiting);

    s->on_interrupt = NULL;
    if (call)
        command_finish(call, error);
    else
        g_clear_error(&error);
}

static void close_endpoint(Session *s, const Node *node)
{
    GdbEndpoint *e = find(s, node);

    if (e)
        g_ptr_array_remove(s->endpoints, e);
    if (waiting && waiting->data == node)
        end_wait(s, NULL);
}

void gdb_close_node(Session *s, const Node *node)
{
    close_endpoint(s, node);
    gdb_forget_node(s, node);
}

static void on_gone(void *data)
{
    Session *s = data;
    const GdbEndpoint *e = waiting ? find(s, waiting->data) : NULL;

    if (e && !gdb_endpoint_attached(e))
        end_wait(s, NULL);
}

/* Of several gdbs that waited for the same run, the first one tells. */
static void on_failed(const GError *error, void *data)
{
    Session *s = data;

    if (s->verdict.outcome == OUTCOME_NODE_FAILED)
        return;
    if (waiting) {
        end_wait(s, g_error_new_literal(SESSION_ERROR, SESSION_ERROR_NODE, error->message));
        return;
    }
    log_write(LOG_ERROR, "%s", error->message);
    session_note(s, OUTCOME_NODE_FAILED, error->message);
}

static const GdbEndpointEvents events = {
    .gone = on_gone,
    .failed = on_failed,
    .monitor = gdb_monitor_begin,
    .forget = gdb_monitor_forget,
};

static void on_interrupt(Session *s)
{
    end_wait(s, g_error_new(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted"));
}

static bool check_stub(const Node *node, GError **error)
{
    if (node->gdb_path)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "node %s has no gdbstub: attach it with gdb=PATH", node->name);
    return false;
}

/* Whether any node can be attached to. A single node that can't says why. */
static bool check_all(const Session *s, GError **error)
{
    g_autoptr(GError) first = NULL;

    for (guint i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (node_check(n, false, first ? NULL : &first) && check_stub(n, first ? NULL : &first))
            return true;
    }
    if (first)
        g_propagate_error(error, g_steal_pointer(&first));
    else
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is no node for a gdb: `node add` comes first");
    return false;
}

/* The file with gdb's commands; free with g_free(). */
static char *script_path(const Session *s)
{
    return g_build_filename(rundir_path(s->dir), "all.gdb", NULL);
}

/* Writes what makes an inferior of each node. */
static bool write_script(const Session *s, const GdbEndpoint *e, GError **error)
{
    g_autofree char *path = script_path(s), *text = gdb_endpoint_script(e);

    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static GdbEndpoint *open_endpoint(const CommandCall *call, Node *node, GError **error)
{
    Session *s = call->session;
    g_autofree char *path = g_strdup(args_text(call, "path"));
    GdbEndpoint *e;

    if (node ? !node_check(node, false, error) || !check_stub(node, error) : !check_all(s, error))
        return NULL;
    if (!path)
        path = g_build_filename(node ? node->dir : rundir_path(s->dir), "gdb-user", NULL);
    e = gdb_endpoint_new(s, node, path, (unsigned)args_count(call, "port", 0), &events, s, error);
    if (e)
        g_ptr_array_add(endpoints(s), e);
    return e;
}

/* Of a check: all nodes. */
static CommandResult would_reach_all(Session *s, GError **error)
{
    const Node *without = NULL;

    if (s->nodes->len == 0 && !checking_in_doubt(s->checking, CHECKING_END, NULL)) {
        check_all(s, error);
        return COMMAND_FAILED;
    }
    for (guint i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (!n->attached || n->gdb_path)
            return command_would_reach(s, n, error);
        without = n;
    }
    return !without || check_stub(without, error) ? COMMAND_DONE : COMMAND_FAILED;
}

/* Of a check. */
static CommandResult would_open(const CommandCall *call, const Node *node, GError **error)
{
    const char *path = args_text(call, "path");

    if (args_has(call, "off"))
        return COMMAND_DONE;
    if (node && node->attached && !check_stub(node, error))
        return COMMAND_FAILED;
    if (path && !socket_file_fits(path, error)) {
        g_prefix_error(error, "can't listen on '%s': ", path);
        return COMMAND_FAILED;
    }
    return node ? command_would_reach(call->session, node, error)
                : would_reach_all(call->session, error);
}

/* Prints what to type in gdb, or hands it to a program. */
static bool tell(Session *s, const GdbEndpoint *e, GError **error)
{
    g_autofree char *path = gdb_endpoint_node(e) ? NULL : script_path(s);

    if (path && !write_script(s, e, error))
        return false;
    if (s->answer) {
        answer_text(s->answer, "address", gdb_endpoint_address(e));
        if (path)
            answer_text(s->answer, "script", path);
    } else if (path) {
        session_print(s, "source %s\n", path);
    } else {
        session_print(s, "target remote %s\n", gdb_endpoint_address(e));
    }
    return true;
}

static CommandResult exec_gdb(CommandCall *call, GError **error)
{
    Session *s = call->session;
    /* A node may be called so. */
    Node *node = args_has(call, "all") ? session_node(s, "all") : args_node(call);
    bool off = args_has(call, "off");
    GdbEndpoint *e;

    if (s->options.dry)
        return would_open(call, node, error);
    if (off || args_has(call, "path") || args_has(call, "port"))
        close_endpoint(s, node);
    if (off)
        return COMMAND_DONE;
    e = find(s, node);
    if ((!e && !(e = open_endpoint(call, node, error))) || !tell(s, e, error))
        return COMMAND_FAILED;
    if (!args_is(call, "wait", "on"))
        return COMMAND_DONE;
    g_assert(!waiting); /* one command at a time, and none of gdb's monitor gets here */
    call->data = node;
    waiting = call;
    s->on_interrupt = on_interrupt;
    return COMMAND_PARKED;
}

const Command cmd_gdb = {
    .name = "gdb",
    .usage = "NODE|all [off] [path=PATH] [port=N] [wait=on|off]",
    .least = 1,
    .most = 65535,
    .help = "Let a gdb attach to a node, or to all as inferiors of one gdb, over a unix socket, or "
            "TCP on 127.0.0.1 with port=N, and print what to type there. Its `continue` lets the "
            "whole ensemble "
            "run, `monitor` takes these commands; "
            "wait=on goes on when it has come and is gone again",
    .exec = exec_gdb,
    .outside = true,
};
