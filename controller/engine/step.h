/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.h: single steps of one node over its gdbstub.
 *
 * Steps execute the last instructions before a target where no timer can stop the node, and
 * instructions that the user asks for one by one.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include "controller/qemu/node.h"

#include <stdatomic.h>

typedef enum {
    STEP_EXACT,  /* a few instructions up to a target; interrupts come as in a run */
    STEP_MASKED, /* gdb's default: no interrupt is taken */
    STEP_LIVE,   /* instruction by instruction; interrupts come as in a run */
    STEP_ACCESS, /* only the instruction whose memory access is pending (debug.h) */
} StepManner;

typedef struct StepRequest {
    Node *node;     /* at rest, its clock read */
    bool by_icount; /* true: stop at `icount`; false: stop at `time` */
    Insns icount;   /* absolute */
    VTime time;     /* the node's own virtual time, absolute */
    StepManner manner;
    int vcpu;         /* the vCPU to step; -1: the vCPU whose turn it is */
    int64_t grain_us; /* longest skip of the clock when a step wakes an idle node */
    int64_t fence_us; /* in the node's own virtual µs; the node is not stepped beyond */
    VTime now, until; /* ensemble time: the node's cards get the frames due from now until then */
    VTime quantum;    /* 0: the cards get nothing */
    atomic_bool *cancel;

    GError *error; /* out: NULL on success; the caller frees it; node->clock is current */
    bool asleep;   /* out: the vCPU waits for an interrupt, which only time can bring */
    bool hit;      /* out: the node hit a point (debug.h) */
} StepRequest;

/*
 * Steps request->node and fills in the out members. Runs in the worker of the node's CPU.
 *
 * Stepping ends at the target, at the fence, at a point, or when cancelled. Stepping also ends
 * where the vCPU is asleep, depending on the target and the manner:
 * - STEP_EXACT by time: no instruction is left to execute;
 * - STEP_MASKED: sets `asleep`;
 * - by icount and STEP_LIVE: the vCPU sleeps up to its next interrupt or to the fence.
 */
void step_node(StepRequest *request);

#endif
