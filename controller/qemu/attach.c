/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attach.c: attaches in this order: connects to QMP, claims the process, remembers its state,
 * stops it, checks the gdbstub, reads the clock. Each failure behind the stop lets the guest run
 * again. */
#include "controller/qemu/attach.h"

#include "controller/base/log.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/identity.h"
#include "controller/qemu/node-event.h"
#include "controller/qemu/preflight.h"
#include "gdbstub-client/gdbstub.h"

#include <fcntl.h>
#include <sys/socket.h>

#define STUB_MS 5000 /* host ms; a QEMU that stands answers at once */

/* The process at the other end of a unix socket, or -1. */
static pid_t peer_pid(int fd)
{
    struct ucred cred;
    socklen_t size = sizeof(cred);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0 ? cred.pid : -1;
}

/* Replaces a QMP connection that broke while QEMU lives. */
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
        /* QEMU is frozen: once it moves again, it reads the stop that it was sent, and then
         * this. */
        qmp_client_post(n->qmp, "cont", NULL, NULL);
        return false;
    }
    if (n->state == NODE_FAILED)
        attached_remove_gate(n->qmp);
    return qmp_cont(n->qmp, ATTACHED_GIVE_BACK_MS, error);
}

/* Lets the guest run again after an attach that failed behind the stop. */
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

/*
 * Finds a wrong gdb= now and not at the first step. The guest stands, so the connection changes
 * nothing in it. A stub that another gdb uses is left alone; the first user of the stub gets the
 * error. This comes before read_state(): with the answer to read_state() QEMU has also noticed that
 * this connection is closed.
 */
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
    if (!n->qmp)
        return false;
    n->pid = peer_pid(qmp_client_fd(n->qmp));
    if (!identity_read(n, error) || !preflight_attached(n->name, n->pid, &n->icount, error))
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
    n->process_dir = g_strdup(n->dir);
    n->fifos = g_strdup(n->dir); /* a QEMU in a container may have another /dev/shm */
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

    if (!attached_restore_scheduling(n->before))
        log_warn("node %s: not all threads of its QEMU could be given their priority and CPUs back",
                 n->name);
    if (!node_state_has_left(n->state) && attached_lives(n->before))
        ok = let_run(n, error);
    g_clear_pointer(&n->before, attached_free);
    return ok;
}
