/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-host.c: host add, list, remove; hosts. */
#include "controller/base/read-file.h"
#include "controller/base/text.h"
#include "controller/command/args.h"
#include "controller/past/past.h"
#include "controller/save/save.h"
#include "controller/session/host-list.h"
#include "controller/session/remote-host.h"
#include "controller/session/slurm-hosts.h"
#include "controller/session/table.h"

#include <string.h>

/* Of a list of hosts. */
#define MOST_BYTES ((gsize)16 << 20)

#define LINE_OPTIONS    "[line=stdio|tcp] [listen=HOST] [bind=ADDRESS] [ports=LOW[-HIGH]]"
#define ADDRESS_OPTIONS LINE_OPTIONS " [address=HOST]" /* of one host alone */
#define SSH_OPTIONS     "[identity=FILE] [fingerprint=SHA256:…] [metronome=PATH] [cpus=LIST] "

static bool add(CommandCall *call, const char *name, const char *ssh, GError **error)
{
    RemoteHostOptions options = {.name = g_strdup(name), .ssh = g_strdup(ssh)};
    bool ok = remote_host_check_name(name, error);

    for (unsigned i = 1; ok && i < call->n_args; i++)
        ok = remote_host_set(&options, call->args[i], error);
    ok = ok && remote_host_add(call->session, &options, error);
    remote_host_options_clear(&options);
    return ok;
}

static CommandResult exec_add(CommandCall *call, GError **error)
{
    return add(call, args_text(call, "NAME"), NULL, error) ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_host_add = {
    .name = "host add",
    .usage = "NAME ssh=[USER@]HOST[:PORT] " SSH_OPTIONS ADDRESS_OPTIONS
             " | NAME command=TEXT " ADDRESS_OPTIONS,
    .open = true,
    .help = "Connect to another host, where nodes with host=NAME are to run",
    .exec = exec_add,
    .outside = true,
    .defines = DEFINES_HOST,
};

static const Column host_columns[] = {
    COLUMN("host", "host", -12),
    COLUMN("state", "state", -8),
    COLUMN("version", "version", -10),
    COLUMN("cpus", "CPUs", 5),
    COLUMN("mode", "mode", -13),
    COLUMN_SHOWN("there+back", 9),
    COLUMN_TYPED("round_trip_ns"),
    COLUMN("nodes", "nodes", 6),
    COLUMN_SHOWN("by", 0, .apart = true),
    COLUMN_TYPED("by"),
    COLUMN_TYPED("tcp"),
    COLUMN_TYPED("why_lost"),
};
static const Table host_table = {"hosts", host_columns, G_N_ELEMENTS(host_columns)};

static void print_host(const Session *s, const RemoteHost *h)
{
    const RemoteHostOptions *o = &h->options;
    const char *lost = agent_client_lost(h->client), *line = agent_client_line(h->client),
               *by = o->by    ? o->by
                     : o->ssh ? o->ssh
                              : o->command;
    g_autoptr(GError) error = NULL;
    g_autofree char *rtt = NULL, *ways = line ? g_strdup_printf("%s, tcp %s", by, line) : NULL;
    HTime took = {0};

    if (!lost && agent_client_ping(h->client, &took, &error))
        rtt = g_strdup_printf("%.0f us", (double)took.ns / 1e3);
    lost = agent_client_lost(h->client);
    {
        const Cell cells[] = {
            cell_text(o->name),
            cell_text(lost ? "lost" : "up"),
            cell_text(agent_client_version(h->client)),
            cell_count(agent_client_cpus(h->client)->len),
            cell_text(sched_mode_name(agent_client_remote(h->client)->sched)),
            cell_text(rtt),
            rtt ? cell_int(took.ns) : cell_text(NULL),
            cell_count(remote_host_nodes(s, h)),
            cell_text(ways ? ways : by),
            cell_text(by),
            cell_text(line),
            cell_text(lost),
        };

        if (!table_row(s, &host_table, cells) && lost)
            session_print(s, "  %s\n", lost);
    }
}

static CommandResult exec_list(CommandCall *call, GError **error)
{
    const Session *s = call->session;

    (void)error;
    if (s->options.dry)
        return COMMAND_DONE;
    table_begin(s, &host_table);
    for (guint i = 0; s->hosts && i < s->hosts->len; i++)
        print_host(s, s->hosts->pdata[i]);
    return COMMAND_DONE;
}

const Command cmd_host_list = {
    .name = "host list",
    .usage = "",
    .help = "Show the other hosts: whether they answer, how fast, and what they are",
    .exec = exec_list,
};

static CommandResult exec_remove(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *name = args_text(call, "HOST"), *kept;
    RemoteHost *h = remote_host_find(s, name);

    if (!h && s->any_host)
        return COMMAND_DONE;
    if (!h) {
        g_autofree char *meant = remote_host_suggest(s, name);

        checking_in_doubt(s->checking, CHECKING_HOST, name);
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is no host '%s': `host list` shows them%s", name, meant);
        return COMMAND_FAILED;
    }
    if (remote_host_nodes(s, h) > 0) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "host %s has nodes: `node remove` them first", name);
        return COMMAND_FAILED;
    }
    kept = saves_keeping(s, h);
    if (kept) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "host %s has machines of save '%s': `save delete %s` comes first", name, kept,
                    kept);
        return COMMAND_FAILED;
    }
    past_drop_host(s, h);
    g_ptr_array_remove(s->hosts, h);
    return COMMAND_DONE;
}

const Command cmd_host_remove = {
    .name = "host remove",
    .usage = "HOST",
    .help = "Leave a host that has no nodes",
    .exec = exec_remove,
    .outside = true,
};

/* Of a list that names a host as often as it has slots, each once. */
static bool add_all(CommandCall *call, const char *path, const GArray *hosts, GError **error)
{
    for (guint i = 0; i < hosts->len; i++) {
        const HostListEntry *e = &g_array_index(hosts, HostListEntry, i);
        const RemoteHost *known = remote_host_find(call->session, e->name);

        if (known && g_strcmp0(known->options.ssh, e->host) == 0)
            continue;
        if (session_stop_requested(call->session)) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted");
            return false;
        }
        if (!add(call, e->name, e->host, error)) {
            g_prefix_error(error, "%s, line %u: ", path, e->line);
            return false;
        }
    }
    return true;
}

static CommandResult add_slurm(CommandCall *call, GError **error)
{
    if (slurm_hosts_add(call->session, call->args + 1, call->n_args - 1, error))
        return COMMAND_DONE;
    g_prefix_error(error, "hosts from=slurm: ");
    return COMMAND_FAILED;
}

static bool has_address(const CommandCall *call)
{
    bool has = false;

    for (unsigned i = 1; i < call->n_args; i++)
        has = has || text_value(call->args[i], "address");
    return has;
}

static CommandResult exec_hosts(CommandCall *call, GError **error)
{
    const char *path = call->n_args ? text_value(call->args[0], "from") : NULL;
    g_autoptr(GArray) hosts = NULL;
    g_autofree char *text = NULL;
    GError *e = NULL;
    gsize size;

    if (!path || !*path)
        return command_usage_error(call, "from=FILE or from=slurm comes first", error);
    if (has_address(call)) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "address= is of one host alone: `host add NAME … address=HOST`; ssh and Slurm "
                    "tell those of a list");
        return COMMAND_FAILED;
    }
    if (strcmp(path, "slurm") == 0)
        return add_slurm(call, error);
    text = read_file(path, MOST_BYTES, &size, &e);
    if (!text) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "from=%s", e->message);
        g_error_free(e);
        return COMMAND_FAILED;
    }
    hosts = host_list_parse(text, size, error);
    if (!hosts) {
        g_prefix_error(error, "from='%s': ", path);
        return COMMAND_FAILED;
    }
    return add_all(call, path, hosts, error) ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_hosts = {
    .name = "hosts",
    .usage = "from=FILE " SSH_OPTIONS LINE_OPTIONS
             " | from=slurm [metronome=PATH] [cpus=LIST] " LINE_OPTIONS,
    .open = true,
    .help = "Connect by ssh to every host of a list, one a line, as scontrol or an MPI hostfile "
            "gives it; slurm: by srun to every host of the Slurm job that this runs in",
    .exec = exec_hosts,
    .outside = true,
    .defines = DEFINES_HOSTS,
};
