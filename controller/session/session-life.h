/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session-life.h: how a session begins and ends, and its nodes in it. */
#ifndef SESSION_SESSION_LIFE_H
#define SESSION_SESSION_LIFE_H

#include "controller/session/session.h"

/* Takes over what options holds. Forks (rundir.h): before any thread exists. */
Session *session_new(SessionOptions options, GError **error);

/* Ends every QEMU and leaves nothing behind. */
void session_free(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

/* Stops the ensemble at the next barrier if it runs, and waits for that. */
void session_settle(Session *session);

/* Takes over the node. */
void session_add_node(Session *session, Node *node);
bool session_remove_node(Session *session, Node *node, GError **error);

/* Launches all nodes that are not yet; they stand at the ensemble's present time. */
bool session_start(Session *session, GError **error);

#endif
