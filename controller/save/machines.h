/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machines.h: saves the machines of all nodes at one time, and moves all nodes into processes that
 * go on from saved machines. Main thread; the ensemble stands. */
#ifndef SAVE_MACHINES_H
#define SAVE_MACHINES_H

#include "controller/qemu/machine.h"
#include "controller/remote/client/client.h"
#include "controller/session/session.h"

/* A saved machine that lies on another host. */
typedef struct {
    AgentClient *keeper; /* NULL: it lies here */
    unsigned number;     /* there */
} FarMachine;

/* Writes the state of every node that takes part into states[], or for nodes of other hosts into
 * far[]: one for each node of the session. No node can go on in its process afterwards. On failure
 * nodes that can go on do, from their states, unless there are nodes on other hosts: then all nodes
 * have failed. */
bool machines_save(Session *session, MachineState *states, FarMachine *far, GError **error);

/* All nodes have failed, for this reason. */
void machines_lose(const Session *session, const GError *why);

/* Closes all connections to the node's process, which is about to end, but for the debugger's. */
void machine_disconnect(const Session *session, Node *node);

/* Starts a process for every node that has a state, and loads the states. A state in far[] lies on
 * the node's host. The process of a node without a state ends; with keep_ram (see
 * machine_begin_restore()) it stays. A node that fails has failed for good. */
bool machines_restore(Session *session, MachineState *states, const FarMachine *far, bool keep_ram,
                      GError **error);

/* Behind that, when all of the session is in its state: the agents of other hosts hear of it. */
bool machines_tell_hosts(const Session *session, GError **error);

#endif
