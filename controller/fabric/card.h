/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * card.h: what happens to a card of this host at a boundary: what the guest has sent goes to the
 * network, what was put for this boundary is settled, and what is due by the next one is put. Where
 * that comes from and goes to is the port's to know (port.h).
 *
 * All functions: the node stands at the boundary. They are for ports with a card here (DIRECT,
 * AHEAD), in the thread that the port belongs to.
 */
#ifndef FABRIC_CARD_H
#define FABRIC_CARD_H

#include "controller/fabric/port.h"

/* Of a paused node that stands at `now`; the port's mode is the caller's to set. */
bool card_open(Port *port, VTime now, GError **error);

/* Takes what was sent by `now`, where all stand between two boundaries. */
void card_collect(Port *port, VTime now);

/* No frame waits inside QEMU. */
void card_set_exact(Port *port, bool exact);

/* Boundary `now` is reached: takes what was sent, settles what was put. */
void card_reach(Port *port, VTime now);

/* Puts what is due by the next boundary; by a time within the quantum only if the card is exact. */
void card_fill(Port *port, VTime now, VTime until, VTime quantum);

#endif
