/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.h: brings the reports of the session's nodes (qemu/life.h) from any thread to the main
 * thread, in their order, and watches nodes that stand (qemu/watch.h). A session that only checks
 * has no Events: every function but events_failed() takes NULL. Main thread.
 */
#ifndef SESSION_EVENTS_H
#define SESSION_EVENTS_H

#include "controller/session/session.h"

typedef struct Events Events;

Events *events_new(Session *session);
void events_free(Events *events);

/* Watches a node whose QEMU runs. */
void events_add(Events *events, Node *node);
/* Ends the watch of a node that is about to be freed. */
void events_remove(Events *events, Node *node);

/* A node has failed while it stood: the next command of a scenario ends with this failure. */
void events_failed(Events *events, const Node *node);

/* Hands the queued reports to Session.on_node, oldest first. While a guest's console has the
 * terminal, the reports stay queued. */
void events_flush(Events *events);

/* Before a command: checks the nodes that stand, then flushes the reports. */
void events_look(Events *events);

#endif
