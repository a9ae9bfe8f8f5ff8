/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.h: the last instructions before a target that no timer can hit: one gdbstub step each, with
 * interrupts and timers alive (sstep = ENABLE), so that the guest sees nothing of it.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include "controller/node/node.h"

#include <stdatomic.h>

typedef struct {
    Node *node;       /* at rest, its clock read */
    bool by_icount;   /* stop at this instruction count, else at this time */
    Insns icount;     /* absolute */
    VTime time;       /* the node's own virtual time, absolute */
    int64_t fence_us; /* the gate closes here: an idle node never gets past it */
    atomic_bool *cancel;

    bool fenced;   /* out: idle up to the fence, the target was not reached */
    GError *error; /* out: NULL if all went well; node->clock is where it stands */
} StepRequest;

/* Runs in the lane of the node's CPU. */
void step_node(StepRequest *request);

#endif
