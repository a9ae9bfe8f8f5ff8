/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * freeze.c: finds frozen QEMUs by the CPU time of their vCPUs, which grows whenever a node
 * moves.
 */
#include "controller/engine/freeze.h"

#include "controller/base/log.h"
#include "controller/qemu/node-event.h"
#include "controller/qemu/sched.h"

#include <inttypes.h>

#define LOOK_NS NS_PER_S

static int64_t used_ns(const Node *n)
{
    int64_t used = 0;

    for (unsigned i = 0; i < n->vcpus->len; i++)
        used += node_vcpu_time(n, i).ns;
    return used;
}

/* Whether the vCPUs may rightly use no CPU: an idle guest with sleep=on, or without icount,
 * waits in host time. */
static bool may_sleep(const Node *n, HTime since, VTime quantum, HTime now)
{
    return (!n->icount.enabled || n->icount.sleep_on) &&
           htime_sub(now, since).ns < quantum.ns + FREEZE_NS;
}

static void thaw(Freeze *f, Node *n, HTime now)
{
    g_autofree char *text = g_strdup_printf("moves again, after %" PRId64 " s of host time",
                                            htime_sub(now, f->moved).ns / NS_PER_S);

    n->frozen = false;
    node_report_event(n, NODE_EVENT_MOVES, NULL, text);
}

static void freeze(const Freeze *f, Node *n, HTime now, char state)
{
    int64_t seconds = htime_sub(now, f->moved).ns / NS_PER_S;
    const char *why = state == 'T'   ? ", stopped by a signal"
                      : state == 't' ? ", stopped by a debugger"
                      : state == 'D' ? ", waiting for the host's storage"
                                     : "";
    g_autofree char *text =
        g_strdup_printf("frozen? QEMU has not moved for %" PRId64 " s of host time (state %c%s)",
                        seconds, state, why);

    n->frozen = true;
    node_report_event(n, NODE_EVENT_FROZEN, NULL, text);
}

/* Between two checks the vCPUs did nothing, and the main thread may have only spun. Helps in
 * strict mode alone, where this program has set the priorities (there is a monitor thread to
 * demote). In other modes the kernel lets both threads run. */
static void help(const Node *n, int64_t spun_ns)
{
    if (!n->monitor || spun_ns < LOOK_NS / 2)
        return;
    log_info("node %s: its main thread spins, and keeps its vCPUs from running: it waits for them",
             n->name);
    sched_let_vcpus_run(n->pid);
}

void freeze_look(Freeze *f, Node *n, HTime since, VTime quantum)
{
    HTime now = htime_now();
    int64_t used, main_ns, spun_ns;
    char state;

    if (htime_sub(now, since).ns < LOOK_NS || htime_sub(now, f->looked).ns < LOOK_NS)
        return;
    f->looked = now;
    used = used_ns(n);
    main_ns = sched_thread_runtime_ns(n->pid, n->pid);
    spun_ns = main_ns - f->main_ns;
    f->main_ns = main_ns;
    if (f->moved.ns < since.ns || used != f->used_ns) {
        if (n->frozen && f->moved.ns >= since.ns)
            thaw(f, n, now);
        f->moved = f->moved.ns < since.ns ? since : now;
        f->used_ns = used;
        return;
    }
    help(n, spun_ns);
    if (n->frozen || htime_sub(now, f->moved).ns < FREEZE_NS)
        return;
    state = node_process_state(n);
    if (node_process_is_stopped(state) || !may_sleep(n, since, quantum, now))
        freeze(f, n, now, state);
}

void freeze_end(Freeze *f, Node *n)
{
    if (n->frozen)
        thaw(f, n, htime_now());
}
