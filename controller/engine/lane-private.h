/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lane-private.h: what the parts of a lane share: lane.c (thread, quanta), rider.c (one node). */
#ifndef ENGINE_LANE_PRIVATE_H
#define ENGINE_LANE_PRIVATE_H

#include "controller/engine/freeze.h"
#include "controller/engine/gate.h"
#include "controller/engine/lane.h"
#include "controller/engine/shield.h"

typedef enum {
    PLACE_REST,
    PLACE_RUNNING,
    PLACE_GATE,
    PLACE_OUT, /* left or failed */
} Place;

/* A node in a leg. */
typedef struct {
    Slot *slot;
    Node *node;
    Place place;
    Insns left;     /* its count when it left its last rest */
    uint64_t k;     /* the boundary that it was last sent to */
    bool once;      /* its tick is good for that boundary alone */
    bool approach;  /* its tick is ahead of that boundary */
    bool half_way;  /* its tick is where a card needs it to stop before that boundary */
    GatePlan trial; /* if it is one, else .tries is false */
    bool anew;      /* stop and arm it before it goes on, … */
    bool slept;     /* … as it was idle at the boundary, and slept too long */
    Freeze freeze;
    bool judged; /* that it ran past its boundary is counted already */
} Rider;

struct Lane {
    int cpu;
    Rank rank;
    GThread *thread;
    LegPatience patience;

    GMutex lock;
    GCond wake;
    bool quit, has_job;
    Leg *leg; /* or: */
    void (*func)(void *);
    void *arg;
    LaneDoneFunc done;
    void *done_data;

    /* of the present leg */
    int epoll_fd;
    Rider *riders;
    unsigned n_riders, running;
    bool lost_one; /* a node failed since the last rendezvous */
    VTime until;   /* end of the present quantum */
    HTime looked;  /* when consoles of running nodes were drained last */
    Quanta quanta; /* the last ones */
    Shield shield;
};

/* Takes over the error: the node has failed, or its guest made QEMU exit. */
void rider_fail(Lane *lane, Rider *rider, GError *error);

/* A node at rest goes on to boundary k, unless it stands there or farther already. */
void rider_depart(Lane *lane, Leg *leg, Rider *rider, uint64_t k);

/* One at its gate goes on from boundary k - 1 to k: through it, or where anything was not as it
 * should be, armed anew. */
void rider_go_on(Lane *lane, Leg *leg, Rider *rider, uint64_t k);

/* From its gate at boundary k to rest, its clock read. */
void rider_rest(Lane *lane, const Leg *leg, Rider *rider, uint64_t k);

/* Nobody waits for the boundary any longer: the node is stopped where it is, or fails. */
void rider_halt(Lane *lane, Leg *leg, Rider *rider);

/* Its note, its monitor, its stub became readable. */
void rider_on_note(Lane *lane, Leg *leg, Rider *rider);
void rider_on_qmp(Lane *lane, Leg *leg, Rider *rider);
/* True if a point was hit. */
bool rider_on_stub(Lane *lane, Leg *leg, Rider *rider);

/* If its guest has left and it stands, it is out. */
bool rider_take_end(Lane *lane, Rider *rider);

#endif
