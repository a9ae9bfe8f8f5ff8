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
 * Where its link delivers exactly (nic_set_exact()), each frame has a time of its own. Frames of one
 * time are a group: mrI is made anew for that time, holds them until then, and is not on the grid of
 * boundaries. The node has to stand still for that: at the barrier before, and, where another group
 * follows before the next barrier, at the group's time.
 *
 * No more is sent than the guest's ring of buffers has room for (ring.h): what waited inside QEMU in
 * front of the card would be lost when the node is stopped. The rest stays unsent, as if the socket
 * had no room.
 *
 * A card belongs to whoever owns its node. Neither reading nor sending allocates in the steady
 * state.
 */
#ifndef FABRIC_NIC_H
#define FABRIC_NIC_H

#include "controller/fabric/flight.h"
#include "controller/qemu/node.h"

typedef struct Nic Nic;

/* What is put on a card for one boundary. */
typedef struct {
    unsigned frames;
    size_t load; /* of its socket */
} NicFill;

/* One frame more of this size; false: the card has its fill. */
bool nic_fill(NicFill *fill, size_t size);

/* For card number `index` of a paused node; adds it to node->nics. flights: Flight, all that is under
 * way to it, those that were put first; shared with the port. */
Nic *nic_new(Node *node, unsigned index, GArray *flights, GError **error);
void nic_free(Nic *nic);

/* --- at a barrier, all nodes standing --- */

/* A frame of the guest; `data` is valid until the next call. */
typedef struct {
    VTime at; /* its own virtual time */
    const uint8_t *data;
    size_t size;
} NicSent;

/* The next one that was read, all of them sent up to `until` (its own virtual time), in order; false:
 * there is no other, or what came is no capture, which is logged. */
bool nic_next_sent(Nic *nic, VTime until, NicSent *out);

/* Whether frames have times of their own; nothing may be put that is not sent. */
void nic_set_exact(Nic *nic, bool exact);

/* Puts the first flight that was not put: it is to be there at the next boundary, or, on an exact
 * card, at this time (node's own µs, not before that of the last one); false if the card has its fill
 * for one quantum: later then. */
bool nic_put(Nic *nic, int64_t at_us);

/* How many of the flights were put. */
unsigned nic_n_put(const Nic *nic);

/* How many of the frames that were put, from the first on, QEMU took in time: the guest has them at
 * this boundary. On an exact card: those that it has been handed. */
unsigned nic_taken(const Nic *nic);

/* They are settled: forgets so many flights, from the first on. `given`: the guest was handed them,
 * and its ring has to show that; one that does not is told of. */
void nic_forget(Nic *nic, unsigned count, bool given);

/* How many were sent to QEMU and are not settled: before a boundary they wait for it, behind it
 * they have missed it. */
unsigned nic_sent(const Nic *nic);

/* Whether QEMU holds frames that the guest is to get later. */
bool nic_holds(const Nic *nic);

/* What was put and not sent waits again: a nearer boundary is to come. */
void nic_take_back(Nic *nic);

/* The node is off: all that was put waits again. */
void nic_clear(Nic *nic);

/* --- in the worker --- */

/* Reads what the guest has sent so far, without waiting. */
void nic_read(Nic *nic);

/* Whether nic_arm() with the same can make the timer fire at all boundaries, not only at the first:
 * one that holds frames for it can't be made anew. */
bool nic_keeps_up(const Nic *nic, int64_t first_us, int64_t quantum_us);

/* Whether nic_arm() with the same makes no timer for the boundary. */
bool nic_stays(const Nic *nic, int64_t first_us, int64_t quantum_us);

/* Before the gate is armed: aims the timer at the next barrier, or does what nic_aim() does.
 * first_us, quantum_us: that barrier in the node's own µs, and the distance of those behind. */
bool nic_arm(Nic *nic, int64_t first_us, int64_t quantum_us, GError **error);

/* Behind nic_arm(), where the node is to stop before that barrier: frames that are put there have the
 * room that the card has here. */
bool nic_look_ahead(Nic *nic, GError **error);

/* A boundary was reached at this time (node's own µs). */
void nic_reached(Nic *nic, int64_t stamp_us);

/* Sends what was put to QEMU, before the node goes on. Without its timer, which is made by
 * nic_arm(), only to a node at rest: what QEMU hands on then is there when it goes on. */
bool nic_send(Nic *nic, bool at_rest, GError **error);

/* On a node at rest: waits until QEMU has taken it. */
bool nic_wait_taken(Nic *nic, GError **error);

/* On a node at rest, whose clock is known; nothing to do unless the card is exact. What is due where
 * it stands the guest gets before it executes anything; the group that is due next is sent, to be
 * handed over at its time. */
bool nic_aim(Nic *nic, GError **error);

/* The time of the group that QEMU holds if another one follows: the node has to be stopped there.
 * INT64_MAX: it has not. */
int64_t nic_next_stop(Nic *nic);

/* Whether the node has to be stopped for it at its gate, at barriers that are quantum_us apart: a
 * group was put, or a timer that nobody needs fires more than twice a quantum. */
bool nic_wants_rest(Nic *nic, int64_t quantum_us);

bool nic_is_exact(const Nic *nic);

#endif
