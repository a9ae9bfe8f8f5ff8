/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reverse.h: takes the whole ensemble back in time: to the last point of the past (past.h) before the
 * goal, and from there forward to just the goal, with everything that came from outside given again
 * where it came (run/trail.h).
 *
 * Points of breaks and gdbs stop nothing on the way, unless the goal asks for their hits. Breaks,
 * watches, variables and defaults stay as they are now; all else is as it was then. Main thread; like
 * run_start(), which this uses, everything here is asynchronous.
 */
#ifndef PAST_REVERSE_H
#define PAST_REVERSE_H

#include "controller/qemu/debug.h"
#include "controller/session/session.h"

typedef enum {
    REVERSE_TO_TIME,   /* to `time` */
    REVERSE_TO_INSNS,  /* to where `node` has executed `insns` */
    REVERSE_STEP,      /* back by `count` instructions of `node` */
    REVERSE_STEP_VCPU, /* back by `count` instructions of vCPU `vcpu` of `node` */
    REVERSE_CONTINUE,  /* to the last hit of a break, or of a gdb's point, before now */
    REVERSE_TO_WRITE, /* behind the last instruction of `node` that wrote to `address`, before now */
} ReverseKind;

typedef struct {
    ReverseKind kind;
    VTime time; /* of the ensemble, not after now */
    Node *node;
    unsigned vcpu;
    Insns insns;      /* absolute, not after now */
    uint64_t count;   /* above 0 */
    uint64_t address; /* virtual, as vCPU 0 sees it */
    unsigned length;  /* 1 to REVERSE_MOST_BYTES */
    bool anyway;      /* also where the run may not repeat itself */
    bool unattended;  /* a gdb asked: no command reports how it ended */
    /* REVERSE_CONTINUE: at a watchpoint of a gdb's the node stands where a gdb that goes back expects
     * it: in front of the access where QEMU tells of one behind it, and behind it where QEMU tells of
     * one in front of it (debug.h), as gdb steps over it by itself then. */
    bool for_gdb;
} ReverseGoal;

#define REVERSE_MOST_BYTES 64

typedef enum {
    REVERSE_REACHED,   /* stands at the goal; with REVERSE_CONTINUE: at a hit */
    REVERSE_BEGINNING, /* there was none: stands at the earliest point */
    REVERSE_STOPPED,   /* interrupted: stands where it was by then */
    REVERSE_UNSURE,    /* a node with several vCPUs has one last hit, but where is not known: stands
                          where the branch was about then, and `why` tells */
    REVERSE_FAILED,    /* a node failed, or the run did not repeat itself */
} ReverseEnd;

typedef struct {
    ReverseEnd end;
    const ReverseGoal *goal; /* what was asked for */
    unsigned number;         /* of the break that was hit; 0: a gdb's point, or none */
    Node *node;              /* that has hit a point, or has written; debug_hit() is set for it at a
                        breakpoint. NULL: none */
    const DebugHit *hit;     /* that of a watchpoint of a gdb's, as it was met; NULL: it was none */
    const char *why;         /* what was hit, a sentence without a full stop; NULL: nothing */
    const GError *error;     /* REVERSE_FAILED */
    HTime host;              /* host time that it took */
    bool unattended;

    /* REVERSE_TO_WRITE, REVERSE_REACHED: */
    bool by_instruction; /* else it came from outside, by the entry of the journal `entry` */
    uint64_t entry;      /* its number */
    bool unseen; /* the value changed, but no instruction was seen to write it: a device, or an
                    instruction at another virtual address */
    uint64_t pc; /* of the instruction that wrote */
    Insns insns; /* the node's count behind it */
    VTime time;  /* the node's, in ensemble time */
    const uint8_t *before, *after; /* the bytes, `length` of the goal */
} ReverseOutcome;

typedef void (*ReverseDoneFunc)(const ReverseOutcome *outcome, void *data);

/* Starts to go back; no run may be active. done is called once, from the main loop, with an outcome
 * that is valid during the call. False, with an error and nothing changed: it is not possible; done
 * is then never called. */
bool reverse_start(Session *session, const ReverseGoal *goal, ReverseDoneFunc done, void *data,
                   GError **error);

/* Whether the ensemble is on its way back: no run may be started, and nothing changed. */
bool reverse_active(const Session *session);

/* Removes callbacks with this data. */
void reverse_leave(Session *session, void *data);

/* Ends the way back at the next barrier, as REVERSE_STOPPED. */
void reverse_interrupt(Session *session);

/* Frees the way back that is under way, without its callback; at the end of the session. */
void reverse_end(Session *session);

/* Calls func with the ensemble at rest where its user sees it: behind a way back that is under way,
 * else as run_service(). */
void reverse_service(Session *session, void (*func)(void *data), void *data);

/* Whether going back is possible at all, now; the error is the reason. Of a check: as far as is known
 * before anything runs. */
bool reverse_can(const Session *session, bool anyway, GError **error);

#endif
