/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * freeze.c: finds frozen QEMUs by the CPU time of their vCPUs, which grows whenever a node
 * moves.
 */
#include "controller/engine/freeze.h"

#include "controller/base/log.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/node-error.h"
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

/* The slowest guest of QEMU's TCG executes more. */
#define LEAST_INSNS_PER_US 1

bool freeze_is_stuck(Freeze *f, const Node *n, VTime boundary, VTime quantum)
{
    HTime now = htime_now();
    int64_t used, insns = n->icount.enabled ? quantum.ns >> n->icount.shift : 0;

    if (!n->icount.enabled || htime_sub(now, f->asked).ns < LOOK_NS)
        return false;
    f->asked = now;
    used = used_ns(n);
    if (f->boundary.ns != boundary.ns || used < f->from_ns) {
        f->boundary = boundary;
        f->from_ns = used;
    }
    if ((used - f->from_ns - FREEZE_NS) / NS_PER_US < insns / LEAST_INSNS_PER_US)
        return false;
    f->from_ns = used;
    return true;
}

/* As " at pc 0x0"; "" if the stub does not answer. Free with g_free(). */
static char *pc_text(Node *n)
{
    GdbClient *gdb = debug_use(n, NULL);
    uint64_t pc;
    bool known = gdb && gdb_drain(gdb, NULL) && debug_pc(n, NULL, &pc, NULL);

    if (gdb)
        debug_release(n);
    return known ? g_strdup_printf(" at pc 0x%" PRIx64, pc) : g_strdup("");
}

GError *freeze_stuck(Node *n)
{
    g_autofree char *pc = pc_text(n);

    return g_error_new(NODE_ERROR, NODE_ERROR_STATE,
                       "its vCPU works%s and never executes an instruction: each exception raises "
                       "another one, so its virtual time stands still. Most likely there is no "
                       "code where it begins, or where its exceptions go to: is kernel= missing, "
                       "or made for another machine=? (%s, machine=%s)",
                       pc, n->attached ? "attached" : n->options->arch,
                       n->options->machine ? n->options->machine : "?");
}

void freeze_end(Freeze *f, Node *n)
{
    if (n->frozen)
        thaw(f, n, htime_now());
}
