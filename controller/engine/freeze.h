/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * freeze.h: reports a QEMU that does not move although it should, because a signal stopped it or
 * because it hangs.
 *
 * A QEMU whose main thread spins above its own vCPUs is helped. All times are host time, so only
 * messages to the user depend on them.
 */
#ifndef ENGINE_FREEZE_H
#define ENGINE_FREEZE_H

#include "controller/qemu/node.h"

/* Host time without a move after which a QEMU is reported; CPU time of its vCPUs within one quantum
 * after which a node is suspected of executing nothing. */
#define FREEZE_NS (5 * NS_PER_S)

typedef struct {
    HTime looked, moved; /* last check, last move; 0: not yet in this quantum */
    int64_t used_ns;     /* CPU time of the vCPUs at the last move */
    int64_t main_ns;     /* CPU time of the main thread at the last check */
    HTime asked;         /* last freeze_is_stuck() */
    VTime boundary;      /* of that call */
    int64_t from_ns;     /* CPU time of the vCPUs when it was first called for this boundary */
} Freeze;

/* Checks, at most once a second, whether the node moves. The node has been running since `since`
 * through `quantum` of virtual time. Called in the thread that owns the node. */
void freeze_look(Freeze *freeze, Node *node, HTime since, VTime quantum);

/* Whether the node's vCPUs have worked for so long in the quantum that ends at `boundary` that they
 * most likely execute no instruction, as a guest does whose every exception raises another one: its
 * virtual time then stands still for ever. The node has to be stopped to be sure. False for a node
 * without icount, whose time follows the host's. Looks at most once a second; true begins the count
 * again. */
bool freeze_is_stuck(Freeze *freeze, const Node *node, VTime boundary, VTime quantum);

/* What there is to say of a node that stands and was found to execute nothing: a NODE_ERROR, with its
 * pc if its stub tells it. */
GError *freeze_stuck(Node *node);

/* The node has reached its boundary, or has left. Reports that a frozen node moves again. */
void freeze_end(Freeze *freeze, Node *node);

#endif
