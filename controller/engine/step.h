/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.h: the last instructions before a target that no timer can hit, one gdbstub step each.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include "controller/node/node.h"

#include <stdatomic.h>

typedef struct {
    Node *node;     /* at rest, its clock read */
    bool by_icount; /* stop at this instruction count, else at this time */
    Insns icount;   /* absolute */
    VTime time;     /* the node's own virtual time, absolute */
    int64_t
        fence_us; /* by icount: an idle node is not run beyond this, a multiple of the quantum */
    atomic_bool *cancel;

    GError *error; /* out: NULL if all went well; node->clock is where it stands */
} StepRequest;

/*
 * Runs in the lane of the node's CPU. Ends at the target, or where the node has gone idle before it
 * (by time: nothing is left to execute; by icount: the caller lets time pass and asks again), or at
 * the fence.
 */
void step_node(StepRequest *request);

#endif
