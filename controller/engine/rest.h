/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rest.h: finds where a stopped node stands, and checks that it stands where it should.
 *
 * A stop gives the µs at once, by a token's stamp: the clock is then rough. The time within that
 * µs, the instruction count, and whether the vCPUs are halted are in QEMU's device state, which
 * takes a millisecond or two to get. Device state is read only when a user or a command looks at
 * the node, as many stops are only a part of the way. Called in the thread that owns the node.
 */
#ifndef ENGINE_REST_H
#define ENGINE_REST_H

#include "controller/engine/stats.h"
#include "controller/qemu/node.h"

/* A stop as it was planned. */
typedef struct {
    VTime boundary; /* in ensemble time */
    bool planned;   /* known when the node was sent off: a brake held an idle clock there */
    VTime quantum; /* not planned: an idle clock may have been warped as far as the next boundary */
    bool slept;    /* the idle node's note was behind the boundary (NOTE_IDLE) */
    Insns left;    /* the node's count when it was sent off; less than 0: unknown */
} RestPlan;

/* Counts in `stats` how far past the boundary the node stands. The node's clock is read or
 * rough. The part that a rough clock does not tell counts as exact until rest_settle(). */
void rest_count(Node *node, NodeStats *stats, const RestPlan *plan);

/* Reads a rough clock and checks the stop again. Fails if QEMU's device state gives another µs. */
bool rest_read(Node *node, GError **error);

/* Requests from QEMU the state that rest_settle() reads. QEMU answers while other nodes are
 * asked. */
void rest_ask(Node *node);

/* rest_read() for a node that stands. A node whose QEMU gives another µs has failed. If QEMU
 * can't be asked, the clock stays rough. */
void rest_settle(Node *node);

#endif
