/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node.c: life of one QEMU: launch or attach, clock, failure, end. */
#include "controller/node/node.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/base/tree.h"
#include "controller/node/preflight.h"
#include "controller/node/serial.h"
#include "controller/node/spawn.h"
#include "gdbstub-client/gdbstub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define STUB_MS 5000 /* a QEMU that stands answers at once */

Node *node_new(NodeOptions *options, unsigned index)
{
    Node *n = g_new0(Node, 1);

    n->name = g_strdup(options->name);
    n->options = options;
    n->icount = options->icount;
    n->index = index;
    n->pid = -1;
    n->pidfd = -1;
    n->devices_fd = -1;
    n->agent_fd = -1;
    n->cpu = -1;
    n->exit_status = -1;
    n->vcpus = g_array_new(FALSE, TRUE, sizeof(pid_t)); /* of another host: all 0 */
    n->cables = g_array_new(FALSE, FALSE, sizeof(int));
    n->far_used = g_array_new(FALSE, TRUE, sizeof(int64_t));
    return n;
}

static char *executed_by(pid_t pid)
{
    g_autofree char *exe = g_strdup_printf("/proc/%d/exe", (int)pid);

    return g_file_read_link(exe, NULL);
}

static bool read_identity(Node *n, GError **error)
{
    QmpVersion v = {0};
    bool old;
    g_autoptr(GArray) cpus = NULL;
    g_autofree char *package = NULL;

    if (!qmp_query_version(n->qmp, &v, NODE_REPLY_MS, error))
        return false;
    package = text_line(v.package ? v.package : "", -1);
    n->version =
        g_strdup_printf("%d.%d.%d%s%s", v.major, v.minor, v.micro, *package ? " " : "", package);
    old = v.major < 7 || (v.major == 7 && v.minor < 2);
    qmp_version_clear(&v);
    if (old) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH,
                    "node %s: QEMU %s has no netdev dgram, which came with QEMU 7.2", n->name,
                    n->version);
        return false;
    }
    cpus = qmp_query_cpus_fast(n->qmp, NODE_REPLY_MS, error);
    if (!cpus)
        return false;
    g_array_set_size(n->vcpus, 0);
    for (unsigned i = 0; i < cpus->len; i++) {
        pid_t tid = (pid_t)g_array_index(cpus, QmpCpu, i).thread_id;
        g_array_append_val(n->vcpus, tid);
    }
    return true;
}

/* On failure the caller calls node_fail() to learn what QEMU said. */
static bool launch(Node *n, const char *qemu, GError **error)
{
    n->gdb_path = g_build_filename(n->dir, "gdb", NULL);
    if (!spawn_qemu(n, qemu, error) || !qmp_client_handshake(n->qmp, NODE_REPLY_MS, error) ||
        !read_identity(n, error))
        return false;
    n->file = executed_by(n->pid);
    return true;
}

/* Its QEMU is elsewhere; its console is here. */
static bool launch_far(Node *n, const char *qemu, GError **error)
{
    g_autofree char *log = g_build_filename(n->dir, "console.log", NULL);
    int console[2], port[2] = {-1, -1};

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, console) != 0 ||
        (n->options->agent &&
         socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, port) != 0)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: no more sockets: %s", n->name,
                    g_strerror(errno));
        return false;
    }
    n->agent_fd = port[0];
    n->gdb_path = g_strdup_printf("host %s", n->far->name);
    n->console = console_new(console[0], log, error);
    if (n->console)
        console_set_node(n->console, n->name);
    if (n->console && n->transcript && !console_transcript(n->console, n->transcript, error))
        g_clear_pointer(&n->console, console_free);
    if (!n->console) {
        fd_clear(&console[1]);
        fd_clear(&port[1]);
        return false;
    }
    if (!n->far->ops->launch(n->far, n, qemu, console[1], port[1], error)) {
        g_clear_pointer(&n->console, console_free); /* it may be started again */
        g_clear_pointer(&n->gdb_path, g_free);
        fd_clear(&n->agent_fd);
        return false;
    }
    n->state = NODE_PAUSED;
    return true;
}

bool node_launch(Node *n, RunDir *dir, const char *qemu, GError **error)
{
    g_autofree char *sub = g_strdup_printf("%u", n->index);
    GError *e = NULL;

    n->dir = rundir_make(dir, sub, error);
    if (!n->dir)
        return false;
    if (n->far)
        return launch_far(n, qemu, error);
    if (!launch(n, qemu, &e) || (node_watch_events(n), !node_read_clock(n, &e))) {
        if (e->domain == NODE_ERROR) {
            g_propagate_error(error, e);
            n->state = NODE_FAILED;
            n->failure = g_error_copy(e);
        } else {
            node_fail(n, e);
            g_error_free(e);
            g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH, "%s", n->failure->message);
        }
        return false;
    }
    n->state = NODE_PAUSED;
    return true;
}

/* The process at the other end of a unix socket. */
static pid_t peer_pid(int fd)
{
    struct ucred cred;
    socklen_t size = sizeof(cred);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0 ? cred.pid : -1;
}

/* The new connection, where the old one broke while QEMU lives. */
static bool reconnect(Node *n, GError **error)
{
    QmpClient *again;

    if (!qmp_client_broken(n->qmp))
        return true;
    again = attached_connect(n->before, error);
    if (!again)
        return false;
    qmp_client_free(n->qmp);
    n->qmp = again;
    return true;
}

static bool let_run(Node *n, GError **error)
{
    g_autofree char *status = NULL;
    bool running;

    if (!reconnect(n, error))
        return false;
    if (!qmp_query_status(n->qmp, &running, &status, ATTACHED_GIVE_BACK_MS, error)) {
        /* Frozen: the stop that it was sent is read once it moves again, and so is this. */
        qmp_client_post(n->qmp, "cont", NULL, NULL);
        return false;
    }
    if (n->state == NODE_FAILED)
        attached_remove_gate(n->qmp);
    return qmp_cont(n->qmp, ATTACHED_GIVE_BACK_MS, error);
}

/* An attach that fails behind the stop. */
static void give_back(Node *n)
{
    g_autoptr(GError) error = NULL;

    if (attached_ran(n->before) && attached_lives(n->before) && !let_run(n, &error))
        log_warn("node %s: its QEMU was stopped, and can't be let run again: %s", n->name,
                 error->message);
}

static bool read_state(Node *n, GError **error)
{
    g_autofree char *log = g_build_filename(n->dir, "console.log", NULL);

    n->devices_path = g_build_filename(n->dir, "devices", NULL);
    n->devices_fd = open(n->devices_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    n->console = console_new(-1, log, error);
    return n->console && node_read_clock(n, error);
}

/* A gdb= that is wrong would be found at the first step only. The guest stands, so connecting changes
 * nothing of it; a stub that another gdb has is left alone, and told to whoever needs it. Before
 * read_state(): by its first answer QEMU has noticed that we are gone. */
static bool check_stub(Node *n, GError **error)
{
    g_autoptr(GdbClient) client = NULL;
    GError *e = NULL;
    bool taken;

    if (!n->gdb_path)
        return true;
    if (!qmp_query_chardev_taken(n->qmp, n->gdb_path, &taken, NODE_REPLY_MS, error))
        return false;
    client = taken ? NULL : gdb_client_connect_process(n->gdb_path, n->pid, STUB_MS, &e);
    if (taken || client)
        return true;
    g_set_error(error, e->domain, e->code,
                "%s; gdb= is the unix socket of its own gdbstub (-gdb "
                "unix:PATH,server=on,wait=off)",
                e->message);
    g_error_free(e);
    return false;
}

static bool take_over(Node *n, GError **error)
{
    g_autofree char *status = NULL;
    bool running;

    if (!qmp_query_status(n->qmp, &running, &status, NODE_REPLY_MS, error) ||
        !attached_remember(n->before, running, error))
        return false;
    if (qmp_stop(n->qmp, NODE_REPLY_MS, error) && check_stub(n, error) && read_state(n, error))
        return true;
    give_back(n);
    return false;
}

static bool attach(Node *n, const char *run_dir, const char *qmp_path, GError **error)
{
    n->qmp = qmp_client_connect(qmp_path, 2000, error);
    if (!n->qmp || !read_identity(n, error))
        return false;
    n->pid = peer_pid(qmp_client_fd(n->qmp));
    n->file = executed_by(n->pid);
    if (!preflight_attached(n->name, n->pid, &n->icount, error))
        return false;
    n->before = attached_new(n->pid, qmp_path, run_dir, error);
    if (!n->before || !take_over(n, error))
        return false;
    node_watch_events(n);
    return true;
}

Node *node_attach(const char *name, unsigned index, RunDir *dir, const char *qmp_path,
                  const char *gdb_path, GError **error)
{
    g_autoptr(Node) n = node_new(node_options_new(name), index);
    g_autofree char *sub = g_strdup_printf("%u", index);

    n->attached = true;
    n->gdb_path = g_strdup(gdb_path);
    n->dir = rundir_make(dir, sub, error);
    if (!n->dir)
        return NULL;
    if (!attach(n, rundir_path(dir), qmp_path, error)) {
        g_prefix_error(error, "node %s: can't attach to '%s': ", name, qmp_path);
        return NULL;
    }
    n->state = NODE_PAUSED;
    return g_steal_pointer(&n);
}

bool node_detach(Node *n, GError **error)
{
    bool ok = true;

    if (!attached_restore_ranks(n->before))
        log_warn("node %s: not all threads of its QEMU could be given their priority and CPUs back",
                 n->name);
    if (!node_state_has_left(n->state) && attached_lives(n->before))
        ok = let_run(n, error);
    g_clear_pointer(&n->before, attached_free);
    return ok;
}

void node_free(Node *n)
{
    if (!n)
        return;
    node_end_process(n);
    if (n->far && n->state != NODE_ADDED)
        n->far->ops->end(n->far, n);
    fd_clear(&n->pidfd);
    fd_clear(&n->devices_fd);
    fd_clear(&n->agent_fd);
    g_free(n->devices_path);
    g_clear_pointer(&n->qmp, qmp_client_free);
    g_clear_pointer(&n->console, console_free);
    if (n->dir)
        tree_remove(n->dir, NULL);
    if (n->dir && n->options->serial)
        serial_remove(n->options->serial);
    g_clear_error(&n->failure);
    g_clear_pointer(&n->before, attached_free);
    if (n->nics)
        g_ptr_array_unref(n->nics);
    g_array_unref(n->vcpus);
    for (unsigned i = 0; i < n->cables->len; i++)
        close(g_array_index(n->cables, int, i));
    g_array_unref(n->cables);
    g_array_unref(n->far_used);
    node_options_free(n->options);
    g_free(n->version);
    g_free(n->file);
    g_free(n->program);
    said_free(n->said);
    g_free(n->transcript);
    g_free(n->dir);
    g_free(n->gdb_path);
    g_free(n->name);
    g_free(n);
}

bool node_rank(Node *n, Rank rank, GError **error)
{
    if (!rank_apply(rank, n->pid, n->vcpus, n->cpu, error))
        return false;
    /* Theirs would take the whole CPU for as long as they are busy, and the kernel then stops all
     * real-time threads for a while, QEMU's timers among them. */
    if (rank == RANK_STRICT && !n->icount.enabled)
        rank_shield_vcpus(n->vcpus, false);
    n->monitor = rank == RANK_STRICT ? rank_find_monitor(n->pid) : 0;
    n->hushed = false;
    return true;
}

void node_hush(Node *n, bool hush)
{
    if (n->monitor && n->hushed != hush)
        rank_hush_monitor(n->monitor, hush);
    n->hushed = hush && n->monitor;
}

bool node_read_clock(Node *n, GError **error)
{
    return clock_read(n->qmp, n->devices_path, n->devices_fd,
                      n->icount.enabled ? n->icount.shift : -1, NODE_REPLY_MS, &n->clock, error);
}

char *node_qmp(Node *n, const char *command, const char *arguments, GError **error)
{
    return n->far ? n->far->ops->qmp(n->far, n, command, arguments, false, error)
                  : qmp_client_call(n->qmp, command, arguments, NODE_REPLY_MS, error);
}

char *node_hmp(Node *n, const char *text, GError **error)
{
    return n->far ? n->far->ops->qmp(n->far, n, text, NULL, true, error)
                  : qmp_hmp(n->qmp, text, NODE_REPLY_MS, error);
}

HTime node_vcpu_time(const Node *n, unsigned vcpu)
{
    if (n->far)
        return (HTime){vcpu < n->far_used->len ? g_array_index(n->far_used, int64_t, vcpu) : 0};
    if (vcpu >= n->vcpus->len)
        return (HTime){0};
    return (HTime){MAX(0, rank_thread_runtime_ns(n->pid, g_array_index(n->vcpus, pid_t, vcpu)))};
}

VTime node_ensemble_time(const Node *n)
{
    return vtime_sub(n->clock.virtual_time, n->epoch);
}
