/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.h: single steps over the gdbstub: the last instructions before a target that no timer can
 * hit, and those that the user asks for.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include "controller/qemu/node.h"

#include <stdatomic.h>

typedef enum {
    STEP_EXACT,  /* a few instructions up to a target: as in a run */
    STEP_MASKED, /* gdb's default: interrupts wait */
    STEP_LIVE,   /* as in a run, one by one */
    STEP_ACCESS, /* the one instruction of an access that is pending (debug.h) */
} StepManner;

typedef struct StepRequest {
    Node *node;     /* at rest, its clock read */
    bool by_icount; /* stop at this instruction count, else at this time */
    Insns icount;   /* absolute */
    VTime time;     /* the node's own virtual time, absolute */
    StepManner manner;
    int vcpu;         /* the one that is stepped; -1: whose turn it is */
    int64_t grain_us; /* how far the clock of a node that is woken by a step may skip */
    int64_t fence_us; /* the node's own virtual us; it is not taken beyond */
    VTime now,
        until;     /* the ensemble's: its cards have, or are given, what is due from here on up to
                         there; … */
    VTime quantum; /* … 0: nothing */
    atomic_bool *cancel;

    GError *error; /* out: NULL if all went well; node->clock is where it stands */
    bool asleep;   /* out: the vCPU waits for an interrupt, which only time can bring */
    bool hit;      /* out: a point was hit (debug.h) */
} StepRequest;

/*
 * Runs in the worker of the node's CPU. Ends at the target, at the fence, at a point, where the vCPU
 * is asleep (STEP_EXACT by time: nothing is left to execute; by icount and STEP_LIVE: it sleeps up
 * to its next interrupt or to the fence; STEP_MASKED: `asleep`), or when cancelled.
 */
void step_node(StepRequest *request);

#endif
