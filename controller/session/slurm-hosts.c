/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-hosts.c: hosts from=slurm. */
#include "controller/session/slurm-hosts.h"

#include "controller/base/log.h"
#include "controller/base/slurm-env.h"
#include "controller/remote/stream.h"
#include "controller/session/host-list.h"
#include "controller/session/output.h"
#include "controller/session/remote-host.h"
#include "controller/session/session-error.h"
#include "controller/session/slurm-job.h"

#include <string.h>

static bool stop_requested(void *data)
{
    return session_stop_requested(data);
}

/* The keys that mean something here, apart from those of a connection. */
static bool check_keys(const RemoteHostOptions *o, GError **error)
{
    const char *wrong = o->ssh           ? "ssh"
                        : o->identity    ? "identity"
                        : o->fingerprint ? "fingerprint"
                        : o->command     ? "command"
                                         : NULL;

    if (wrong) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "%s= does not go with from=slurm: srun starts the agents", wrong);
        return false;
    }
    return (!o->cpus || sched_check_cpus(o->cpus, error)) && host_line_check(&o->line, true, error);
}

/* The program of the agents, unless metronome= names one: this very one. Free with g_free(). */
static char *own_program(void)
{
    char *path = g_file_read_link("/proc/self/exe", NULL);

    return path ? path : g_strdup("metronome");
}

static char *agent_text(const RemoteHostOptions *o)
{
    g_autofree char *own = o->metronome ? g_strdup(o->metronome) : own_program();
    g_autofree char *program = g_shell_quote(own);
    g_autofree char *cpus = o->cpus ? g_shell_quote(o->cpus) : NULL;

    return g_strdup_printf("%s agent --stdio --log=%s%s%s", program,
                           log_level_name(log_get_level()), cpus ? " --cpus=" : "",
                           cpus ? cpus : "");
}

static void options_free(void *data)
{
    remote_host_options_clear(data);
    g_free(data);
}

/* With line=tcp the agents listen, unless this host does, and Slurm knows where its hosts are. */
static bool find_address(HostLine *line, const char *host, const char *addresses, GError **error)
{
    if (!addresses)
        return true;
    line->address = host_list_address(addresses, host);
    if (!line->address)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "line=tcp: sinfo tells no address of host '%s': listen=HOST says where this "
                    "host can be reached",
                    host);
    return line->address != NULL;
}

/* What is to be added: RemoteHostOptions. keys have been checked. addresses: of the agents, which
 * are to listen, or NULL. NULL, with an error. */
static GPtrArray *describe(const Session *s, const SlurmJob *job, char *const *keys, unsigned n,
                           const char *agent, const char *addresses, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(options_free);
    g_autofree char *by = g_strdup_printf("srun, job %s", job->id);
    SlurmCopier *copier = slurm_copier_new(job);
    bool ok = true;

    for (guint i = 0; ok && i < job->hosts->len; i++) {
        const HostListEntry *e = &g_array_index(job->hosts, HostListEntry, i);
        const RemoteHost *known = remote_host_find(s, e->name);
        RemoteHostOptions *o;

        if (known && g_strcmp0(known->options.by, by) == 0)
            continue;
        o = g_new0(RemoteHostOptions, 1);
        for (unsigned k = 0; k < n; k++)
            remote_host_set(o, keys[k], NULL);
        g_clear_pointer(&o->metronome, g_free); /* they are in the command */
        g_clear_pointer(&o->cpus, g_free);
        o->name = g_strdup(e->name);
        o->by = g_strdup(by);
        o->copier = slurm_copier_ref(copier);
        o->command = slurm_step_command(job, e->host, agent);
        g_ptr_array_add(all, o);
        ok = find_address(&o->line, e->host, addresses, error);
    }
    slurm_copier_unref(copier);
    return ok ? g_steal_pointer(&all) : NULL;
}

/* All begin before any is waited for. */
static bool start_all(const Session *s, const GPtrArray *all, GError **error)
{
    for (guint i = 0; i < all->len && !s->options.dry; i++) {
        RemoteHostOptions *o = all->pdata[i];

        o->started = stream_new_command(o->command, error);
        if (!o->started) {
            g_prefix_error(error, "host %s: ", o->name);
            return false;
        }
    }
    return true;
}

static bool add_all(Session *s, const GPtrArray *all, GError **error)
{
    guint before = s->hosts ? s->hosts->len : 0;

    if (!start_all(s, all, error))
        return false;
    for (guint i = 0; i < all->len; i++) {
        if (remote_host_check_name(((RemoteHostOptions *)all->pdata[i])->name, error) &&
            remote_host_add(s, all->pdata[i], error))
            continue;
        if (s->hosts)
            g_ptr_array_set_size(s->hosts, (gint)before);
        return false;
    }
    return true;
}

/* What each host gives, and which do not allow strict mode. */
static void tell(const Session *s, guint before)
{
    g_autoptr(GString) weak = g_string_new(NULL);

    for (guint i = before; i < s->hosts->len; i++) {
        const RemoteHost *h = s->hosts->pdata[i];
        SchedMode sched = agent_client_remote(h->client)->sched;

        session_print(s, "host %s: CPUs %u, %s\n", h->options.name,
                      agent_client_cpus(h->client)->len, sched_mode_name(sched));
        if (sched != SCHED_MODE_STRICT)
            g_string_append_printf(weak, "%s%s", weak->len ? ", " : "", h->options.name);
    }
    if (weak->len)
        log_warn("hosts from=slurm: no strict mode on %s: jobs get no real-time priority there; "
                 "LimitRTPRIO=12 in the unit of its slurmd allows it",
                 weak->str);
}

/* A scenario for a cluster can be checked on another machine. */
static void accept_any(Session *s)
{
    s->any_host = true;
    if (!s->options.quiet)
        session_print_raw(s, "hosts from=slurm: this is no allocation of Slurm's, so the names of "
                             "hosts are not checked; a run here would be refused\n");
}

bool slurm_hosts_add(Session *s, char *const *keys, unsigned n, GError **error)
{
    RemoteHostOptions common = {0};
    g_autoptr(SlurmJob) job = NULL;
    g_autoptr(GPtrArray) all = NULL;
    g_autofree char *agent = NULL, *addresses = NULL;
    guint before = s->hosts ? s->hosts->len : 0;
    bool ok = true, listen;

    for (unsigned i = 0; ok && i < n; i++)
        ok = remote_host_set(&common, keys[i], error);
    ok = ok && check_keys(&common, error);
    agent = agent_text(&common);
    listen = host_line_is_tcp(&common.line) && !common.line.listen;
    remote_host_options_clear(&common);
    if (!ok)
        return false;
    if (s->options.dry && !s->options.quiet && !slurm_job()) {
        accept_any(s);
        return true;
    }
    job = slurm_job_find(stop_requested, s, error);
    if (!job || (listen && !(addresses = slurm_job_addresses(job, stop_requested, s, error))))
        return false;
    all = describe(s, job, keys, n, agent, addresses, error);
    if (!all || !add_all(s, all, error))
        return false;
    if (!s->options.dry && s->hosts)
        tell(s, before);
    return true;
}
