/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * leg.h: a run of equal quanta without a stop between them, shared by the lanes that carry it out.
 *
 * Boundary k of the leg (1 … count) is at ensemble time first + (k - 1) * quantum.
 */
#ifndef ENGINE_LEG_H
#define ENGINE_LEG_H

#include "controller/base/vtime.h"
#include "controller/engine/barrier.h"
#include "controller/engine/stats.h"
#include "controller/node/node.h"

#include <pthread.h>
#include <stdatomic.h>

/* A node's part in the leg. Written by its lane before it arrives, read by whoever completes the
 * barrier. */
typedef struct {
    Node *node;
    NodeStats *stats;
    int64_t stamp_us; /* of its last note, in ensemble time; -1: none at this barrier */
    HTime arrived;
} Slot;

typedef struct Leg Leg;

/* Called at every barrier, all nodes standing at it, by the lane that came last. Must be quick. May
 * set leg->stop, to end the leg there. */
typedef void (*LegBarrierFunc)(Leg *leg, uint64_t k, void *data);

struct Leg {
    VTime first, quantum; /* whole µs */
    uint64_t count;
    bool brake; /* the leg's end is where the user wants to stand */
    Rank rank;
    Slot *slots;
    unsigned n_slots;
    LegBarrierFunc on_barrier;
    void *data;

    int64_t max_skip_us; /* how far a hit may move the clock of a node with sleep=off */
    bool on_grid;        /* its boundaries are barriers of the ensemble */
    VTime next_barrier;  /* when it is not: the one behind it */
    bool stop_on_exit;   /* end when a guest powers off, unless its node says otherwise */

    atomic_bool stop;  /* wish to end at the next barrier */
    atomic_bool broke; /* a node was stopped before this boundary: the barrier is not complete */
    atomic_ullong k;   /* barriers completed, for progress */
    HTime granted;     /* when the present quantum began */

    /* The rendezvous: the lock guards barrier and action; turn changes with each action. */
    pthread_mutex_t lock;
    Barrier barrier;
    BarrierAction action;
    atomic_uint turn;
    atomic_uint sleepers;
};

/* Boundary k in ensemble time. */
static inline VTime leg_boundary(const Leg *leg, uint64_t k)
{
    return vtime(leg->first.ns + (int64_t)(k - 1) * leg->quantum.ns);
}

void leg_init(Leg *leg, unsigned members);
void leg_clear(Leg *leg);

/* How long a member has lately waited for the others, to decide how long to spin. */
typedef struct {
    int64_t average_ns;
} LegPatience;

/* Tells the others, waits for them, returns what all are to do now. */
BarrierAction leg_rendezvous(Leg *leg, BarrierEvent event, LegPatience *patience);

#endif
