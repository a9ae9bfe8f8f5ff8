/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machines.h: saves the machines of all nodes at one time, and moves all nodes into processes that
 * go on from saved machines. Main thread; the ensemble stands. */
#ifndef SAVE_MACHINES_H
#define SAVE_MACHINES_H

#include "controller/qemu/machine.h"
#include "controller/session/session.h"

/* Writes the state of every node that takes part into states[], one for each node of the session.
 * No node can go on in its process afterwards. */
bool machines_save(Session *session, MachineState *states, GError **error);

/* Closes all connections to the node's process, which is about to end, but for the debugger's. */
void machine_disconnect(const Session *session, Node *node);

/* Starts a process for every node that has a state, and loads the states. The process of a node
 * without a state ends; with keep_ram (see machine_begin_restore()) it stays. A node that fails has
 * failed for good. */
bool machines_restore(Session *session, MachineState *states, bool keep_ram, GError **error);

#endif
