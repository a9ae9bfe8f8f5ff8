/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vcpu-boost.h: decides in strict mode which vCPUs of a host CPU get a real-time priority
 * (sched_boost_vcpus()).
 *
 * Only vCPUs that use little of the CPU get one, so that the kernel never lets vCPUs outrank their
 * QEMU.
 */
#ifndef ENGINE_VCPU_BOOST_H
#define ENGINE_VCPU_BOOST_H

#include "controller/qemu/node.h"

/* State of one worker; used by the worker's thread alone. */
typedef struct {
    int cpu;
    SchedMode sched;
    GPtrArray *nodes; /* Node: the nodes of the present segment that have icount */
    bool boosted;
    bool rested;           /* the CPU was left alone for long enough before this segment */
    HTime since;           /* time of the last change of `boosted` */
    HTime ended;           /* time at which the worker last left the CPU alone */
    unsigned busy_windows; /* busy windows in a row */
    HTime window;          /* time at which the present window began */
    int64_t window_used;   /* vCPU time of all nodes when the window began */
} VcpuBoost;

void vcpu_boost_init(VcpuBoost *boost, int cpu, SchedMode sched);
void vcpu_boost_clear(VcpuBoost *boost);

/* A segment begins: the worker adds its nodes, whose threads have got their priorities from
 * node_schedule(), and then calls vcpu_boost_begin(). */
void vcpu_boost_add(VcpuBoost *boost, Node *node);
void vcpu_boost_begin(VcpuBoost *boost);

/* Measures the vCPUs' share and changes the boost. Called now and then. at_barrier: all nodes
 * stand at their gates, so the boost may be taken away. */
void vcpu_boost_watch(VcpuBoost *boost, bool at_barrier);

/* The worker has no job any more and leaves the CPU alone. */
void vcpu_boost_end(VcpuBoost *boost);

#endif
