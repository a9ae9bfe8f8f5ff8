/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rest.h: where a node that was stopped stands, and whether that is where it should.
 *
 * A stop tells the µs at once, by a token's stamp: then the clock is rough. What is within that µs, the
 * instruction count, and whether the vCPUs are halted, is in QEMU's device state, which takes a
 * millisecond or two to get. It is read for whoever looks at the node; a stop that nobody looks at is
 * no more than a part of the way. Belongs to whoever owns the node.
 */
#ifndef ENGINE_REST_H
#define ENGINE_REST_H

#include "controller/engine/stats.h"
#include "controller/qemu/node.h"

/* A stop as it was meant. */
typedef struct {
    VTime boundary; /* in the ensemble's time */
    bool planned; /* known when the node was sent on its way: a brake held an idle clock there; … */
    VTime quantum; /* … else it may have been warped as far as the next boundary */
    bool slept;    /* its note was behind the boundary, as it was idle (NOTE_IDLE) */
    Insns left;    /* its count when it was sent on its way; less than 0: not known */
} RestPlan;

/* The node stands, its clock read or rough. Counts how far past the boundary that is. What a rough
 * clock does not tell counts as right until rest_settle(). */
void rest_judge(Node *node, NodeStats *stats, const RestPlan *plan);

/* Reads a rough clock, and judges what it tells. Fails if QEMU tells another µs now. */
bool rest_read(Node *node, GError **error);

/* Asks QEMU for what rest_settle() reads, which it does while others are asked. */
void rest_ask(Node *node);

/* rest_read() of a node that stands; one whose QEMU tells another µs fails, and where QEMU can't be
 * asked the clock stays rough. */
void rest_settle(Node *node);

#endif
