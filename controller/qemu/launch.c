/* SPDX-License-Identifier: GPL-3.0-or-later */
/* launch.c: launches a QEMU on the local host (spawn.h) or on a remote host (far.h), and reads its
 * first clock. */
#include "controller/qemu/launch.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/identity.h"
#include "controller/qemu/machine.h"
#include "controller/qemu/node-event.h"
#include "controller/qemu/onboard.h"
#include "controller/qemu/spare.h"
#include "controller/qemu/spawn.h"
#include "controller/qemu/uart.h"

#include <errno.h>
#include <sys/socket.h>

/* On failure the caller calls node_fail(), which adds QEMU's stderr to the error. */
static bool launch(Node *n, const char *qemu, const char *overlays, GError **error)
{
    g_free(n->gdb_path);
    n->gdb_path = g_build_filename(n->process_dir, "gdb", NULL);
    spare_drop(n); /* its RAM is another file */
    fd_clear(&n->ram_fd);
    return machine_make_ram(n, error) && spawn_qemu(n, qemu, overlays, false, error) &&
           qmp_client_handshake(n->qmp, NODE_REPLY_MS, error) && identity_read(n, error) &&
           onboard_check(n, error) && uarts_wire(n, error);
}

/* What QEMU has read by then. */
static bool launch_and_tidy(Node *n, const char *qemu, const char *overlays, GError **error)
{
    bool ok = launch(n, qemu, overlays, error);

    spawn_forget_initrd(n);
    return ok;
}

/* Its QEMU is elsewhere; its console is here. */
static bool launch_remote(Node *n, const char *qemu, bool waits, GError **error)
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
    n->gdb_path = g_strdup_printf("host %s", n->remote->name);
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
    if (!n->remote->ops->launch(n->remote, n, qemu, console[1], port[1], waits, error)) {
        g_clear_pointer(&n->console, console_free); /* it may be started again */
        g_clear_pointer(&n->gdb_path, g_free);
        fd_clear(&n->agent_fd);
        return false;
    }
    return true;
}

/* A QEMU of this host, with its disks. */
static bool launch_local(Node *n, const RunDir *dir, const char *qemu, SchedMode sched,
                         GError **error)
{
    const char *memory = rundir_memory(dir);

    disk_prepare(&n->disk, n->options, sched);
    if (!launch_and_tidy(n, qemu, disk_overlays(&n->disk, dir), error))
        return false;
    node_watch_events(n);
    if (!node_read_clock(n, error))
        return false;
    disk_begin(&n->disk, n->pid, n->vcpus, memory);
    if (n->disk.unlocked)
        log_warn("node %s: its disk may be waited for: %s", n->name, n->disk.unlocked);
    return true;
}

bool node_launch(Node *n, RunDir *dir, const char *qemu, SchedMode sched, GError **error)
{
    GError *e = NULL;

    if (!node_make_folders(n, dir, error))
        return false;
    if (n->remote) {
        if (n->console ? !n->remote->ops->launch_again(n->remote, n, qemu, error)
                       : !launch_remote(n, qemu, false, error))
            return false;
        n->state = NODE_PAUSED;
        return true;
    }
    if (!launch_local(n, dir, qemu, sched, &e)) {
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

bool node_expect(Node *n, RunDir *dir, const char *qemu, GError **error)
{
    return n->console || (node_make_folders(n, dir, error) && launch_remote(n, qemu, true, error));
}
