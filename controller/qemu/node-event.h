/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-event.h: reports events of nodes: a node left, failed, was reset, stands frozen. */
#ifndef QEMU_NODE_EVENT_H
#define QEMU_NODE_EVENT_H

#include "controller/qemu/node.h"

/* Reports an event of the node. Called in the thread that the node belongs to. */
void node_report_event(Node *node, NodeEventKind what, const char *why, const char *detail);

/* Receives all reports, in the thread that the node belongs to; NULL: nobody does. */
typedef void (*NodeEventFunc)(const Node *node, const NodeEvent *event, void *data);
void node_on_event(NodeEventFunc func, void *data);

/* Passes on an event that another host reported, in any thread. */
void node_relay_event(const Node *node, const NodeEvent *event);

/* Reports what QEMU's events say. */
void node_watch_events(Node *node);

#endif
