/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shield.h: in strict mode, which vCPUs of a host CPU get a real-time rank (rank_shield_vcpus()):
 * those that use little of it, so that the kernel never lets them outrank their QEMU.
 */
#ifndef ENGINE_SHIELD_H
#define ENGINE_SHIELD_H

#include "controller/qemu/node.h"

/* One worker's; its thread alone uses it. */
typedef struct {
    int cpu;
    Rank rank;
    GPtrArray *nodes; /* Node, of the present segment: with icount only */
    bool shielded;
    bool rested;           /* the CPU was left alone long enough before this segment */
    HTime since;           /* shielded, or not */
    HTime ended;           /* when the CPU was left alone */
    unsigned busy_windows; /* in a row */
    HTime window;          /* when it began */
    int64_t window_used;   /* vCPU time of all nodes until then */
} Shield;

void shield_init(Shield *shield, int cpu, Rank rank);
void shield_clear(Shield *shield);

/* A segment begins: its nodes, which node_rank() has ranked. */
void shield_add(Shield *shield, Node *node);
void shield_begin(Shield *shield);

/* Now and then; at_barrier: all nodes stand at their gates, where it can be taken away. */
void shield_watch(Shield *shield, bool at_barrier);

/* The CPU is left alone. */
void shield_end(Shield *shield);

#endif
