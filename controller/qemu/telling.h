/* SPDX-License-Identifier: GPL-3.0-or-later */
/* telling.h: reports of nodes: a node left, failed, was reset, or is frozen. */
#ifndef QEMU_TELLING_H
#define QEMU_TELLING_H

#include "controller/qemu/node.h"

/* Reports an event of the node. why: QEMU's reason or action, or NULL. detail: text for a frozen,
 * moving or failed node, else NULL. For the thread that owns the node. */
void node_tell(Node *node, NodeWhat what, const char *why, const char *detail);

/* Sets the one receiver of reports, called in the thread that owns the node; NULL: none. */
typedef void (*NodeTellFunc)(const Node *node, const NodeTelling *telling, void *data);
void node_on_tell(NodeTellFunc func, void *data);

/* Passes on a report that a remote host made of its node, in any thread. */
void node_relay(const Node *node, const NodeTelling *telling);

/* Registers for QEMU's events; each one updates node->life and may lead to a report. */
void node_watch_events(Node *node);

#endif
