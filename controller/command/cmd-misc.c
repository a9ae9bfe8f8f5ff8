/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-misc.c: set, include, echo, log, quit; send, qmp, hmp. */
#include "controller/base/log.h"
#include "controller/base/suggest.h"
#include "controller/command/args.h"
#include "controller/command/gdb-monitor.h"
#include "controller/command/keys.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/monitor.h"
#include "controller/session/journal.h"
#include "controller/session/live.h"

#include <string.h>

static CommandResult exec_set(CommandCall *call, GError **error)
{
    const char *key = args_text(call, "KEY");

    if (!session_check_variable(key, error))
        return COMMAND_FAILED;
    session_set(call->session, key, args_text(call, "VALUE"), false);
    return COMMAND_DONE;
}

const Command cmd_set = {
    .name = "set",
    .usage = "KEY VALUE",
    .help = "Set a variable, used as $KEY or ${KEY}; one given on the command line keeps its value",
    .exec = exec_set,
    .when = COMMAND_ANYTIME,
    .outside = true,
    .defines = DEFINES_VARIABLE,
};

static CommandResult exec_include(CommandCall *call, GError **error)
{
    (void)error;
    call->include = g_strdup(args_text(call, "FILE"));
    return COMMAND_INCLUDE;
}

const Command cmd_include = {
    .name = "include",
    .usage = "FILE",
    .help = "Run the commands of another file; its path is relative to this one",
    .exec = exec_include,
    .outside = true,
    .defines = DEFINES_ANYTHING,
};

static CommandResult exec_echo(CommandCall *call, GError **error)
{
    g_autofree char *words = g_strjoinv(" ", call->args), *text = g_strconcat(words, "\n", NULL);

    (void)error;
    if (!call->session->options.dry)
        session_print_raw(call->session, text); /* the user's own, colours and all */
    return COMMAND_DONE;
}

const Command cmd_echo = {
    .name = "echo",
    .usage = "[TEXT…]",
    .help = "Print a line",
    .exec = exec_echo,
    .when = COMMAND_ANYTIME,
};

static bool is_subsystem(const char *name, GError **error)
{
    g_autofree char *all = NULL, *meant = NULL;

    if (g_strv_contains(log_subsystems(), name))
        return true;
    all = g_strjoinv(", ", (char **)log_subsystems());
    meant = suggest_suffix(name, log_subsystems());
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s' is no subsystem: %s%s", name, all,
                meant);
    return false;
}

/* All names are looked at before one is raised. */
static CommandResult exec_log(CommandCall *call, GError **error)
{
    LogLevel level;

    log_level_parse(call->args[0], &level, NULL);
    for (unsigned i = 1; i < call->n_args; i++)
        if (!is_subsystem(call->args[i], error))
            return COMMAND_FAILED;
    if (call->session->options.dry)
        return COMMAND_DONE;
    if (call->n_args == 1)
        log_set_level(level);
    for (unsigned i = 1; i < call->n_args; i++)
        log_set_subsystem_level(call->args[i], level);
    return COMMAND_DONE;
}

const Command cmd_log = {
    .name = "log",
    .usage = "error|warn|info|debug [SUBSYSTEM…]",
    .help = "Say more or less on stderr; of some subsystems, such as engine, or of all",
    .exec = exec_log,
    .when = COMMAND_ANYTIME,
    .drives = true,
};

/* All consoles are looked for before one is shown. */
static CommandResult exec_log_console(CommandCall *call, GError **error)
{
    Session *s = call->session;
    bool on = args_has(call, "on");
    int64_t uart;

    for (unsigned i = 1; i < call->n_args; i++)
        if (!args_find_console(s, call->args[i], &uart, error))
            return COMMAND_FAILED;
    if (s->options.dry)
        return COMMAND_DONE;
    if (call->n_args == 1)
        live_show(s, NULL, 0, on);
    for (unsigned i = 1; i < call->n_args; i++) {
        const Node *n = args_find_console(s, call->args[i], &uart, NULL);

        live_show(s, n, (unsigned)uart, on);
    }
    return COMMAND_DONE;
}

const Command cmd_log_console = {
    .name = "log console",
    .usage = "on|off [NODE[.PORT]…]",
    .help = "Show the lines of consoles while the ensemble runs, '[TIME] NODE: TEXT': of some, or "
            "of all nodes that there are and will be",
    .exec = exec_log_console,
};

static CommandResult exec_quit(CommandCall *call, GError **error)
{
    if (call->session->options.dry)
        return COMMAND_DONE;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_QUIT, "quit");
    return COMMAND_FAILED;
}

const Command cmd_quit = {
    .name = "quit",
    .usage = "",
    .help = "End; every launched QEMU ends too",
    .exec = exec_quit,
    .when = COMMAND_ANYTIME,
    .drives = true,
};

/* --- straight to a node --- */

static Node *live_node(const CommandCall *call, GError **error)
{
    Node *node = args_node(call);
    bool ok = call->session->options.dry
                  ? command_would_reach(call->session, node, error) == COMMAND_DONE
                  : node_check(node, true, error);

    return ok ? node : NULL;
}

static CommandResult exec_send(CommandCall *call, GError **error)
{
    Node *node = live_node(call, error);
    g_autoptr(GByteArray) keys = NULL;

    if (!node || !(keys = keys_parse(args_text(call, "TEXT"), error)))
        return COMMAND_FAILED;
    if (args_uart(call) > 0 && args_uart(call) == node_semi_number(node)) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "node %s takes nothing by semihosting: what it writes there is read alone",
                    node->name);
        return COMMAND_FAILED;
    }
    if (call->session->options.dry)
        return COMMAND_DONE;
    if (!node_check(node, false, error)) /* nobody reads it */
        return COMMAND_FAILED;
    if (!console_send(node_console(node, args_uart(call)), (const char *)keys->data, keys->len,
                      error))
        return COMMAND_FAILED;
    journal_typed(call->session, node, args_uart(call), JOURNAL_BY_COMMAND, keys->data, keys->len);
    return COMMAND_DONE;
}

const Command cmd_send = {
    .name = "send",
    .usage = "NODE[.PORT] TEXT",
    .help = "Type text on the node's console, or on that of its UART PORT; \\n is the enter key, "
            "\\r, \\t, \\e, \\xHH and \\^C are others",
    .exec = exec_send,
};

/* json: programs get a value, not a text. The command ended by QEMU's death must leave the node as
 * failed. */
static CommandResult qmp_result(const CommandCall *call, Node *node, char *text, bool json,
                                GError *e, GError **error)
{
    if (text) {
        if (json && call->session->answer)
            answer_json(call->session->answer, "return", text);
        else
            session_print(call->session, "%s%s", text, g_str_has_suffix(text, "\n") ? "" : "\n");
        g_free(text);
        return COMMAND_DONE;
    }
    if (node->qmp && qmp_client_broken(node->qmp)) {
        node_fail(node, e);
        g_set_error_literal(error, SESSION_ERROR, SESSION_ERROR_NODE,
                            node->failure ? node->failure->message : e->message);
        g_error_free(e);
    } else {
        g_propagate_prefixed_error(error, e, "node %s: ", node->name);
    }
    return COMMAND_FAILED;
}

/* What QEMU's monitors are not to be told. */
static CommandResult refused(const CommandCall *call, GError **error)
{
    g_prefix_error(error, "node %s: ", args_text(call, "NODE"));
    return COMMAND_FAILED;
}

/* Of the monitor for machines: whether it only looks. */
static bool is_look(const char *command)
{
    static const char *const looks[] = {"qom-get",
                                        "qom-list",
                                        "qom-list-types",
                                        "qom-list-properties",
                                        "device-list-properties",
                                        "memsave",
                                        "pmemsave",
                                        "screendump",
                                        NULL};

    return g_str_has_prefix(command, "query-") || g_strv_contains(looks, command);
}

static CommandResult exec_qmp(CommandCall *call, GError **error)
{
    Node *node = live_node(call, error);
    const char *request = args_text(call, "JSON");
    g_autofree char *command = NULL, *arguments = NULL;
    GError *e = NULL;
    char *text;

    if (!node)
        return COMMAND_FAILED;
    if (request[0] == '{') {
        if (!qmp_request_parse(request, &command, &arguments, error))
            return COMMAND_FAILED;
    } else {
        command = g_strdup(request);
    }
    if (!monitor_check_qmp(command, arguments, error))
        return refused(call, error);
    if (call->session->options.dry)
        return COMMAND_DONE;
    text = node_qmp(node, command, arguments, &e);
    if (text && !is_look(command))
        journal_command(call->session, node, "qmp", call->args);
    return qmp_result(call, node, text, true, e, error);
}

const Command cmd_qmp = {
    .name = "qmp",
    .usage = "NODE 'JSON'",
    .help = "Send a QMP command, such as '{\"execute\":\"query-status\"}' or just query-status, "
            "and show "
            "what it returns; commands that would move the node without the others are refused",
    .exec = exec_qmp,
    .when = COMMAND_LOOKS,
    .outside = true,
};

static CommandResult exec_hmp(CommandCall *call, GError **error)
{
    Node *node = live_node(call, error);
    GError *e = NULL;
    char *text;

    if (!node)
        return COMMAND_FAILED;
    if (!monitor_check_hmp(args_text(call, "TEXT"), error))
        return refused(call, error);
    if (call->session->options.dry)
        return COMMAND_DONE;
    text = node_hmp(node, args_text(call, "TEXT"), &e);
    if (text && !gdb_monitor_looks(args_text(call, "TEXT")))
        journal_command(call->session, node, "hmp", call->args);
    return qmp_result(call, node, text, false, e, error);
}

const Command cmd_hmp = {
    .name = "hmp",
    .usage = "NODE TEXT",
    .help = "Send a line to QEMU's human monitor and show the answer; commands that would move the "
            "node without the others are refused",
    .exec = exec_hmp,
    .when = COMMAND_LOOKS,
    .outside = true,
};
