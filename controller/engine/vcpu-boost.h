/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vcpu-boost.h: in strict mode, which vCPUs of a host CPU get a real-time priority (sched_boost_vcpus()):
 * those that use little of it, so that the kernel never lets them outrank their QEMU.
 */
#ifndef ENGINE_VCPU_BOOST_H
#define ENGINE_VCPU_BOOST_H

#include "controller/qemu/node.h"

/* One worker's; its thread alone uses it. */
typedef struct {
    int cpu;
    SchedMode sched;
    GPtrArray *nodes; /* Node, of the present segment: with icount only */
    bool boosted;
    bool rested;           /* the CPU was left alone long enough before this segment */
    HTime since;           /* boosted, or not */
    HTime ended;           /* when the CPU was left alone */
    unsigned busy_windows; /* in a row */
    HTime window;          /* when it began */
    int64_t window_used;   /* vCPU time of all nodes until then */
} VcpuBoost;

void vcpu_boost_init(VcpuBoost *boost, int cpu, SchedMode sched);
void vcpu_boost_clear(VcpuBoost *boost);

/* A segment begins: its nodes, which node_schedule() has ranked. */
void vcpu_boost_add(VcpuBoost *boost, Node *node);
void vcpu_boost_begin(VcpuBoost *boost);

/* Now and then; at_barrier: all nodes stand at their gates, where it can be taken away. */
void vcpu_boost_watch(VcpuBoost *boost, bool at_barrier);

/* The CPU is left alone. */
void vcpu_boost_end(VcpuBoost *boost);

#endif
