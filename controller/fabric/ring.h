/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.h: how much a card takes in: reads the ring of buffers that the guest has given to the card.
 *
 * A frame that a card has no room for waits inside QEMU in front of the card. A stop of QEMU purges
 * such frames (net_vm_change_state_handler(), net/net.c), or hands them over earlier than a run
 * without the stop would. So no more frames are sent to QEMU than fit; the others are kept outside.
 * A guest only ever adds buffers: a frame that fits at a boundary fits until the next one.
 *
 * For a virtio card QEMU reports where the ring is, if there is one. The number of free buffers is
 * read from the guest's memory whenever the node stands, at its gate, too. All decisions, and the
 * times at which QEMU is asked, follow from the boundaries of the run alone, not from other stops
 * of the node.
 *
 * A card without such a ring (e1000), or whose memory may not be read, is opaque: it counts as one
 * that takes every frame.
 */
#ifndef FABRIC_RING_H
#define FABRIC_RING_H

#include "controller/qemu/node.h"

typedef struct Ring Ring;

/* For card number `index` of the node. Free with ring_free(), which accepts NULL. */
Ring *ring_new(Node *node, unsigned index);
void ring_free(Ring *ring);

/* The node has reached a boundary, and its guest ran on the way there. */
void ring_reached(Ring *ring);

/* Reads how full the ring is; the node stands. False if no ring is known, or if this was done
 * since the last boundary. After true, call ring_accept() anew for the frames that were sent and
 * are not in the ring yet. */
bool ring_measure(Ring *ring);

/* How much of the measured room is used. */
typedef struct {
    unsigned used;
} RingCursor;

RingCursor ring_cursor(const Ring *ring);

/* Whether a frame of this size fits behind the frames before it. If so, moves the cursor past
 * it. */
bool ring_fits(const Ring *ring, RingCursor *cursor, size_t size);

/* The frame was sent: uses its room. Returns the number of buffers, and whether the card will
 * certainly take the frame in and not filter it out. */
unsigned ring_accept(Ring *ring, const uint8_t *frame, size_t size, bool *certain);

/* A frame of so many buffers is handed to the card at this boundary: the ring shows the frame now,
 * or only when the node has gone on, and until then the frame counts as if it were there. If the
 * ring does not show a certain frame at the next boundary, it is not the card's ring any more. */
void ring_gave(Ring *ring, unsigned buffers, bool certain);

/* Whether QEMU is to be asked where the ring is, if frames wait for room while the node goes on
 * to this boundary (in the node's own µs). The node must be at rest for the question. */
bool ring_wants_look(const Ring *ring, int64_t boundary_us);

/* Frames wait, and the node is at rest: asks QEMU if ring_wants_look(). */
bool ring_look(Ring *ring, int64_t boundary_us, GError **error);

/* The node is at rest and will stop before that boundary, and frames may be put there. Asks QEMU
 * here, as a run without that stop would, and keeps the answer for ring_look(). */
bool ring_look_ahead(Ring *ring, int64_t boundary_us, GError **error);

#endif
