/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spare.h: a QEMU that is started before its node needs it, and waits for a saved state, with all its
 * connections made. Whether a node goes on in it or in a new one makes no difference for the guest.
 *
 * A spare maps the RAM of its node, as any process does that goes on from a state whose RAM stays
 * where it is: a QEMU that waits for a state writes nothing to RAM (rom_reset(), QEMU's
 * hw/core/loader.c). So it takes no memory but its own, some 50 MB. Until it is used it has a lower
 * priority (sched_nice()). It ends with its node, and with this program however that ends.
 *
 * Main thread; nodes of the local host. A spare belongs to its node (node->spare).
 */
#ifndef QEMU_SPARE_H
#define QEMU_SPARE_H

#include "controller/qemu/machine.h"

/* Starts a spare for a node that can be saved, unless it has one that is of use. The work goes on in
 * a thread of the spare's own. A node that can't have one (UARTs of its own, attached, another host)
 * or for which it fails goes without. */
void spare_start(Node *node, const MachinePlace *place);

/* Whether the node has a spare that waits, or will. */
bool spare_waits(const Node *node);

/* The spare is about to be used: it gets the priority of any other QEMU. */
void spare_favor(const Node *node);

/* In place of machine_begin_restore(): makes the spare's process that of the node, whose own ends; waits
 * until it is ready. machine_begin_load() follows. False, with nothing changed: there is none that is
 * of use for this state. */
bool spare_take(Node *node, const MachineState *state, bool keep_ram);

/* Ends the spare, or what spare_take() has left of the node's former process. */
void spare_drop(Node *node);

#endif
