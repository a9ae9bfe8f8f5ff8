/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ending.h: how a node ends: its guest has left, its QEMU is gone, or it is ended. */
#ifndef QEMU_ENDING_H
#define QEMU_ENDING_H

#include "controller/qemu/node.h"

/* Ends a launched QEMU, closes the connection of an attached one. NULL is allowed. */
void node_free(Node *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Node, node_free)

/* Ends a launched QEMU, and waits for that. */
void node_end_process(Node *node);

/* Stops the node for good with the reason, for which error (not taken over) is quoted together with
 * what QEMU wrote to stderr and how it ended. */
void node_fail(Node *node, const GError *error);

/*
 * QEMU is gone, or does not answer. If its guest made it exit (semihosting, isa-debug-exit), which
 * it can only if it ran, the node has left with an exit status, and this is true; else it failed as
 * by node_fail(). at: the virtual time that it had surely reached, in the ensemble's time.
 */
bool node_lose(Node *node, const GError *error, bool ran, VTime at);

/* If its events say that it has left, and it stands, it becomes so: its clock is read, and the
 * event is reported. Called in the thread that the node belongs to. */
bool node_check_end(Node *node);

/* QEMU has stopped it unasked, so query-status says why: as node_check_end(), or it has failed and
 * *error is why. */
bool node_ask_end(Node *node, GError **error);

#endif
