/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print-node-event.h: shows an event of a node. */
#ifndef COMMAND_PRINT_NODE_EVENT_H
#define COMMAND_PRINT_NODE_EVENT_H

#include "controller/session/session.h"

/* Session.on_node. */
void print_node_event(Session *session, const char *name, const NodeEvent *event);

#endif
