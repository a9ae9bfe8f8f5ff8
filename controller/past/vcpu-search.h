/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vcpu-search.h: finds the last instruction of one of a node's vCPUs before now.
 *
 * A node counts the instructions of all its vCPUs together, which take turns. What a vCPU has in its
 * registers stays until its next turn: so the last count of the node at which they are others is in
 * front of the vCPU's last instruction. Wider and wider steps back find such a count, halves of the last
 * step the last one. A vCPU that jumps to itself for ever changes nothing, and counts as one that does
 * not run; one that waits in a loop of a few instructions may be taken back by more than one of them.
 * So may any, as QEMU shares turns in another way behind a stop between two barriers: what stands at a
 * count of the node depends on the stops before it.
 *
 * Main thread. The node stands, or is being put back.
 */
#ifndef PAST_VCPU_SEARCH_H
#define PAST_VCPU_SEARCH_H

#include "controller/qemu/node.h"

typedef struct VcpuSearch VcpuSearch;

typedef enum {
    VCPU_SEARCH_GO,    /* the node is to go there, then vcpu_search_look() */
    VCPU_SEARCH_HERE,  /* that was it: in front of the vCPU's last instruction */
    VCPU_SEARCH_NEVER, /* the vCPU has executed nothing since the past begins */
} VcpuSearchMove;

/* Begins where the node stands. first: the node's count where the past begins. NULL: the registers can't be
 * read. Free with vcpu_search_free(). */
VcpuSearch *vcpu_search_new(Node *node, unsigned vcpu, Insns first, GError **error);
void vcpu_search_free(VcpuSearch *search);

/* *next: with VCPU_SEARCH_GO. */
VcpuSearchMove vcpu_search_next(const VcpuSearch *search, Insns *next);
/* The node stands where it was to go. */
bool vcpu_search_look(VcpuSearch *search, GError **error);

#endif
