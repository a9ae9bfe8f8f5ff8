/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ending.c: waits for a QEMU's end, kills its process group, and decides by exit status, events and
 * stderr whether the guest has left or the node has failed. */
#include "controller/qemu/ending.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/tree.h"
#include "controller/qemu/exit-device.h"
#include "controller/qemu/node-event.h"
#include "controller/qemu/serial.h"
#include "controller/qemu/sweep.h"
#include "controller/qemu/uart.h"
#include "gdbstub-client/gdbstub.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STDERR_TAIL 2000

/* Longest wait for the end of a QEMU that was asked to end. */
#define EXIT_MS 10000

static void (*release_gate)(Node *);

void node_on_exit(void (*release)(Node *))
{
    release_gate = release;
}

/* Signals a launched QEMU with its whole process group: QEMU may be a script's child, or have
 * children itself. The process must not have been waited for yet. */
static void signal_group(const Node *n, int number)
{
    if (n->pid > 0 && !n->attached)
        kill(-n->pid, number);
}

static void kill_group(const Node *n)
{
    signal_group(n, SIGKILL);
}

/* For a QEMU whose disk keeps what the guest wrote: it has to write what it still holds, or the
 * image has errors. It can while it does not stand at its gate. */
static void ask_group(const Node *n)
{
    signal_group(n, SIGTERM);
    signal_group(n, SIGCONT);
}

typedef struct {
    bool ended, exited; /* exited: not killed by a signal */
    int number;         /* exit status, or signal */
} End;

/* Waits up to timeout_ms until a launched QEMU has ended, and reaps it. */
static End reap(Node *n, int timeout_ms)
{
    struct pollfd p = {.fd = n->pidfd, .events = POLLIN};
    siginfo_t end = {0};
    int status = 0;

    if (n->attached || n->pid <= 0)
        return (End){false};
    if (n->pidfd >= 0 && poll(&p, 1, timeout_ms) != 1)
        return (End){false};
    if (waitid(P_PID, (id_t)n->pid, &end, WEXITED | WNOWAIT | (n->pidfd >= 0 ? 0 : WNOHANG)) != 0 ||
        end.si_pid != n->pid)
        return (End){false};
    if (!n->ending) /* else node_begin_end() has */
        disk_look(&n->disk, n->pid, n->vcpus);
    kill_group(n); /* the rest of the group: its number is reserved until waitpid() */
    waitpid(n->pid, &status, 0);
    fd_clear(&n->pidfd);
    n->pid = -1;
    return WIFSIGNALED(status) ? (End){true, false, WTERMSIG(status)}
                               : (End){true, true, WEXITSTATUS(status)};
}

static void append_end(GString *text, const Node *n, End end, const GError *why)
{
    char state = node_process_state(n);

    if (end.ended && end.exited)
        g_string_append_printf(text, "QEMU ended, exit status %d", end.number);
    else if (end.ended)
        g_string_append_printf(text, "QEMU ended, killed by signal %d (%s)", end.number,
                               strsignal(end.number));
    else
        g_string_append(text, why->message);
    if (!end.ended && node_process_is_stopped(state))
        g_string_append_printf(text, " (state %c, stopped by a %s)", state,
                               state == 'T' ? "signal" : "debugger");
}

static void fail_node(Node *n, End end, const GError *why)
{
    g_autofree char *output = n->output ? child_output_end(n->output, STDERR_TAIL) : NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "node %s: ", n->name);
    append_end(text, n, end, why);
    if (output && *output)
        g_string_append_printf(text, "; it said: %s", output);
    if (output && strstr(output, "'dgram'"))
        g_string_append(text, "; netdev dgram came with QEMU 7.2: this one is older");
    if (output && strstr(output, "RISC-V firmware"))
        g_string_append(text, "; extra='-bios none' starts kernel= without a firmware");
    n->failure = g_error_new_literal(NODE_ERROR, NODE_ERROR_DIED, text->str);
    n->state = NODE_FAILED;
    node_report_event(n, NODE_EVENT_FAILED, NULL, n->failure->message);
    if (n->options->persist)
        ask_group(n); /* node_end_process() sees to its end */
    else
        kill_group(n); /* whatever is left of it must not run on */
    if (end.ended)
        sweep_processes(n->process_dir);
}

/* Reaps a QEMU that has ended. In nearly all cases a broken connection means that QEMU is ending,
 * so its end is awaited for up to 2 s. A QEMU that did not answer in time is not awaited. */
static End wait_end(Node *n, const GError *why)
{
    const GError *qmp = n->qmp ? qmp_client_broken(n->qmp) : NULL;
    bool broken = (qmp && !g_error_matches(qmp, QMP_ERROR, QMP_ERROR_TIMEOUT)) ||
                  g_error_matches(why, GDB_ERROR, GDB_ERROR_DISCONNECTED);

    return reap(n, broken ? 2000 : 0);
}

void node_fail(Node *n, const GError *why)
{
    if (n->state != NODE_FAILED)
        fail_node(n, wait_end(n, why), why);
}

static void become(Node *n, NodeState state)
{
    n->state = state;
    n->frozen = false;
    node_report_event(n, NODE_EVENT_LEFT, n->life.why, NULL);
}

bool node_lose(Node *n, const GError *why, bool ran, VTime at)
{
    g_autofree char *output = NULL;
    bool announced = n->life.becomes != NODE_ADDED;
    End end;

    if (n->state == NODE_FAILED)
        return false;
    end = wait_end(n, why);
    output = n->output ? child_output_text(n->output) : NULL;
    if (announced ? !n->qmp || !qmp_client_broken(n->qmp)
                  : !ran || !end.exited || n->life.ends ||
                        (output && node_complained(output, n->program ? n->program : ""))) {
        fail_node(n, end, why);
        return false;
    }
    if (end.exited)
        n->exit_status = end.number;
    if (end.ended)
        sweep_processes(n->process_dir);
    n->clock_stale = true;
    n->clock.virtual_time.ns = MAX(n->clock.virtual_time.ns, vtime_add(at, n->epoch).ns);
    become(n, announced ? n->life.becomes : NODE_OFF);
    return true;
}

/* Ends a QEMU whose guest may have left an exit status with it, since its process alone tells it
 * (exit-device.h). A sifive_test that fails is no panic: up to QEMU 8 it is an exit as well. */
static void take_exit_status(Node *n)
{
    End end;

    if (n->attached || !exit_device_used(n))
        return;
    if (release_gate)
        release_gate(n);
    qmp_quit(n->qmp, EXIT_MS, NULL); /* it may hang up before it has answered */
    end = reap(n, EXIT_MS);
    if (end.exited) {
        n->exit_status = end.number;
        n->life.becomes = NODE_OFF;
    } else {
        log_warn("node %s: its exit status is not known: its QEMU was asked to end, and %s",
                 n->name, end.ended ? "was killed" : "does not");
        n->clock_stale = true;
        node_end_process(n);
    }
    sweep_processes(n->process_dir);
}

bool node_check_end(Node *n)
{
    g_autoptr(GError) error = NULL;

    if (!n->life.stands || !node_is_live(n))
        return false;
    if (node_read_clock(n, &error)) {
        take_exit_status(n);
        become(n, n->life.becomes);
    } else {
        node_lose(n, error, true, node_ensemble_time(n));
    }
    return true;
}

bool node_ask_end(Node *n, GError **error)
{
    g_autofree char *status = NULL;
    NodeState state;
    bool running;

    if (!qmp_query_status(n->qmp, &running, &status, NODE_REPLY_MS, error))
        return false;
    state = node_state_of_status(status);
    if (node_state_has_left(state)) {
        n->life.becomes = state;
        n->life.stands = true;
        return node_check_end(n);
    }
    if (state == NODE_FAILED)
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "QEMU stopped the guest: %s", status);
    else
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "stopped from outside in the middle of a quantum (event STOP)");
    return false;
}

/* Kills without asking QEMU, since none of its state is worth keeping, unless its disk is to be
 * kept. */
void node_begin_end(Node *n)
{
    if (n->ending)
        return;
    n->ending = true;
    disk_look(&n->disk, n->pid, n->vcpus); /* while its threads are there */
    if (reap(n, 0).ended)
        sweep_processes(n->process_dir); /* it may have left another process behind */
    else if (n->options->persist)
        ask_group(n);
    else
        kill_group(n);
}

void node_end_process(Node *n)
{
    node_begin_end(n);
    if (n->options->persist && n->pid > 0 && !n->attached) {
        if (reap(n, SWEEP_PERSIST_MS).ended)
            return;
        log_warn(
            "node %s: its QEMU did not end within %d s and is killed: check '%s' with `qemu-img "
            "check`",
            n->name, SWEEP_PERSIST_MS / 1000, n->options->disk);
        kill_group(n);
    }
    reap(n, 10000);
}

static void ahead_free(NodeAhead *a)
{
    if (!a)
        return;
    fd_clear(&a->output);
    fd_clear(&a->input);
    fd_clear(&a->semi);
    if (a->stub)
        gdb_client_free(a->stub);
    g_free(a);
}

void node_drop_process(Node *n)
{
    node_end_process(n);
    n->ending = false;
    g_clear_pointer(&n->ahead, ahead_free);
    fd_clear(&n->pidfd);
    fd_clear(&n->devices_fd);
    fd_clear(&n->saved_fd);
    fd_clear(&n->agent_fd);
    g_clear_pointer(&n->devices_path, g_free);
    g_clear_pointer(&n->qmp, qmp_client_free);
    g_clear_pointer(&n->output, child_output_free);
    for (unsigned i = 0; i < n->cables->len; i++)
        close(g_array_index(n->cables, int, i));
    g_array_set_size(n->cables, 0);
    uarts_leave(n);
    g_array_set_size(n->vcpus, 0);
    g_clear_pointer(&n->version, g_free);
    g_clear_pointer(&n->file, g_free);
    g_clear_pointer(&n->program, g_free);
    n->monitor = 0;
    n->monitor_demoted = false;
    memset(&n->scheduled, 0, sizeof(n->scheduled));
    n->clock_asked = n->expect_stop = n->stop_by_stub = n->frozen = false;
    n->stops_due = 0;
}

void node_begin_again(Node *n)
{
    g_clear_error(&n->failure);
    memset(&n->life, 0, sizeof(n->life));
    n->state = NODE_ADDED;
    n->exit_status = -1;
    n->clock_stale = false;
    n->interval = INTERVAL_UNKNOWN; /* the trial is a part of a run's beginning */
}

void node_free(Node *n)
{
    if (!n)
        return;
    if (n->spare)
        n->drop_spare(n);
    node_drop_process(n);
    if (n->remote && n->state != NODE_ADDED)
        n->remote->ops->end(n->remote, n);
    fd_clear(&n->ram_fd);
    g_clear_pointer(&n->ram_store, page_store_unref);
    g_clear_pointer(&n->console, console_free);
    g_clear_pointer(&n->semi, console_free);
    if (n->dir)
        tree_remove(n->dir, NULL);
    if (n->process_dir && g_strcmp0(n->process_dir, n->dir) != 0)
        tree_remove(n->process_dir, NULL);
    if (n->fifos)
        tree_remove(n->fifos, NULL);
    if (n->dir && n->options->serial)
        serial_remove(n->options->serial);
    g_clear_error(&n->failure);
    g_clear_pointer(&n->before, attached_free);
    disk_clear(&n->disk);
    if (n->nics)
        g_ptr_array_unref(n->nics);
    g_array_unref(n->vcpus);
    g_array_unref(n->cables);
    g_ptr_array_unref(n->uarts);
    g_array_unref(n->remote_used);
    node_options_free(n->options);
    g_free(n->transcript);
    g_free(n->dir);
    g_free(n->process_dir);
    g_free(n->fifos);
    g_free(n->gdb_path);
    g_free(n->name);
    g_free(n);
}
