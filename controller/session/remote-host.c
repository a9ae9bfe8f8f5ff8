/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * remote-host.c: parses the options of `host add` and connects to the agent there, over ssh or over
 * the stdin and stdout of a command.
 */
#include "controller/session/remote-host.h"

#include "controller/base/log.h"
#include "controller/base/suggest.h"
#include "controller/base/text.h"
#include "controller/base/tty.h"
#include "controller/base/version.h"
#include "controller/remote/ssh-host.h"
#include "controller/session/events.h"
#include "controller/session/output.h"
#include "controller/session/session-error.h"
#include "controller/session/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A scheduler may prepare a host before its first step. */
#define STEP_MS 120000

#define MOST_NAME 63

void remote_host_options_clear(RemoteHostOptions *o)
{
    g_free(o->name);
    g_free(o->ssh);
    g_free(o->identity);
    g_free(o->fingerprint);
    g_free(o->command);
    g_free(o->metronome);
    g_free(o->cpus);
    g_free(o->by);
    stream_free(o->started);
    if (o->copier)
        slurm_copier_unref(o->copier);
    host_line_clear(&o->line);
    *o = (RemoteHostOptions){0};
}

static const char *const key_names[] = {"ssh",       "identity", "fingerprint", "command",
                                        "metronome", "cpus",     "line",        "address",
                                        "listen",    "bind",     "ports",       NULL};

const char *const *remote_host_keys(void)
{
    return key_names;
}

static void refuse_key(const char *arg, GError **error)
{
    g_autofree char *key = g_strndup(arg, strcspn(arg, "=")),
                    *meant = suggest_suffix(key, key_names);

    g_set_error(
        error, SESSION_ERROR, SESSION_ERROR_USAGE,
        "unknown key '%s': ssh=, identity=, fingerprint=, command=, metronome=, cpus=, line=, "
        "address=, listen=, bind= and ports= are known%s",
        arg, meant);
}

bool remote_host_set(RemoteHostOptions *o, const char *arg, GError **error)
{
    struct {
        const char *key;
        char **value;
    } const keys[] = {{"ssh", &o->ssh},
                      {"identity", &o->identity},
                      {"cpus", &o->cpus},
                      {"fingerprint", &o->fingerprint},
                      {"command", &o->command},
                      {"metronome", &o->metronome},
                      {"line", &o->line.kind},
                      {"address", &o->line.address},
                      {"listen", &o->line.listen},
                      {"bind", &o->line.bind},
                      {"ports", &o->line.ports}};

    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *value = text_value(arg, keys[i].key);

        if (!value)
            continue;
        if (!*value) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "%s= is empty", keys[i].key);
            return false;
        }
        g_free(*keys[i].value);
        /* identity is a file of the local host. The shell of the other host expands the rest. */
        *keys[i].value = strcmp(keys[i].key, "identity") == 0 && g_str_has_prefix(value, "~/")
                             ? g_build_filename(g_get_home_dir(), value + 2, NULL)
                             : g_strdup(value);
        return true;
    }
    refuse_key(arg, error);
    return false;
}

/* --- connecting --- */

static void remote_host_free(void *data)
{
    RemoteHost *h = data;

    agent_client_free(h->client);
    remote_host_options_clear(&h->options);
    g_free(h);
}

static void on_failure(Node *node, void *data)
{
    Session *s = data;

    events_failed(s->events, node);
}

static char *agent_command(const RemoteHostOptions *o)
{
    g_autofree char *program = g_shell_quote(o->metronome ? o->metronome : "metronome");
    g_autofree char *cpus = o->cpus ? g_shell_quote(o->cpus) : NULL;

    return g_strdup_printf("exec %s agent --stdio --log=%s%s%s", program,
                           log_level_name(log_get_level()), cpus ? " --cpus=" : "",
                           cpus ? cpus : "");
}

static bool accept_key(const char *host, const char *type, const char *fingerprint, void *data)
{
    g_autofree char *question = g_strdup_printf(
        "The %s key of host '%s' is not known. Its fingerprint is\n  %s\nIs that right, and is it "
        "to be kept in known_hosts? (yes/no) ",
        type, host, fingerprint);
    g_autofree char *answer = tty_ask(question, false);

    (void)data;
    return answer && strcmp(answer, "yes") == 0;
}

static char *ask_password(const char *prompt, void *data)
{
    (void)data;
    return tty_ask(prompt, true);
}

/* A progress line stands on the terminal. */
static bool progress_shown;

static void on_progress(const char *host, const char *doing, const char *path, uint64_t done,
                        uint64_t size, void *data)
{
    g_autofree char *file = text_line(path, -1);

    (void)data;
    if (isatty(STDERR_FILENO) && done < size) {
        fprintf(stderr, "\r\033[Khost %s: %s %s: %" PRIu64 " %%", host, doing, file,
                done * 100 / size);
        fflush(stderr);
        progress_shown = true;
    }
}

static void on_progress_end(void *data)
{
    (void)data;
    if (!progress_shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress_shown = false;
}

static bool upload(void *data, const char *local, const char *remote, atomic_ullong *sent,
                   const atomic_bool *cancel, void (*tick)(void *line), void *line, GError **error)
{
    SshCopy copy = {local, remote, sent, cancel, tick, line};

    return ssh_host_upload(data, &copy, error);
}

static bool stop_requested(void *data)
{
    return session_stop_requested(data);
}

static void cut_ssh(void *data)
{
    ssh_host_cut(data);
}

static void close_ssh(void *data)
{
    ssh_host_free(data);
}

/* Only at the prompt are questions put to the user: a scenario behaves the same wherever it is
 * started. */
static Stream *open_ssh(const Session *s, const RemoteHostOptions *o, AgentClientParams *params,
                        GError **error)
{
    const SshTarget target = {o->ssh, o->identity, o->fingerprint, stop_requested, (void *)s};
    const SshAsk ask = {accept_key, ask_password, NULL};
    g_autofree char *command = agent_command(o);
    SshHost *ssh = ssh_host_open(&target, s->on_change ? &ask : NULL, error);
    Stream *stream = ssh ? ssh_host_exec(ssh, command, error) : NULL;

    if (!stream) {
        ssh_host_free(ssh);
        return NULL;
    }
    params->data = ssh;
    params->upload = upload;
    params->cut = cut_ssh;
    params->close = close_ssh;
    return stream;
}

/* Ends what open_ssh() and stream_new_command() have begun. */
static void close_line(const AgentClientParams *params)
{
    stream_free(params->stream);
    if (params->close)
        params->close(params->data);
}

static bool connect_host(Session *s, RemoteHost *h, GError **error)
{
    const RemoteHostOptions *o = &h->options;
    g_autofree char *address = NULL, *bound = NULL, *peer = NULL;
    AgentClientLine line = {0};
    AgentClientParams params = {.name = o->name,
                                .version = METRONOME_VERSION,
                                .sched = local_host_sched_mode(s->host),
                                .on_failure = on_failure,
                                .stop_requested = stop_requested,
                                .on_progress = on_progress,
                                .on_progress_end = on_progress_end,
                                .user = s};

    params.stream = o->started   ? g_steal_pointer(&h->options.started)
                    : o->command ? stream_new_command(o->command, error)
                                 : open_ssh(s, o, &params, error);
    if (params.stream && o->ssh && o->line.kind)
        peer = ssh_host_address(params.data);
    if (params.stream && !host_line_find(&o->line, peer, &line, &address, &bound, error)) {
        close_line(&params);
        params.stream = NULL;
    }
    if (!params.stream) {
        g_prefix_error(error, "host %s: ", o->name);
        return false;
    }
    if (o->copier) {
        params.upload = slurm_copy;
        params.data = slurm_copier_ref(o->copier);
        params.close = slurm_copier_unref;
        params.shared = true;
        params.greeting_ms = STEP_MS;
    }
    params.line = address ? &line : NULL;
    h->client = agent_client_new(&params, error);
    return h->client != NULL;
}

static bool check(const Session *s, const RemoteHostOptions *o, GError **error)
{
    const SshTarget target = {.target = o->ssh, .identity = o->identity, o->fingerprint};
    const char *problem = NULL;

    if (strcmp(o->name, "local") == 0)
        problem = "'local' is this host";
    else if (strcmp(o->name, "auto") == 0)
        problem = "host=auto is a host that metronome chooses";
    else if (remote_host_find(s, o->name))
        problem = "there is a host of this name already";
    else if (!o->ssh == !o->command)
        problem = "one of ssh=[USER@]HOST[:PORT] and command=TEXT says how to reach it";
    else if (o->command && (o->identity || o->fingerprint || o->metronome || o->cpus))
        problem =
            "identity=, fingerprint=, metronome= and cpus= do not go with command=: it says all";
    if (problem) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "host %s: %s", o->name, problem);
        return false;
    }
    if ((!o->ssh || ssh_target_check(&target, error)) &&
        (!o->cpus || sched_check_cpus(o->cpus, error)) &&
        host_line_check(&o->line, o->ssh != NULL, error))
        return true;
    g_prefix_error(error, "host %s: ", o->name);
    return false;
}

/* As those of nodes: they stand in tables. But schedulers give hosts long names, and what stands
 * before the first dot of a host's name may have so many (RFC 1035, 2.3.4). */
bool remote_host_check_name(const char *name, GError **error)
{
    bool ok = g_ascii_isalnum(name[0]) && strlen(name) <= MOST_NAME;

    for (const char *p = name; *p; p++)
        ok = ok && (g_ascii_isalnum(*p) || *p == '_' || *p == '-');
    if (!ok)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is no name for a host: letters, digits, - or _, %d at most", name,
                    MOST_NAME);
    return ok;
}

bool remote_host_add(Session *s, RemoteHostOptions *o, GError **error)
{
    RemoteHost *h;

    if (!check(s, o, error))
        return false;
    h = g_new0(RemoteHost, 1);
    h->options = *o;
    *o = (RemoteHostOptions){0};
    if (!s->options.dry && !connect_host(s, h, error)) {
        remote_host_free(h);
        return false;
    }
    if (!s->hosts)
        s->hosts = g_ptr_array_new_with_free_func(remote_host_free);
    g_ptr_array_add(s->hosts, h);
    return true;
}

RemoteHost *remote_host_find(const Session *s, const char *name)
{
    for (guint i = 0; s->hosts && i < s->hosts->len; i++) {
        RemoteHost *h = s->hosts->pdata[i];

        if (strcmp(h->options.name, name) == 0)
            return h;
    }
    return NULL;
}

char *remote_host_suggest(const Session *s, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; s->hosts && i < s->hosts->len; i++)
        g_ptr_array_add(names, ((const RemoteHost *)s->hosts->pdata[i])->options.name);
    g_ptr_array_add(names, (char *)"local");
    g_ptr_array_add(names, NULL);
    return suggest_suffix(name, (const char *const *)names->pdata);
}

bool remote_host_unknown(const Session *s, const char *name, GError **error)
{
    g_autofree char *meant = remote_host_suggest(s, name);

    checking_in_doubt(s->checking, CHECKING_HOST, name);
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "host='%s' is unknown: 'local', or what `host add` has named%s", name, meant);
    return false;
}

unsigned remote_host_cpus(const RemoteHost *h)
{
    return h->client ? MAX(agent_client_cpus(h->client)->len, 1) : 1;
}

RemoteHost *remote_host_choose(const Session *s,
                               unsigned (*nodes)(const void *data, const RemoteHost *host),
                               const void *data)
{
    RemoteHost *best = NULL;
    unsigned least = 0;

    for (guint i = 0; s->hosts && i < s->hosts->len; i++) {
        RemoteHost *h = s->hosts->pdata[i];
        unsigned n = nodes(data, h) + 1;

        if (h->client && agent_client_lost(h->client))
            continue;
        if (best && (uint64_t)n * remote_host_cpus(best) >= (uint64_t)least * remote_host_cpus(h))
            continue;
        best = h;
        least = n;
    }
    return best;
}

unsigned remote_host_nodes(const Session *s, const RemoteHost *h)
{
    unsigned n = 0;

    for (guint i = 0; i < s->nodes->len; i++) {
        const NodeOptions *o = ((const Node *)s->nodes->pdata[i])->options;

        n += o->host && strcmp(o->host, h->options.name) == 0;
    }
    return n;
}

static const Column traffic_columns[] = {
    COLUMN("host", "host", -12),          COLUMN("grants", "grants", 12),
    COLUMN("quanta", "quanta", 12),       COLUMN_SHOWN("per grant", 10, .decimals = 2),
    COLUMN("bytes_out", "bytes out", 12), COLUMN("bytes_in", "bytes in", 12),
};
static const Table traffic_table = {"hosts", traffic_columns, G_N_ELEMENTS(traffic_columns)};

void remote_host_print_perf(const Session *s)
{
    unsigned n = s->hosts ? s->hosts->len : 0;

    if (n > 0 || s->answer)
        table_begin(s, &traffic_table);
    for (unsigned i = 0; i < n; i++) {
        const RemoteHost *h = s->hosts->pdata[i];
        AgentClientStats st = h->client ? agent_client_stats(h->client) : (AgentClientStats){0};
        double each = st.grants ? (double)st.quanta / (double)st.grants : 0.0;
        const Cell cells[] = {cell_text(h->options.name), cell_count(st.grants),
                              cell_count(st.quanta),      cell_real(each),
                              cell_count(st.bytes_out),   cell_count(st.bytes_in)};

        table_row(s, &traffic_table, cells);
    }
}
