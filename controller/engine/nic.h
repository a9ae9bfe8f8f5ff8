/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nic.h: one network card of a node, seen from the virtual network. What the guest sends is read
 * with its virtual send time; what it is to receive waits inside QEMU until a boundary.
 *
 *   guest -> netdev mtr-netI -> filter-dump   mxI  a pcap record for us, stamped with virtual µs
 *   we (datagram) -> netdev mtr-netI -> filter-buffer mrI  until the boundary -> guest
 *
 * mrI's timer shares the boundaries of the gate's tick, but stays when that is taken away: deleting
 * a filter-buffer hands out what it holds (net/filter-buffer.c), at the wrong time, and a stopped
 * virtio-net takes nothing. It is older than the tick, so at a boundary the guest has its frames
 * before the gate closes.
 *
 * A card belongs to whoever owns its node. Neither reading nor sending allocates in the steady
 * state.
 */
#ifndef ENGINE_NIC_H
#define ENGINE_NIC_H

#include "controller/node/node.h"

typedef struct Nic Nic;

/* What is put on a card for one boundary. */
typedef struct {
    unsigned frames;
    size_t load; /* of its socket */
} NicFill;

/* One frame more of this size; false: the card has its fill. */
bool nic_fill(NicFill *fill, size_t size);

/* For card number `index` of a paused node; adds it to node->nics. */
Nic *nic_new(Node *node, unsigned index, GError **error);
void nic_free(Nic *nic);

/* --- at a barrier, all nodes standing --- */

typedef void (*NicFrameFunc)(VTime sent, const uint8_t *frame, size_t size, void *data);

/* Hands out all that the guest has sent up to `until` (its own virtual time), in order. False if
 * what came is no capture. */
bool nic_collect(Nic *nic, VTime until, NicFrameFunc func, void *data);

/* Puts a frame that is to be there at the next boundary; false if the card has its fill for one
 * quantum: later then. The bytes must stay until the frame is settled or taken back. */
bool nic_put(Nic *nic, const uint8_t *frame, size_t size);

/* What is put is for this time (node's own µs) rather than for the barrier; 0: for the barrier. */
void nic_aim(Nic *nic, int64_t at_us);

/* How many of the frames that were put, from the first on, QEMU took in time: the guest has them at
 * this boundary. They are forgotten. */
unsigned nic_settle(Nic *nic);

/* How many were sent to QEMU and are not settled: before a boundary they wait for it, behind it
 * they have missed it. */
unsigned nic_sent(const Nic *nic);

/* Forgets what was put and not sent. */
void nic_take_back(Nic *nic);

/* Forgets all that was put. */
void nic_clear(Nic *nic);

/* --- in the lane --- */

/* Reads what the guest has sent so far, without waiting. */
void nic_read(Nic *nic);

/* Whether nic_arm() with the same can make the timer fire at all boundaries, not only at the first:
 * one that holds frames for it can't be made anew. */
bool nic_keeps_up(const Nic *nic, int64_t first_us, int64_t quantum_us);

/* Before the gate is armed: aims the timer at the next barrier, or where nic_aim() says. first_us,
 * quantum_us: that barrier in the node's own µs, and the distance of those behind. Posts QMP
 * commands only. */
bool nic_arm(Nic *nic, int64_t first_us, int64_t quantum_us, GError **error);

/* A boundary was reached at this time (node's own µs). */
void nic_reached(Nic *nic, int64_t stamp_us);

/* Sends what was put to QEMU, before the node goes on. Without its timer, which is made by
 * nic_arm(), only to a node at rest: what QEMU hands on then is there when it goes on. */
bool nic_send(Nic *nic, bool at_rest, GError **error);

/* On a node at rest: waits until QEMU has taken it. */
bool nic_wait_taken(Nic *nic, GError **error);

/* On a node at rest that stands where nic_aim() says: the guest gets what was sent before it
 * executes anything. */
bool nic_release(Nic *nic, GError **error);

#endif
