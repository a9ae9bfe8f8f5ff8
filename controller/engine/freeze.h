/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * freeze.h: a QEMU that does not move while it should is told of: one that was stopped by a signal,
 * or hangs. One that only keeps itself from moving, by a main thread that spins above its vCPUs, is
 * helped. Host time, so nothing but telling hangs on it.
 */
#ifndef ENGINE_FREEZE_H
#define ENGINE_FREEZE_H

#include "controller/qemu/node.h"

/* Told after so much host time without a move. */
#define FREEZE_NS (5 * NS_PER_S)

typedef struct {
    HTime looked, moved; /* last; 0: not yet in this quantum */
    int64_t used_ns;     /* CPU time of its vCPUs then, … */
    int64_t main_ns;     /* … and of its main thread when it was looked at */
} Freeze;

/* The node is on its way since `since`, through `quantum` of virtual time. Looks once a second, in
 * the thread that the node belongs to. */
void freeze_look(Freeze *freeze, Node *node, HTime since, VTime quantum);

/* It has arrived, or left. */
void freeze_end(Freeze *freeze, Node *node);

#endif
