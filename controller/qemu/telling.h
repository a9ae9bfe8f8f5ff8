/* SPDX-License-Identifier: GPL-3.0-or-later */
/* telling.h: what nodes tell on their way: that they left, failed, were reset, stand frozen. */
#ifndef QEMU_TELLING_H
#define QEMU_TELLING_H

#include "controller/qemu/node.h"

/* Something of it is to be told. For whom the node belongs to. */
void node_tell(Node *node, NodeWhat what, const char *why, const char *detail);

/* Who is told, in the thread that the node belongs to; NULL: nobody. */
typedef void (*NodeTellFunc)(const Node *node, const NodeTelling *telling, void *data);
void node_on_tell(NodeTellFunc func, void *data);

/* What the node has told elsewhere, in any thread. */
void node_relay(const Node *node, const NodeTelling *telling);

/* Hears what QEMU's events say. */
void node_watch_events(Node *node);

#endif
