/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node.c: makes a node, sets its scheduling, reads its clock; one branch each for nodes of the
 * local host and of remote hosts. */
#include "controller/qemu/node.h"

#include "controller/base/proc.h"

Node *node_new(NodeOptions *options, unsigned index)
{
    Node *n = g_new0(Node, 1);

    n->name = g_strdup(options->name);
    n->options = options;
    n->icount = options->icount;
    n->index = index;
    n->pid = -1;
    n->pidfd = -1;
    n->ram_fd = -1;
    n->devices_fd = -1;
    n->saved_fd = -1;
    n->agent_fd = -1;
    n->cpu = -1;
    n->exit_status = -1;
    n->vcpus = g_array_new(FALSE, TRUE, sizeof(pid_t)); /* for a remote node: all 0 */
    n->uarts = g_ptr_array_new();
    n->cables = g_array_new(FALSE, FALSE, sizeof(int));
    n->remote_used = g_array_new(FALSE, TRUE, sizeof(int64_t));
    return n;
}

bool node_make_folders(Node *n, RunDir *dir, GError **error)
{
    g_autofree char *sub = g_strdup_printf("%u", n->index);

    g_free(n->dir);
    g_free(n->fifos);
    n->dir = rundir_make(dir, sub, error);
    if (n->dir && !n->process_dir)
        n->process_dir = g_strdup(n->dir);
    n->fifos = n->dir ? rundir_make_in_memory(dir, sub, error) : NULL;
    return n->fifos != NULL;
}

bool node_schedule(Node *n, SchedMode sched, GError **error)
{
    uint64_t threads = sched_thread_mark(n->pid);

    if (threads == 0 || threads != n->scheduled.threads || sched != n->scheduled.sched ||
        n->cpu != n->scheduled.cpu) {
        if (!sched_apply(sched, n->pid, n->vcpus, n->cpu, error))
            return false;
        n->monitor = sched == SCHED_MODE_STRICT ? sched_find_monitor(n->pid) : 0;
        n->monitor_demoted = false;
        n->scheduled.sched = sched;
        n->scheduled.cpu = n->cpu;
        n->scheduled.threads = threads;
        n->scheduled.resting = false;
    }
    node_rest_main(n, false);
    /* Boosted vCPUs without icount would take the whole CPU for as long as they are busy. The
     * kernel then stops all real-time threads for a while, QEMU's timers among them. */
    if (sched == SCHED_MODE_STRICT)
        sched_boost_vcpus(n->vcpus, n->icount.enabled);
    return true;
}

void node_rest_main(Node *n, bool rest)
{
    if (n->scheduled.sched != SCHED_MODE_STRICT || n->scheduled.threads == 0 ||
        n->scheduled.resting == rest)
        return;
    sched_raise_main(n->pid, !rest);
    n->scheduled.resting = rest;
}

void node_demote_monitor(Node *n, bool demote)
{
    if (n->monitor && n->monitor_demoted != demote)
        sched_demote_monitor(n->monitor, demote);
    n->monitor_demoted = demote && n->monitor;
}

bool node_ask_clock(Node *n, GError **error)
{
    n->clock_asked = n->clock_asked || clock_ask(n->qmp, n->devices_path, error);
    return n->clock_asked;
}

bool node_read_clock(Node *n, GError **error)
{
    if (!node_ask_clock(n, error))
        return false;
    n->clock_asked = false;
    return clock_read(n->qmp, n->devices_fd, n->icount.enabled ? n->icount.shift : -1,
                      NODE_REPLY_MS, &n->clock, error);
}

char *node_qmp(Node *n, const char *command, const char *arguments, GError **error)
{
    return n->remote ? n->remote->ops->qmp(n->remote, n, command, arguments, false, error)
                     : qmp_client_call(n->qmp, command, arguments, NODE_REPLY_MS, error);
}

char *node_hmp(Node *n, const char *text, GError **error)
{
    return n->remote ? n->remote->ops->qmp(n->remote, n, text, NULL, true, error)
                     : qmp_hmp(n->qmp, text, NODE_REPLY_MS, error);
}

HTime node_vcpu_time(const Node *n, unsigned vcpu)
{
    if (n->remote)
        return (HTime){vcpu < n->remote_used->len ? g_array_index(n->remote_used, int64_t, vcpu)
                                                  : 0};
    if (vcpu >= n->vcpus->len)
        return (HTime){0};
    return (HTime){MAX(0, sched_thread_runtime_ns(n->pid, g_array_index(n->vcpus, pid_t, vcpu)))};
}

VTime node_ensemble_time(const Node *n)
{
    return vtime_sub(n->clock.virtual_time, n->epoch);
}

NodeState node_shown_state(const Node *n)
{
    return n->frozen && n->state == NODE_RUNNING ? NODE_FROZEN : n->state;
}

char node_process_state(const Node *n)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)n->pid), *text = NULL;

    if (n->pid <= 0 || !g_file_get_contents(path, &text, NULL, NULL))
        return '?';
    return proc_state(text);
}

bool node_check(const Node *n, bool readable, GError **error)
{
    const char *state = node_state_name(n->state);

    if (readable ? node_answers(n) : node_is_live(n))
        return true;
    if (n->state == NODE_FAILED)
        g_set_error_literal(error, NODE_ERROR, NODE_ERROR_DIED, n->failure->message);
    else if (n->state == NODE_ADDED)
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s is not started: `start` comes first", n->name);
    else if (node_is_gone(n))
        g_set_error(error, NODE_ERROR, NODE_ERROR_DIED,
                    "node %s is %s, and its QEMU is gone: nothing of it can be read any more",
                    n->name, state);
    else
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "node %s is %s: it takes part no more",
                    n->name, state);
    return false;
}
