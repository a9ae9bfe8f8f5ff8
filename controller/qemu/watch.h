/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.h: watches nodes that stand, so that events and the end of a QEMU are noticed at once and
 * not by the next run. Main thread; nodes of the local host only.
 */
#ifndef QEMU_WATCH_H
#define QEMU_WATCH_H

#include "controller/qemu/node.h"

typedef struct NodeWatch NodeWatch;

/* failed: called when a node has failed while it stood. */
NodeWatch *node_watch_new(void (*failed)(Node *node, void *data), void *data);
void node_watch_free(NodeWatch *watch);

/* To be called once the node's QEMU runs, and before the node is freed. */
void node_watch_add(NodeWatch *watch, Node *node);
void node_watch_remove(NodeWatch *watch, Node *node);

/* hold: stops watching, since the nodes belong to the workers now. !hold: watches again. */
void node_watch_hold(NodeWatch *watch, bool hold);

/* Checks all nodes now, without the main loop; does nothing while the watch is held. */
void node_watch_look(NodeWatch *watch);

#endif
