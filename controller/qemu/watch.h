/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.h: nodes that stand are watched, so that what their QEMUs tell, and their end, is noticed
 * at once and not by the next run. Main thread; the nodes of this host.
 */
#ifndef QEMU_WATCH_H
#define QEMU_WATCH_H

#include "controller/qemu/node.h"

typedef struct NodeWatch NodeWatch;

/* failed: called when a node has failed while it stood. */
NodeWatch *node_watch_new(void (*failed)(Node *node, void *data), void *data);
void node_watch_free(NodeWatch *watch);

/* Once its QEMU runs; and before the node is freed. */
void node_watch_add(NodeWatch *watch, Node *node);
void node_watch_remove(NodeWatch *watch, Node *node);

/* While workers have the nodes, nobody else looks at them. */
void node_watch_hold(NodeWatch *watch, bool hold);

/* Looks now, without the main loop; nothing happens while it is held. */
void node_watch_look(NodeWatch *watch);

#endif
