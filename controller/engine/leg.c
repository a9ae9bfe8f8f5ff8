/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * leg.c: the meeting of workers at a barrier.
 *
 * Waking a sleeping CPU costs 50 to 100 µs on a virtual machine, more than a whole short quantum,
 * while a worker whose nodes all stand at their gates has nothing else to run: it spins, but no
 * longer than a sleep would cost in proportion to what it usually waits.
 */
#include "controller/engine/leg.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Longest spin; who usually waits longer sleeps after the short one. */
#define SPIN_LONG_NS  INT64_C(500000)
#define SPIN_SHORT_NS INT64_C(20000)

void leg_init(Leg *leg, unsigned members)
{
    unsigned stride = MAX(leg->stride, 1);

    leg->stride = stride;
    leg->limit = leg->left = UINT64_MAX;
    pthread_mutex_init(&leg->lock, NULL);
    barrier_begin(&leg->barrier, members, (leg->count + stride - 1) / stride);
    leg->action = BARRIER_WAIT;
    atomic_init(&leg->turn, 0);
    atomic_init(&leg->sleepers, 0);
    atomic_init(&leg->stop, false);
    atomic_init(&leg->broke, false);
    atomic_init(&leg->k, 0);
}

void leg_begin(Leg *leg)
{
    while (leg->barrier.k == 0)
        barrier_step(&leg->barrier, BARRIER_EV_ARRIVED);
    leg->left = 0;
    leg->granted = htime_now();
}

bool leg_wants_stop(const Leg *leg)
{
    for (unsigned i = 0; i < leg->n_slots; i++)
        if (leg->slots[i].node->state == NODE_FAILED)
            return true;
    return atomic_load(&leg->stop);
}

void leg_clear(Leg *leg)
{
    pthread_mutex_destroy(&leg->lock);
}

static void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void sleep_on_turn(Leg *leg, unsigned turn, const LegPatience *patience)
{
    const struct timespec second = {.tv_sec = 1};

    atomic_fetch_add(&leg->sleepers, 1);
    while (atomic_load(&leg->turn) == turn) {
        if (syscall(SYS_futex, &leg->turn, FUTEX_WAIT_PRIVATE, turn,
                    patience->idle ? &second : NULL, NULL, 0) != 0 &&
            errno == ETIMEDOUT && patience->idle)
            patience->idle(patience->data);
    }
    atomic_fetch_sub(&leg->sleepers, 1);
}

static void wait_turn(Leg *leg, unsigned turn, LegPatience *patience)
{
    HTime start = htime_now();
    int64_t budget = patience->sleeps                      ? 0
                     : patience->average_ns < SPIN_LONG_NS ? SPIN_LONG_NS
                                                           : SPIN_SHORT_NS;
    int64_t waited = 0;

    while (atomic_load_explicit(&leg->turn, memory_order_acquire) == turn) {
        cpu_relax();
        waited = htime_sub(htime_now(), start).ns;
        if (waited > budget) {
            sleep_on_turn(leg, turn, patience);
            waited = htime_sub(htime_now(), start).ns;
            break;
        }
    }
    patience->average_ns += (waited - patience->average_ns) / 8;
}

void leg_idle(const Leg *leg)
{
    if (leg->last && leg->last->idle)
        leg->last->idle(leg->last->data);
}

/* What the slots were at barrier k. */
static void recall(Leg *leg, uint64_t k)
{
    const LegMark *mark = leg->marks + (k - 1) % leg->stride * leg->n_slots;

    for (unsigned i = 0; i < leg->n_slots; i++) {
        leg->slots[i].stamp_us = mark[i].stamp_us;
        leg->slots[i].arrived = mark[i].arrived;
    }
}

static void pass_barrier(Leg *leg, uint64_t k)
{
    if (leg->fabric)
        fabric_reach(leg->fabric, leg_boundary(leg, k));
    if (leg->on_barrier)
        leg->on_barrier(leg, k, leg->data);
    /* Where it ends early, the next leg begins with that. */
    if (leg->fabric && k < leg->count && !atomic_load(&leg->stop))
        fabric_fill(leg->fabric, leg_boundary(leg, k), leg_boundary(leg, k + 1));
}

/* All have come to the end of grant g: what belongs to its barriers is done before anyone goes on.
 */
static void complete(Leg *leg, uint64_t g)
{
    uint64_t end = MIN(leg_grant_end(leg, g), leg->limit);

    if (atomic_load(&leg->broke))
        return;
    for (uint64_t k = g > 0 ? leg_grant_end(leg, g - 1) + 1 : 1; k <= end; k++) {
        if (leg->marks)
            recall(leg, k);
        pass_barrier(leg, k);
    }
    /* Who leaves makes no marks any more. */
    if (leg->marks)
        memset(leg->marks, 0, leg->stride * leg->n_slots * sizeof(*leg->marks));
}

static void publish(Leg *leg, BarrierAction action, uint64_t completed)
{
    leg->action = action;
    leg->granted = htime_now();
    atomic_store_explicit(&leg->k, completed, memory_order_relaxed);
    atomic_fetch_add(&leg->turn, 1); /* before sleepers is looked at */
}

BarrierAction leg_rendezvous(Leg *leg, BarrierEvent event, LegPatience *patience)
{
    unsigned turn = atomic_load(&leg->turn);
    BarrierAction action;
    uint64_t g;

    pthread_mutex_lock(&leg->lock);
    g = leg->barrier.k;
    if (event == BARRIER_EV_LEFT && leg->barrier.members == 1)
        leg->limit = MIN(leg->limit, leg->left);
    if (barrier_completes(&leg->barrier, event)) {
        leg->last = patience;
        complete(leg, g);
    }
    if (atomic_load(&leg->stop))
        barrier_step(&leg->barrier, BARRIER_EV_STOP);
    action = barrier_step(&leg->barrier, event);
    if (action != BARRIER_WAIT)
        publish(leg, action,
                MIN(leg_grant_end(leg, g - (g > 0 && atomic_load(&leg->broke))), leg->limit));
    pthread_mutex_unlock(&leg->lock);
    if (action != BARRIER_WAIT) {
        if (atomic_load(&leg->sleepers) > 0)
            syscall(SYS_futex, &leg->turn, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    }
    /* Whoever left is out, also if that let the others run on: leaving twice would be one too many.
     */
    if (event == BARRIER_EV_LEFT)
        return BARRIER_HALT;
    if (action != BARRIER_WAIT)
        return action;
    wait_turn(leg, turn, patience);
    return leg->action;
}

void leg_quit(Leg *leg, uint64_t k, bool ends, LegPatience *patience)
{
    pthread_mutex_lock(&leg->lock);
    if (ends)
        leg->limit = MIN(leg->limit, k);
    leg->left = MAX(leg->left, k);
    pthread_mutex_unlock(&leg->lock);
    if (ends)
        atomic_store(&leg->stop, true);
    leg_rendezvous(leg, BARRIER_EV_LEFT, patience);
}
