/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * segment.h: a segment is a run of equal quanta without a stop between them. The members of a
 * segment carry it out together: the workers of a host, or several hosts.
 *
 * Boundary k of the segment (1 … count) is at ensemble time first + (k - 1) * quantum.
 *
 * Workers meet at every boundary. Hosts meet only at the end of every grant: a grant is
 * `grant_quanta` quanta, which no event on another host can disturb. Inside a host the workers have
 * a segment of their own for these quanta. While the messages of a meeting are on their way, other
 * hosts may run on for `overlap_quanta` quanta behind the grant's end, so that they need not stand
 * still. The overlap is part of what the hosts were granted.
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

/* One node's part in the segment. The node's worker writes it before it arrives at a barrier;
 * the member that completes the barrier reads it. */
typedef struct {
    Node *node;
    NodeStats *stats;
    int64_t stamp_us; /* of the node's last note, in ensemble time; -1: none at this barrier */
    HTime arrived;
    bool tries; /* the node tries its QEMU in this segment (trial.h) */
} Participant;

typedef struct Segment Segment;

/* Called at every barrier by the member that arrived last, while all nodes stand there. Must be
 * quick. */
typedef void (*SegmentBarrierFunc)(Segment *segment, uint64_t k, void *data);

/* Stamp and arrival time of one node at one barrier of a grant. A segment on one host has no
 * marks: its participants hold these values. */
typedef struct {
    int64_t stamp_us;
    HTime arrived;
} SegmentMark;

/* How long a member has lately waited for the others. Decides how long the member spins. */
typedef struct {
    int64_t average_ns;
    bool sleeps; /* sleep at once: the threads that the member waits for need its CPU */
    void (*idle)(void *data); /* called at least every second of a wait; NULL: nothing is called */
    void *data;
} SegmentPatience;

/* A member that does not wait in segment_arrive(). */
typedef struct SegmentTurn SegmentTurn;
struct SegmentTurn {
    /* Called once with the action for all members, in the thread of the member that completes the
     * barrier. Must be quick. The segment stays until the member has left it or its end. */
    void (*act)(BarrierAction action, void *data);
    void *data;
    SegmentTurn *next; /* the segment's */
};

typedef struct Segment {
    VTime first, quantum; /* whole µs */
    uint64_t count;
    VTime now;  /* ensemble time at which the segment begins */
    bool cards; /* the fabric moves frames at the segment's boundaries */
    bool brake; /* the user wants to stand at the segment's end */
    SchedMode sched;
    Participant *participants;
    unsigned n_participants;
    Fabric *fabric; /* serves this host's cards at each boundary; NULL: no card work */
    /* The barrier's own work: called after the cards' frames were collected and before the cards
     * get the frames that are due next. May set segment->stop to end the segment there. NULL: no
     * work. */
    SegmentBarrierFunc on_barrier;
    bool (*learn)(
        const struct Segment *segment); /* called before on_barrier until false; NULL: never */
    /* Called in the last worker when the segment is over and its nodes are at rest; or NULL. */
    void (*over)(struct Segment *segment, void *data);
    void *data;

    unsigned grant_quanta;   /* quanta in a grant; 0 counts as 1 */
    unsigned overlap_quanta; /* quanta that other hosts may run on behind a grant's end */
    SegmentMark *
        marks; /* [grant_quanta][n_participants] of this grant; NULL: the participants hold these */
    uint64_t limit; /* the segment ends here at the latest: a member could not get beyond */
    uint64_t left;  /* farthest barrier of a host that has left; workers leave at the barrier */

    int64_t grain_us;   /* engine_grain_us() */
    bool aligned;       /* the segment's boundaries are barriers of the ensemble */
    VTime next_barrier; /* the ensemble barrier behind the segment, if not aligned */
    bool stop_on_exit;  /* end when a guest leaves, unless its node's options say otherwise */
    const Node *exits;  /* end when this node's guest leaves; NULL: no such node */

    const atomic_bool *hurry; /* set: end before the next barrier; NULL: nobody can ask for that */

    atomic_bool stop;  /* set: end at the next barrier */
    atomic_bool broke; /* a node was stopped before this boundary: the barrier is not complete */
    atomic_ullong k;   /* barriers completed; read for progress */
    HTime granted;     /* host time at which the present quantum began */

    const SegmentPatience *last; /* of the member that completes the barrier */

    /* The rendezvous: `lock` guards `barrier`, `action` and `turns`; `turn` changes with each action. */
    pthread_mutex_t lock;
    Barrier barrier; /* counts grants */
    BarrierAction action;
    SegmentTurn *turns; /* of members that have arrived and do not wait */
    atomic_uint turn;
    atomic_uint sleepers;
} Segment;

/* Ensemble time of boundary k. */
static inline VTime segment_boundary(const Segment *segment, uint64_t k)
{
    return vtime(segment->first.ns + (int64_t)(k - 1) * segment->quantum.ns);
}

/* The barrier at which grant g (1 …) ends. */
static inline uint64_t segment_grant_end(const Segment *segment, uint64_t g)
{
    return MIN(g * MAX(segment->grant_quanta, 1), segment->count);
}

/* Prepares the rendezvous for `members` members. The caller has filled in the segment's other
 * members. */
void segment_init(Segment *segment, unsigned members);

/* Gives the first grant without a meeting. For a segment whose members are hosts: all are ready. */
void segment_begin(Segment *segment);

/* Whether the segment is to end: on request, or because one of its nodes has failed. */
bool segment_wants_stop(const Segment *segment);

/* Releases what segment_init() made. */
void segment_clear(Segment *segment);

/* Calls the idle function of the member that completes the barrier. The member calls this
 * function now and then while its barrier work takes long. */
void segment_idle(const Segment *segment);

/* Reports the event to the other members and waits for them. Returns the action for all members:
 * BARRIER_GRANT or BARRIER_HALT. */
BarrierAction segment_rendezvous(Segment *segment, BarrierEvent event, SegmentPatience *patience);

/* The member arrives, and does not wait for the others: BARRIER_WAIT means that turn->act is called
 * when they have arrived, which may be before this returns. Else the action, and turn->act is not
 * called. */
BarrierAction segment_arrive(Segment *segment, SegmentTurn *turn, SegmentPatience *patience);

/* A host leaves after it reached barrier k, which may differ from the others' barrier. If all
 * hosts leave, the segment ends at the farthest barrier that one of them reached. ends: no other
 * host gets beyond barrier k. */
void segment_quit(Segment *segment, uint64_t k, bool ends, SegmentPatience *patience);

#endif
