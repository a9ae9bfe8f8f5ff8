/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * card.h: what happens to a card of this host at a boundary. The frames that the guest has sent go
 * to the network, the frames that were put for this boundary are settled, and the frames that are
 * due by the next boundary are put. port.h decides where the frames come from and go to.
 *
 * In all functions the node stands at the boundary. The functions are for ports with a card here
 * (DIRECT, AHEAD), and are called in the thread that owns the port.
 */
#ifndef FABRIC_CARD_H
#define FABRIC_CARD_H

#include "controller/fabric/port.h"

/* Makes the card of a paused node that stands at `now`. The caller sets the port's mode. */
bool card_open(Port *port, VTime now, GError **error);

/* Closes the card of a node that stands at `now`, as its process is about to end: collects the sent
 * frames and settles the frames that the guest has got. port_close() follows. */
void card_close(Port *port, VTime now);

/* Collects the frames that the guest has sent by `now`, while all nodes stand between two
 * boundaries. */
void card_collect(Port *port, VTime now);

/* Sets whether the card delivers at due times. No frame may wait inside QEMU. */
void card_set_exact(Port *port, bool exact);

/* The node has reached boundary `now`: collects the sent frames and settles the frames that were
 * put. */
void card_reach(Port *port, VTime now);

/* Puts the frames that are due by `until`: the next boundary, or, on an exact card only, a time
 * within the quantum. */
void card_fill(Port *port, VTime now, VTime until, VTime quantum);

#endif
