/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * segment.c: the meeting of a segment's members at a barrier.
 *
 * Waking a sleeping CPU costs 50 to 100 µs on a virtual machine, more than a whole short quantum. A
 * worker whose nodes all stand at their gates has nothing else to run, so it spins. The worker
 * spins no longer than a sleep would cost in proportion to its usual wait.
 */
#include "controller/engine/segment.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Longest spin. A member that usually waits longer sleeps after the short spin. */
#define SPIN_LONG_NS  INT64_C(500000)
#define SPIN_SHORT_NS INT64_C(20000)

void segment_init(Segment *segment, unsigned members)
{
    unsigned grant_quanta = MAX(segment->grant_quanta, 1);

    segment->grant_quanta = grant_quanta;
    segment->limit = segment->left = UINT64_MAX;
    pthread_mutex_init(&segment->lock, NULL);
    barrier_begin(&segment->barrier, members, (segment->count + grant_quanta - 1) / grant_quanta);
    segment->action = BARRIER_WAIT;
    atomic_init(&segment->turn, 0);
    atomic_init(&segment->sleepers, 0);
    atomic_init(&segment->stop, false);
    atomic_init(&segment->broke, false);
    atomic_init(&segment->k, 0);
}

void segment_begin(Segment *segment)
{
    while (segment->barrier.k == 0)
        barrier_step(&segment->barrier, BARRIER_EV_ARRIVED);
    segment->left = 0;
    segment->granted = htime_now();
}

bool segment_wants_stop(const Segment *segment)
{
    for (unsigned i = 0; i < segment->n_participants; i++)
        if (segment->participants[i].node->state == NODE_FAILED)
            return true;
    return atomic_load(&segment->stop);
}

void segment_clear(Segment *segment)
{
    pthread_mutex_destroy(&segment->lock);
}

static void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void sleep_on_turn(Segment *segment, unsigned turn, const SegmentPatience *patience)
{
    const struct timespec second = {.tv_sec = 1};

    atomic_fetch_add(&segment->sleepers, 1);
    while (atomic_load(&segment->turn) == turn) {
        if (syscall(SYS_futex, &segment->turn, FUTEX_WAIT_PRIVATE, turn,
                    patience->idle ? &second : NULL, NULL, 0) != 0 &&
            errno == ETIMEDOUT && patience->idle)
            patience->idle(patience->data);
    }
    atomic_fetch_sub(&segment->sleepers, 1);
}

static void wait_turn(Segment *segment, unsigned turn, SegmentPatience *patience)
{
    HTime start = htime_now();
    int64_t budget = patience->sleeps                      ? 0
                     : patience->average_ns < SPIN_LONG_NS ? SPIN_LONG_NS
                                                           : SPIN_SHORT_NS;
    int64_t waited = 0;

    while (atomic_load_explicit(&segment->turn, memory_order_acquire) == turn) {
        cpu_relax();
        waited = htime_sub(htime_now(), start).ns;
        if (waited > budget) {
            sleep_on_turn(segment, turn, patience);
            waited = htime_sub(htime_now(), start).ns;
            break;
        }
    }
    patience->average_ns += (waited - patience->average_ns) / 8;
}

void segment_idle(const Segment *segment)
{
    if (segment->last && segment->last->idle)
        segment->last->idle(segment->last->data);
}

/* Puts the marks of barrier k into the participants. */
static void recall(Segment *segment, uint64_t k)
{
    const SegmentMark *mark =
        segment->marks + (k - 1) % segment->grant_quanta * segment->n_participants;

    for (unsigned i = 0; i < segment->n_participants; i++) {
        segment->participants[i].stamp_us = mark[i].stamp_us;
        segment->participants[i].arrived = mark[i].arrived;
    }
}

static void pass_barrier(Segment *segment, uint64_t k)
{
    if (segment->learn && !segment->learn(segment))
        segment->learn = NULL;
    if (segment->fabric)
        fabric_reach(segment->fabric, segment_boundary(segment, k));
    if (segment->on_barrier)
        segment->on_barrier(segment, k, segment->data);
    /* If the segment ends here early, the next segment begins with this work. */
    if (segment->fabric && k < segment->count && !atomic_load(&segment->stop))
        fabric_fill(segment->fabric, segment_boundary(segment, k),
                    segment_boundary(segment, k + 1));
}

/* All members have come to the end of grant g: does the work of the grant's barriers before any
 * member goes on. */
static void complete(Segment *segment, uint64_t g)
{
    uint64_t end = MIN(segment_grant_end(segment, g), segment->limit);

    if (atomic_load(&segment->broke))
        return;
    for (uint64_t k = g > 0 ? segment_grant_end(segment, g - 1) + 1 : 1; k <= end; k++) {
        if (segment->marks)
            recall(segment, k);
        pass_barrier(segment, k);
    }
    /* A departed member makes no marks any more, so old marks must not stay. */
    if (segment->marks)
        memset(segment->marks, 0,
               segment->grant_quanta * segment->n_participants * sizeof(*segment->marks));
}

static void publish(Segment *segment, BarrierAction action, uint64_t completed)
{
    segment->action = action;
    segment->granted = htime_now();
    atomic_store_explicit(&segment->k, completed, memory_order_relaxed);
    atomic_fetch_add(&segment->turn, 1); /* before `sleepers` is read */
}

/* Has the members act that do not wait for their turn. */
static void call_turns(SegmentTurn *turns, BarrierAction action)
{
    while (turns) {
        SegmentTurn *turn = turns;

        turns = turn->next; /* once it has acted, the member may use it again */
        turn->act(action, turn->data);
    }
}

/* Takes the event; turn: the member does not wait. Returns the action, or BARRIER_WAIT. */
static BarrierAction take_event(Segment *segment, BarrierEvent event, SegmentTurn *turn,
                                SegmentPatience *patience)
{
    SegmentTurn *turns = NULL;
    BarrierAction action;
    uint64_t g;

    pthread_mutex_lock(&segment->lock);
    g = segment->barrier.k;
    if (event == BARRIER_EV_LEFT && segment->barrier.members == 1)
        segment->limit = MIN(segment->limit, segment->left);
    if (barrier_completes(&segment->barrier, event)) {
        segment->last = patience;
        complete(segment, g);
    }
    if (atomic_load(&segment->stop))
        barrier_step(&segment->barrier, BARRIER_EV_STOP);
    action = barrier_step(&segment->barrier, event);
    if (action != BARRIER_WAIT) {
        publish(segment, action,
                MIN(segment_grant_end(segment, g - (g > 0 && atomic_load(&segment->broke))),
                    segment->limit));
        turns = g_steal_pointer(&segment->turns);
    } else if (turn) {
        turn->next = segment->turns;
        segment->turns = turn;
    }
    pthread_mutex_unlock(&segment->lock);
    call_turns(turns, action);
    if (action != BARRIER_WAIT && atomic_load(&segment->sleepers) > 0)
        syscall(SYS_futex, &segment->turn, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    return action;
}

BarrierAction segment_rendezvous(Segment *segment, BarrierEvent event, SegmentPatience *patience)
{
    unsigned turn = atomic_load(&segment->turn);
    BarrierAction action = take_event(segment, event, NULL, patience);

    /* A member that left is out, even if its leaving let the others run on: a second leaving
     * would be one too many. */
    if (event == BARRIER_EV_LEFT)
        return BARRIER_HALT;
    if (action != BARRIER_WAIT)
        return action;
    wait_turn(segment, turn, patience);
    return segment->action;
}

BarrierAction segment_arrive(Segment *segment, SegmentTurn *turn, SegmentPatience *patience)
{
    return take_event(segment, BARRIER_EV_ARRIVED, turn, patience);
}

void segment_quit(Segment *segment, uint64_t k, bool ends, SegmentPatience *patience)
{
    pthread_mutex_lock(&segment->lock);
    if (ends)
        segment->limit = MIN(segment->limit, k);
    segment->left = MAX(segment->left, k);
    pthread_mutex_unlock(&segment->lock);
    if (ends)
        atomic_store(&segment->stop, true);
    segment_rendezvous(segment, BARRIER_EV_LEFT, patience);
}
