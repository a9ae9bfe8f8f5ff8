/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ending.h: how a node ends: its guest leaves, its QEMU dies, or metronome ends it. */
#ifndef QEMU_ENDING_H
#define QEMU_ENDING_H

#include "controller/qemu/node.h"

/* Ends a launched QEMU or closes the connection of an attached one, then frees the node. NULL is
 * allowed. */
void node_free(Node *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Node, node_free)

/* Begins what node_end_process() does, so that several end at the same time: kills its process, or
 * asks it to end, and does not wait. */
void node_begin_end(Node *node);

/* Kills a launched QEMU with its process group, and waits up to 10 s for its end. One with
 * persist=on is asked to end, and killed only behind SWEEP_PERSIST_MS (sweep.h). */
void node_end_process(Node *node);

/* Does the same and closes all that belonged to the process. The node stays, with its options,
 * console and clock. */
void node_drop_process(Node *node);

/* A node without a process is as it was added: it has not failed, and nothing has happened to it. */
void node_begin_again(Node *node);

/* Puts the node into NODE_FAILED for good. Node.failure then quotes the error (not taken over),
 * QEMU's stderr and how QEMU ended. Nothing is done to a node that has failed already. */
void node_fail(Node *node, const GError *error);

/*
 * For a QEMU that is gone or does not answer. If the guest made QEMU exit (semihosting,
 * isa-debug-exit), the node has left with an exit status, and node_lose() returns true. Otherwise
 * the node fails as by node_fail(). ran: the guest ran, so it could make QEMU exit. at: the virtual
 * time that the node surely reached, in the ensemble's time.
 */
bool node_lose(Node *node, const GError *error, bool ran, VTime at);

/* If its events say that it has left, and it stands, it becomes so: its clock is read, a QEMU that
 * may know an exit status is ended, and the event is reported. Called in the thread that the node
 * belongs to. */
bool node_check_end(Node *node);

/* Sets what takes away a node's gate (engine/gate.h) before its QEMU is asked to end: QEMU hands
 * over what waits in its filters then, and would block in the gate's pipe. In any thread. */
void node_on_exit(void (*release)(Node *node));

/* QEMU has stopped it unasked, so query-status says why: as node_check_end(), or it has failed and
 * *error is why. */
bool node_ask_end(Node *node, GError **error);

#endif
