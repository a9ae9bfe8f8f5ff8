/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * barrier.h: decides when the next quantum may start. A pure state machine that counts members: it
 * has no thread, no clock and no node.
 *
 * A member drives nodes: the worker of a host CPU, or a host. A segment is a run of `last` quanta.
 * At barrier 0 all members are ready to begin; at barrier k all of their nodes stand at boundary k.
 * The member whose event completes a barrier gets the action for all members.
 */
#ifndef ENGINE_BARRIER_H
#define ENGINE_BARRIER_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    BARRIER_IDLE,       /* no segment */
    BARRIER_COLLECTING, /* some members have not arrived at barrier k */
    BARRIER_HALTED,     /* the segment ended at barrier k */
} BarrierPhase;

typedef enum {
    BARRIER_EV_ARRIVED, /* a member stands at barrier k */
    BARRIER_EV_LEFT,    /* a member has no nodes left and is no member any more */
    BARRIER_EV_FAILED,  /* a member lost a node: it stands at barrier k, which is to be the last */
    BARRIER_EV_STOP,    /* the segment is to end at the next barrier */
} BarrierEvent;

typedef enum {
    BARRIER_WAIT,  /* nothing to do yet */
    BARRIER_GRANT, /* all may run on to barrier k */
    BARRIER_HALT,  /* all stop at barrier k: the segment is over */
} BarrierAction;

typedef struct {
    BarrierPhase phase;
    uint64_t k;       /* the barrier that is being collected, or at which the segment ended */
    uint64_t last;    /* the segment ends at this barrier at the latest */
    unsigned members; /* members of the segment */
    unsigned missing; /* members that are not yet at barrier k */
    bool stop;        /* the segment is to end at barrier k */
} Barrier;

/* Starts a segment of `last` quanta with `members` members; last and members at least 1. */
void barrier_begin(Barrier *b, unsigned members, uint64_t last);

/* Whether this event would be the last one that the present barrier waits for. */
bool barrier_completes(const Barrier *b, BarrierEvent event);

/* Takes one event and returns the action: for all members if the event completes the barrier,
 * otherwise BARRIER_WAIT. */
BarrierAction barrier_step(Barrier *b, BarrierEvent event);

#endif
