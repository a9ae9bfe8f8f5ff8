/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nic.h: one network card of a node, as the virtual network sees it. The frames that the guest
 * sends are read with their virtual send times. The frames that the guest is to receive wait inside
 * QEMU until a boundary.
 *
 *   guest -> netdev mtr-netI -> filter-dump   mxI  a pcap record for us, stamped with virtual µs
 *   we (datagram) -> netdev mtr-netI -> filter-buffer mrI  until the boundary -> guest
 *
 * mrI's timer shares the boundaries of the gate's tick, but mrI stays when the tick is taken away.
 * Deleting a filter-buffer hands out the frames that it holds (net/filter-buffer.c), which would be
 * at the wrong time, and a stopped virtio-net takes no frame. mrI is older than the tick, so at a
 * boundary the guest has its frames before the gate closes.
 *
 * If the card's link delivers exactly (nic_set_exact()), each frame has a time of its own. Frames
 * of one time are a group. mrI is made anew for the group's time, holds the group until then, and
 * is not on the grid of boundaries. The node has to stand still for that: at the barrier before the
 * group's time, and at that time if another group follows before the next barrier.
 *
 * No more frames are sent than the guest's ring of buffers has room for (ring.h): frames that wait
 * inside QEMU in front of the card would be lost when the node is stopped. The other frames stay
 * unsent, as if the socket had no room.
 *
 * A UART (qemu/uart.h) is a card whose frames are single bytes. Its bytes go on from QEMU's network
 * layer through a socket to the UART's chardev, which QEMU's main loop reads as the UART has room.
 * As long as bytes of an earlier boundary wait in that socket, no further ones are sent. An idle
 * guest's clock would be warped before the main loop reads: so a brake, mbI, follows each group 1 µs
 * behind its time; at boundaries that is the gate's guard, mtk (engine/gate.h).
 *
 * A card belongs to the thread that owns its node. In the steady state neither reading nor sending
 * allocates.
 */
#ifndef FABRIC_NIC_H
#define FABRIC_NIC_H

#include "controller/fabric/flight.h"
#include "controller/qemu/node.h"

typedef struct Nic Nic;

/* The frames that are put on a card for one boundary. */
typedef struct {
    unsigned frames;
    size_t load; /* bytes that the frames take in the card's socket */
} NicFill;

/* Adds one frame of this size. False: the card has its fill, nothing is added. */
bool nic_fill(NicFill *fill, size_t size);

/* Makes the card with number `index` of a paused node and adds it to node->nics. flights:
 * Flight, all frames on their way to the card, the frames that were put first; shared with the
 * port. NULL and an error on failure. Free with nic_free(), which accepts NULL. */
Nic *nic_new(Node *node, unsigned index, GArray *flights, GError **error);
void nic_free(Nic *nic);

/* --- at a barrier, while all nodes stand --- */

/* A frame that the guest has sent; `data` is valid until the next call. */
typedef struct {
    VTime at; /* the node's own virtual time */
    const uint8_t *data;
    size_t size;
} NicSent;

/* Returns the next frame that was read, in order; all were sent up to `until` (the node's own
 * virtual time). False: there is no other frame, or the bytes are no capture, which is logged. */
bool nic_next_sent(Nic *nic, VTime until, NicSent *out);

/* Sets whether frames have times of their own. No frame may be put and not sent. */
void nic_set_exact(Nic *nic, bool exact);

/* Puts the first flight that is not put: for the next boundary, or, on an exact card, for the
 * time at_us (in the node's own µs, not before the last frame's time). False: the card has its
 * fill for one quantum, so the frame has to wait. */
bool nic_put(Nic *nic, int64_t at_us);

/* Number of the flights that were put. */
unsigned nic_n_put(const Nic *nic);

/* Number of the put frames, from the first on, that QEMU took in time: the guest has them at
 * this boundary. On an exact card: number of the frames that the guest was handed. */
unsigned nic_taken(const Nic *nic);

/* Forgets the first `count` flights, which are settled. given: the guest was handed them, and
 * its ring has to show that; a ring that does not is reported in the log. */
void nic_forget(Nic *nic, unsigned count, bool given);

/* Number of frames that were sent to QEMU and are not settled. Before a boundary they wait for
 * it; behind the boundary they have missed it. */
unsigned nic_sent(const Nic *nic);

/* Whether QEMU holds frames that the guest is to get later. */
bool nic_holds(const Nic *nic);

/* Frames that were put and not sent wait again, as a nearer boundary is to come. */
void nic_recall(Nic *nic);

/* The node is off: all frames that were put wait again. */
void nic_clear(Nic *nic);

/* --- in the worker --- */

/* Reads what the guest has sent so far, without waiting. */
void nic_read(Nic *nic);

/* Whether nic_arm() with the same arguments can make the timer fire at all boundaries, not only
 * at the first. A timer that holds frames for that boundary can't be made anew. */
bool nic_keeps_up(const Nic *nic, int64_t first_us, int64_t quantum_us);

/* Whether nic_arm() with the same arguments makes no timer for the boundary. */
bool nic_stays(const Nic *nic, int64_t first_us, int64_t quantum_us);

/* Aims the timer at the next barrier; on an exact card does the work of nic_aim(). Called before
 * the gate is armed. first_us: that barrier, in the node's own µs; quantum_us: distance of the
 * barriers behind it. */
bool nic_arm(Nic *nic, int64_t first_us, int64_t quantum_us, GError **error);

/* Called after nic_arm() if the node is to stop before that barrier. Frames that are put at that
 * stop get the room that the card has here. */
bool nic_look_ahead(Nic *nic, GError **error);

/* The node has reached a boundary at this time, in its own µs. */
void nic_reached(Nic *nic, int64_t stamp_us);

/* Sends the frames that were put to QEMU, before the node goes on. Without the timer of
 * nic_arm(), frames are sent only to a node at rest: QEMU hands them on, and the guest has them
 * when it goes on. */
bool nic_send(Nic *nic, bool at_rest, GError **error);

/* On a node at rest: waits until QEMU has taken the frames. */
bool nic_wait_taken(Nic *nic, GError **error);

/* On a node at rest whose clock is known: gives the guest the frames that are due where it
 * stands, before it executes anything, and sends the group that is due next, to be handed over
 * at its time. Does nothing unless the card is exact. */
bool nic_aim(Nic *nic, GError **error);

/* The time of the group that QEMU holds, if another group follows: the node has to be stopped at
 * that time, in its own µs. INT64_MAX: no stop is needed. */
int64_t nic_next_stop(Nic *nic);

/* Whether the node has to be stopped at its gate for this card: a group was put, or QEMU is to
 * be asked for the ring, or a timer that nobody needs fires more than twice a quantum.
 * quantum_us: distance of the barriers. */
bool nic_wants_rest(Nic *nic, int64_t quantum_us);

/* Whether the card is a UART: all frames are single bytes. */
bool nic_is_line(const Nic *nic);

/* Whether frames have times of their own. */
bool nic_is_exact(const Nic *nic);

#endif
