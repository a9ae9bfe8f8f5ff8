/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-node.c: node add, attach, remove, list; start. */
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/command/args.h"
#include "controller/command/node-keys.h"
#include "controller/fabric/fabric.h"
#include "controller/gdbserver/gdb-endpoint.h"
#include "controller/qemu/attach.h"
#include "controller/qemu/defaults.h"
#include "controller/qemu/lint.h"
#include "controller/qemu/nic-options.h"
#include "controller/qemu/option-keys.h"
#include "controller/qemu/qemu-argv.h"
#include "controller/run/breaks.h"
#include "controller/run/disk-note.h"
#include "controller/run/node-symbols.h"
#include "controller/run/quantum.h"
#include "controller/run/sleep-note.h"
#include "controller/session/remote-host.h"
#include "controller/session/session-life.h"
#include "controller/session/table.h"

#include <string.h>

/* Names become file names, CSV columns and parts of expressions. */
bool command_check_name(const Session *s, const char *name, GError **error)
{
    bool ok = g_ascii_isalpha(name[0]) && strlen(name) <= 32;
    NetEnd end;

    for (const char *p = name; *p; p++)
        ok = ok && (g_ascii_isalnum(*p) || *p == '_' || *p == '-');
    if (!ok)
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "'%s' is no name for a node, a switch or a gateway: a letter, then letters, "
                    "digits, - or _, 32 at most",
                    name);
    else if (session_node(s, name))
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "there is a node '%s' already", name);
    else if (s->fabric && network_find(fabric_network(s->fabric), name, &end, NULL))
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "there is a switch or gateway '%s' already", name);
    else
        return true;
    return false;
}

static bool check_node_name(const Session *s, const char *name, GError **error)
{
    if (s->nodes->len < SESSION_MAX_NODES)
        return command_check_name(s, name, error);
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "%d nodes are the limit", SESSION_MAX_NODES);
    return false;
}

/* Keys that do not go together may be said in two places. */
static bool finish_options(const CommandCall *call, NodeOptions *options, GError **error)
{
    const Session *s = call->session;
    g_autofree char *blamed = NULL, *text = NULL;

    if (node_options_finish(options, error))
        return true;
    checking_in_doubt(s->checking, CHECKING_DEFAULTS, NULL);
    blamed = node_defaults_blamed(s->defaults, call->args + 1, call->n_args - 1, (*error)->message);
    if (blamed) {
        text = g_strdup_printf("%s (`defaults` has %s)", (*error)->message, blamed);
        g_free((*error)->message);
        (*error)->message = g_steal_pointer(&text);
    }
    return false;
}

static unsigned nodes_on(const void *session, const RemoteHost *h)
{
    return remote_host_nodes(session, h);
}

/* host=auto: by the numbers of nodes and CPUs, in the order of the hosts, so that every run places
 * its nodes alike. */
static void choose_host(const Session *s, NodeOptions *options)
{
    const RemoteHost *h = remote_host_choose(s, nodes_on, s);

    g_free(options->host);
    options->host = h ? g_strdup(h->options.name) : NULL;
    if (!s->options.dry)
        session_print(s, "node %s: host=auto: %s\n", options->name, h ? options->host : "local");
}

/* Once for each host, at its first node without a CPU of its own. */
static void note_crowd(const Session *s, const RemoteHost *h)
{
    unsigned nodes = h->client ? remote_host_nodes(s, h) : 0, cpus = remote_host_cpus(h);

    if (nodes == cpus + 1)
        log_warn("host %s: more nodes than CPUs (%u): they share them; %s gives each node its own",
                 h->options.name, cpus,
                 h->options.by ? "a job with a larger --cpus-per-task=" : "a larger cpus=");
}

static bool set_options(CommandCall *call, NodeOptions *options, GError **error)
{
    const Session *s = call->session;

    if (!node_defaults_apply(s->defaults, options, call->args + 1, call->n_args - 1, error))
        return false;
    if (g_strcmp0(options->host, "auto") == 0 && !s->any_host)
        choose_host(s, options);
    if (options->host && !remote_host_find(s, options->host) && !s->any_host)
        return remote_host_unknown(s, options->host, error);
    return finish_options(call, options, error);
}

/* A run tells when QEMU is started; a check has only this. */
static bool check_arguments(const Session *s, const NodeOptions *options, GError **error)
{
    const NodeWiring wiring = {
        .qemu = s->options.qemu, .nic_fd = 6, .console_path = "console", .gdb_path = "gdb"};
    g_auto(GStrv) argv = node_options_argv(options, &wiring, error);
    g_autoptr(GPtrArray) findings = argv ? lint_arguments(argv, LINT_OWN) : NULL;

    for (unsigned i = 0; findings && i < findings->len; i++)
        session_finding(s, "node", options->name, findings->pdata[i]);
    if (argv)
        disk_note_foresee(s, options);
    return argv;
}

/* Of `mac` among the cards of a node before card `end`; -1: none. */
static int card_with(const NodeOptions *options, unsigned index, const uint8_t mac[6], int64_t end)
{
    for (int64_t i = 0; i < end; i++) {
        uint8_t other[6];

        node_options_mac(options, index, (unsigned)i, other);
        if (memcmp(mac, other, sizeof(other)) == 0)
            return (int)i;
    }
    return -1;
}

/* A switch could not tell two cards with one address apart. */
static bool check_macs(const Session *s, const NodeOptions *options, GError **error)
{
    for (unsigned card = 0; card < options->nics; card++) {
        const char *owner = options->name;
        uint8_t mac[6];
        int taken;

        node_options_mac(options, s->next_index, card, mac);
        taken = card_with(options, s->next_index, mac, card);
        for (unsigned i = 0; taken < 0 && i < s->nodes->len; i++) {
            const Node *n = s->nodes->pdata[i];

            owner = n->name;
            if (!n->attached)
                taken = card_with(n->options, n->index, mac, n->options->nics);
        }
        if (taken < 0)
            continue;
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "card %u can't have the address %02x:%02x:%02x:%02x:%02x:%02x: it is that of "
                    "node %s, card %d",
                    card, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], owner, taken);
        return false;
    }
    return true;
}

static CommandResult exec_add(CommandCall *call, GError **error)
{
    Session *s = call->session;
    g_autoptr(NodeOptions) options = NULL;
    const RemoteHost *host;
    Node *node;

    if (!check_node_name(s, call->args[0], error))
        return COMMAND_FAILED;
    options = node_options_new(call->args[0]);
    if (!set_options(call, options, error) || !check_macs(s, options, error) ||
        (s->options.dry && !check_arguments(s, options, error))) {
        g_prefix_error(error, "node %s: ", call->args[0]);
        return COMMAND_FAILED;
    }
    host = options->host ? remote_host_find(s, options->host) : NULL;
    node = node_new(g_steal_pointer(&options), s->next_index);
    node->remote = host && host->client ? agent_client_remote(host->client) : NULL;
    session_add_node(s, node);
    if (host)
        note_crowd(s, host);
    /* Among nodes that run already it joins at once. */
    if (s->started && !s->options.dry && !session_start(s, error))
        return COMMAND_FAILED;
    if (s->started)
        sleep_note_report(s);
    return COMMAND_DONE;
}

const Command cmd_node_add = {
    .name = "node add",
    .usage = "NAME " NODE_SHARED_KEYS " " NODE_OWN_KEYS,
    .open = true,
    .help = "Describe a node; `start` launches its QEMU",
    .exec = exec_add,
    .outside = true,
    .defines = DEFINES_END,
    .journaled = true,
    .anew = true,
};

/* What a check knows of a QEMU that it does not look at: it runs, and whether it has a gdbstub. */
static Node *attached_unseen(const Session *s, const char *name, const char *gdb)
{
    Node *node = node_new(node_options_new(name), s->next_index);

    node->attached = true;
    node->gdb_path = g_strdup(gdb);
    return node;
}

static CommandResult exec_attach(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *name = args_text(call, "NAME"), *qmp = args_text(call, "qmp"),
               *gdb = args_text(call, "gdb");
    Node *node;

    if (!check_node_name(s, name, error))
        return COMMAND_FAILED;
    if (gdb && strcmp(gdb, qmp) == 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "node %s: gdb='%s' is the monitor's socket: the gdbstub has one of its own",
                    name, gdb);
        return COMMAND_FAILED;
    }
    if (s->options.dry)
        node = attached_unseen(s, name, gdb);
    else
        node = node_attach(name, s->next_index, s->dir, qmp, gdb, error);
    if (!node)
        return COMMAND_FAILED;
    session_add_node(s, node);
    return COMMAND_DONE;
}

const Command cmd_node_attach = {
    .name = "node attach",
    .usage = "NAME qmp=PATH [gdb=PATH]",
    .help =
        "Take over a QEMU that runs already, through its unix sockets; it is stopped where it is",
    .exec = exec_attach,
    .outside = true,
    .defines = DEFINES_ATTACHED,
    .journaled = true,
    .anew = true,
};

static CommandResult exec_remove(CommandCall *call, GError **error)
{
    Node *node = args_node(call);

    if (fabric_uses(call->session->fabric, node)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s is or was in a link: the network keeps its card until the end",
                    node->name);
        return COMMAND_FAILED;
    }
    breaks_delete_node(call->session, node);
    node_symbols_forget(call->session, node);
    gdb_close_node(call->session, node);
    return session_remove_node(call->session, node, error) ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_node_remove = {
    .name = "node remove",
    .usage = "NODE",
    .help = "End a launched QEMU; let an attached one run on without the gate; not one that was in "
            "a link",
    .exec = exec_remove,
    .journaled = true,
    .anew = true,
};

static const Column list_columns[] = {
    COLUMN("node", "node", -12),   COLUMN("state", "state", -9),      COLUMN("arch", "arch", -8),
    COLUMN("smp", "smp", -4),      COLUMN("icount", "icount", -16),   COLUMN("host", "host", -8),
    COLUMN("host_cpu", "cpu", -4), COLUMN("qemu_version", "QEMU", 0),
};
static const Table list_table = {"nodes", list_columns, G_N_ELEMENTS(list_columns)};

static void answer_what(Answer *row, const Node *n, const char *disk)
{
    answer_text(row, "failure", n->failure ? n->failure->message : NULL);
    if (n->exit_status >= 0)
        answer_int(row, "exit_status", n->exit_status);
    else
        answer_text(row, "exit_status", NULL);
    answer_int(row, "resets", n->life.resets);
    answer_text(row, "may_not_repeat", disk);
}

/* What of it is out of the ordinary. row: for programs; NULL: people read it. */
static void list_what(const Session *s, const Node *n, Answer *row)
{
    g_autofree char *disk = disk_why(&n->disk);

    if (row) {
        answer_what(row, n, disk);
        return;
    }

    if (n->failure)
        session_print(s, "  %s\n", n->failure->message);
    if (n->exit_status >= 0)
        session_print(s, "  its QEMU exited with status %d\n", n->exit_status);
    if (n->life.resets > 0)
        session_print(s, "  it was reset %u time%s\n", n->life.resets,
                      n->life.resets == 1 ? "" : "s");
    if (disk)
        session_print(s, "  its run may not repeat: %s\n", disk);
}

static void answer_options(Answer *a, const Node *n)
{
    const GPtrArray *given = n->options->given;
    Answer *options;

    answer_text(a, "node", n->name);
    answer_bool(a, "attached", n->attached);
    options = answer_object(a, "options");
    for (guint i = 0; i + 1 < given->len; i += 2)
        answer_text(options, given->pdata[i], given->pdata[i + 1]);
}

/* As it would be typed, with what `defaults` had said of it. */
static void list_options(const Session *s, const Node *n)
{
    const GPtrArray *given = n->options->given;
    g_autoptr(GString) line = g_string_new(NULL);

    g_string_printf(line, "node %s %s", n->attached ? "attach" : "add", n->name);
    for (guint i = 0; i + 1 < given->len; i += 2) {
        g_autofree char *word = g_strconcat(given->pdata[i], "=", given->pdata[i + 1], NULL);
        g_autofree char *typed = command_quote(word), *plain = text_line(typed, -1);

        g_string_append_printf(line, " %s", plain);
    }
    session_print(s, "%s\n", line->str);
}

static CommandResult exec_list(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    const Node *node = args_node(call);

    (void)error;
    if (s->options.dry)
        return COMMAND_DONE;
    if (node && s->answer)
        answer_options(s->answer, node);
    else if (node)
        list_options(s, node);
    if (node)
        return COMMAND_DONE;
    disk_note_look(s);
    table_begin(s, &list_table);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        g_autofree char *icount = icount_text(&n->icount);

        const Cell cells[] = {cell_text(n->name),
                              cell_text(node_state_name(node_shown_state(n))),
                              cell_text(n->attached ? "attached" : n->options->arch),
                              cell_int(n->attached ? (int64_t)n->vcpus->len : n->options->smp),
                              cell_text(icount),
                              cell_text(n->options->host ? n->options->host : "local"),
                              cell_int(n->cpu),
                              cell_text(n->version)};

        list_what(s, n, table_row(s, &list_table, cells));
    }
    return COMMAND_DONE;
}

const Command cmd_node_list = {
    .name = "node list",
    .usage = "[NODE]",
    .help = "Show the nodes; of one, the keys that it has, with those of `defaults`",
    .exec = exec_list,
    .when = COMMAND_LOOKS,
};

static CommandResult exec_start(CommandCall *call, GError **error)
{
    Session *s = call->session;

    if (s->nodes->len == 0 && !checking_in_doubt(s->checking, CHECKING_END, NULL)) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is no node to start: `node add` comes first");
        return COMMAND_FAILED;
    }
    if (s->options.dry) {
        s->started = true;
        sleep_note_report(s);
        quantum_report(s);
        return COMMAND_DONE;
    }
    if (!session_start(s, error))
        return COMMAND_FAILED;
    sleep_note_report(s);
    quantum_report(s);
    log_info("%u nodes, mode %s", s->nodes->len, session_mode(s));
    command_begin_past(s, engine_now(s->engine).ns > 0
                              ? "nodes were started there that were not there before"
                              : NULL);
    return COMMAND_DONE;
}

const Command cmd_start = {
    .name = "start",
    .usage = "",
    .help = "Launch every node, stopped at virtual time 0",
    .exec = exec_start,
    .outside = true,
    .defines = DEFINES_START,
    .journaled = true,
};
