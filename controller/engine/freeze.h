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

/* Host time without a move after which a QEMU is reported. */
#define FREEZE_NS (5 * NS_PER_S)

typedef struct {
    HTime looked, moved; /* last check, last move; 0: not yet in this quantum */
    int64_t used_ns;     /* CPU time of the vCPUs at the last move */
    int64_t main_ns;     /* CPU time of the main thread at the last check */
} Freeze;

/* Checks, at most once a second, whether the node moves. The node has been running since `since`
 * through `quantum` of virtual time. Called in the thread that owns the node. */
void freeze_look(Freeze *freeze, Node *node, HTime since, VTime quantum);

/* The node has reached its boundary, or has left. Reports that a frozen node moves again. */
void freeze_end(Freeze *freeze, Node *node);

#endif
