/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.h: how much a card takes in: the ring of buffers that the guest has given it.
 *
 * What a card has no room for waits in QEMU in front of it, and a stop of QEMU purges that
 * (net_vm_change_state_handler(), net/net.c), or hands it over earlier than a run without the stop
 * would. So no more is sent to QEMU than fits; the rest is held back outside. A guest only ever adds
 * buffers: what fits at a boundary fits until the next one.
 *
 * Of a virtio card QEMU says where the ring is, if it is; how full it is, is read out of the guest's
 * memory whenever the node stands, at its gate, too.
 * What is decided, and when QEMU is asked, follows from the boundaries of the run alone, not from
 * where else the node was stopped.
 *
 * A card without such a ring (e1000), or whose memory may not be read, is opaque: it takes all, as
 * far as this file knows.
 */
#ifndef FABRIC_RING_H
#define FABRIC_RING_H

#include "controller/qemu/node.h"

typedef struct Ring Ring;

/* Of card number `index`. */
Ring *ring_new(Node *node, unsigned index);
void ring_free(Ring *ring);

/* A boundary was reached, and the guest ran on the way there. */
void ring_reached(Ring *ring);

/* The node stands: reads how full the ring is. False if that was done since the last boundary; else
 * what was sent and is not in the ring yet has to be taken anew (ring_take()). */
bool ring_measure(Ring *ring);

/* What is left of the room that was measured. */
typedef struct {
    unsigned used;
} RingCursor;

RingCursor ring_cursor(const Ring *ring);

/* Whether a frame of this size fits behind those before it; moves the cursor past it then. */
bool ring_fits(const Ring *ring, RingCursor *cursor, size_t size);

/* The frame was sent. Whether the card will take it in for certain, not filter it out. */
bool ring_take(Ring *ring, const uint8_t *frame, size_t size);

/* One that the card takes in for certain was handed to it: if the ring does not show it at the next
 * boundary, that is not the card's ring any more. */
void ring_gave(Ring *ring);

/* Whether QEMU is to be asked where the ring is, if frames wait for room in it now that the node goes
 * on to this boundary (its own µs); it has to be at rest for that. */
bool ring_wants_look(const Ring *ring, int64_t boundary_us);

/* Frames wait, and the node is at rest: asks QEMU if that is wanted. */
bool ring_look(Ring *ring, int64_t boundary_us, GError **error);

/* At rest, where the node is to stop before that boundary, and frames may be put there: then QEMU
 * would have been asked here. */
bool ring_look_ahead(Ring *ring, int64_t boundary_us, GError **error);

#endif
