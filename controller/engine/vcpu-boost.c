/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vcpu-boost.c: measures the vCPUs' share of the host CPU in windows and changes the boost when
 * the share passes a limit.
 */
#include "controller/engine/vcpu-boost.h"

#include "controller/base/log.h"

#include <errno.h>

/*
 * The vCPUs' share of the CPU is measured ten times as often as the kernel acts on it (once a
 * second), and with margins to the 5 % below which the kernel acts.
 */
#define WINDOW_NS (100 * NS_PER_MS)
#define IDLE      20 /* per cent: below this share vCPUs get the boost */
#define BUSY      60 /* above this share they lose it … */
#define WINDOWS   10 /* … at once if they got it lately, else after so many windows */
#define MOMENT_NS (400 * NS_PER_MS)
#define DEBT_NS   (60 * NS_PER_MS)

void vcpu_boost_init(VcpuBoost *s, int cpu, SchedMode sched)
{
    *s = (VcpuBoost){.cpu = cpu, .sched = sched, .nodes = g_ptr_array_new()};
}

void vcpu_boost_clear(VcpuBoost *s)
{
    g_ptr_array_unref(s->nodes);
}

/* Nodes without icount are left out: their vCPUs don't run the timers, so none of their work has
 * to be in time. */
void vcpu_boost_add(VcpuBoost *s, Node *node)
{
    if (node->icount.enabled)
        g_ptr_array_add(s->nodes, node);
}

static int64_t vcpu_time(const VcpuBoost *s)
{
    int64_t sum = 0;

    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        int64_t used = -1;

        if (node_is_live(n) && n->vcpus->len > 0)
            used = sched_thread_runtime_ns(n->pid, g_array_index(n->vcpus, pid_t, 0));
        sum += MAX(used, 0);
    }
    return sum;
}

static void open_window(VcpuBoost *s)
{
    s->window = htime_now();
    s->window_used = vcpu_time(s);
}

void vcpu_boost_begin(VcpuBoost *s)
{
    s->boosted = true; /* node_schedule() has boosted them */
    s->since = htime_now();
    s->rested = htime_sub(s->since, s->ended).ns >= DEBT_NS;
    s->busy_windows = 0;
    open_window(s);
}

void vcpu_boost_end(VcpuBoost *s)
{
    g_ptr_array_set_size(s->nodes, 0);
    s->ended = htime_now();
}

static void set(VcpuBoost *s, bool boost)
{
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (node_is_live(s->nodes->pdata[i]))
            sched_boost_vcpus(((const Node *)s->nodes->pdata[i])->vcpus, boost);
    log_debug("host CPU %d: vCPUs %s", s->cpu, boost ? "boosted" : "not boosted");
    s->boosted = boost;
    s->since = htime_now();
    s->busy_windows = 0;
}

/*
 * Leaves the CPU alone until the kernel's debt is paid. While real-time threads took all of the
 * CPU, ordinary threads were short: the kernel owes them up to 5 % of a second. VCPUs that become
 * ordinary threads now would outrun QEMU on that debt. All nodes stand at their gates here, so the
 * worker can leave the CPU alone for so long.
 */
static void pay_debt(void)
{
    struct timespec debt = {.tv_nsec = DEBT_NS};

    while (nanosleep(&debt, &debt) != 0 && errno == EINTR)
        ;
}

/* Busy guests share the CPU with the rest of the host. Guests that are idle, or that find too
 * little of the CPU left, are boosted. The boost can be taken away only at a barrier. */
void vcpu_boost_watch(VcpuBoost *s, bool at_barrier)
{
    HTime now = htime_now();
    int64_t length = htime_sub(now, s->window).ns, percent;
    bool recent;

    if (s->sched != SCHED_MODE_STRICT || length < WINDOW_NS)
        return;
    percent = (vcpu_time(s) - s->window_used) * 100 / length;
    recent = htime_sub(now, s->since).ns < MOMENT_NS;
    s->busy_windows = percent >= BUSY ? s->busy_windows + 1 : 0;
    if (!s->boosted && percent < IDLE) {
        set(s, true);
    } else if (s->boosted && at_barrier && s->busy_windows >= (recent ? 1 : WINDOWS)) {
        if (!recent || !s->rested)
            pay_debt();
        s->rested = true;
        set(s, false);
    }
    open_window(s);
}
