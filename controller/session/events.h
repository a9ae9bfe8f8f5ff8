/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.h: what the session's nodes tell (qemu/life.h), from whatever thread, is brought to the
 * main thread; and nodes that stand are watched (qemu/watch.h).
 * Of a session that only checks there are none: NULL is allowed.
 */
#ifndef SESSION_EVENTS_H
#define SESSION_EVENTS_H

#include "controller/session/session.h"

typedef struct Events Events;

Events *events_new(Session *session);
void events_free(Events *events);

/* A node whose QEMU runs; one that is about to be freed. */
void events_add(Events *events, Node *node);
void events_remove(Events *events, Node *node);

/* A node has failed while it stood: the next command of a scenario ends with that. */
void events_failed(Events *events, const Node *node);

/* Hands out to Session.on_node what was told, in its order. */
void events_flush(Events *events);

/* Before a command: what happened while nobody looked is noticed and handed out. */
void events_look(Events *events);

#endif
