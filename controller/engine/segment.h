/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * segment.h: a run of equal quanta without a stop between them, shared by those who carry it out:
 * the workers of a host, or several hosts.
 *
 * Boundary k of the segment (1 … count) is at ensemble time first + (k - 1) * quantum.
 *
 * Workers meet at every boundary. Hosts meet at every grant's end only: a grant is `grant_quanta`
 * quanta, which nothing that happens elsewhere can disturb. Inside a host the workers have a
 * segment of their own meanwhile. So that they need not stand still while the messages of a meeting
 * are on their way, other hosts may go on for `overlap_quanta` quanta behind it, which is part of
 * what they were granted.
 */
#ifndef ENGINE_SEGMENT_H
#define ENGINE_SEGMENT_H

#include "controller/base/vtime.h"
#include "controller/engine/barrier.h"
#include "controller/engine/stats.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/node.h"

#include <pthread.h>
#include <stdatomic.h>

/* A node's part in the segment. Written by its worker before it arrives, read by whoever completes the
 * barrier. */
typedef struct {
    Node *node;
    NodeStats *stats;
    int64_t stamp_us; /* of its last note, in ensemble time; -1: none at this barrier */
    HTime arrived;
    bool tries; /* its QEMU in this segment (trial.h) */
} Participant;

typedef struct Segment Segment;

/* Called at every barrier, all nodes standing at it, by whoever came last. Must be quick. */
typedef void (*SegmentBarrierFunc)(Segment *segment, uint64_t k, void *data);

/* A Participant's at one of a grant's barriers. */
typedef struct {
    int64_t stamp_us;
    HTime arrived;
} SegmentMark;

/* How long a member has lately waited for the others, to decide how long to spin. */
typedef struct {
    int64_t average_ns;
    bool sleeps;              /* at once: others have the CPU to do first what it waits for */
    void (*idle)(void *data); /* called every second of a wait, or sooner; or NULL */
    void *data;
} SegmentPatience;

typedef struct Segment {
    VTime first, quantum; /* whole µs */
    uint64_t count;
    VTime now;  /* where it begins */
    bool cards; /* frames are moved at its boundaries */
    bool brake; /* the segment's end is where the user wants to stand */
    SchedMode sched;
    Participant *participants;
    unsigned n_participants;
    Fabric
        *fabric; /* serves the cards of this host at each boundary; NULL: there is nothing to do */
    /* What belongs to the barrier, behind what the cards have sent, and before they get what is due
     * next. May set segment->stop to end the segment there. NULL: nothing. */
    SegmentBarrierFunc on_barrier;
    bool (*learn)(
        const struct Segment *segment); /* before that, until it is false; NULL: nothing */
    void (*over)(struct Segment *segment,
                 void *data); /* in the last worker, its nodes at rest; or NULL */
    void *data;

    unsigned grant_quanta;   /* quanta in a grant; 0 counts as 1 */
    unsigned overlap_quanta; /* quanta that other hosts may go on behind a grant's end */
    SegmentMark *
        marks; /* [grant_quanta][n_participants] of the present grant; NULL with one host: the participants have it
                       all */
    uint64_t limit; /* somebody could not get beyond this barrier */
    uint64_t left;  /* the farthest barrier that a host reached that has left; workers leave where
                     * the others stand */

    int64_t max_skip_us; /* how far a hit may move the clock of a node with sleep=off */
    bool aligned;        /* its boundaries are barriers of the ensemble */
    VTime next_barrier;  /* when it is not: the one behind it */
    bool stop_on_exit;   /* end when a guest leaves, unless its node says otherwise */
    const Node *exits;   /* end when this one's does; NULL: none */

    const atomic_bool *hurry; /* wish to end before the next barrier; NULL: nobody has it */

    atomic_bool stop;  /* wish to end at the next barrier */
    atomic_bool broke; /* a node was stopped before this boundary: the barrier is not complete */
    atomic_ullong k;   /* barriers completed, for progress */
    HTime granted;     /* when the present quantum began */

    const SegmentPatience *last; /* of who completes the barrier */

    /* The rendezvous: the lock guards barrier and action; turn changes with each action. */
    pthread_mutex_t lock;
    Barrier barrier; /* counts grants */
    BarrierAction action;
    atomic_uint turn;
    atomic_uint sleepers;
} Segment;

/* Boundary k in ensemble time. */
static inline VTime segment_boundary(const Segment *segment, uint64_t k)
{
    return vtime(segment->first.ns + (int64_t)(k - 1) * segment->quantum.ns);
}

/* The barrier that grant g (1 …) ends at. */
static inline uint64_t segment_grant_end(const Segment *segment, uint64_t g)
{
    return MIN(g * MAX(segment->grant_quanta, 1), segment->count);
}

void segment_init(Segment *segment, unsigned members);

/* All members are hosts, and ready: the first grant is given without a meeting. */
void segment_begin(Segment *segment);

/* Whether somebody wishes it to end, or one of its nodes has failed. */
bool segment_wants_stop(const Segment *segment);

void segment_clear(Segment *segment);

/* Whoever completes a barrier, and takes long for it, calls this now and then. */
void segment_idle(const Segment *segment);

/* Tells the others, waits for them, returns what all are to do now. */
BarrierAction segment_rendezvous(Segment *segment, BarrierEvent event, SegmentPatience *patience);

/* A host leaves, having reached barrier k, which need not be where the others stand: if all leave,
 * the segment ends where the last of them did. ends: no other gets beyond k. */
void segment_quit(Segment *segment, uint64_t k, bool ends, SegmentPatience *patience);

#endif
