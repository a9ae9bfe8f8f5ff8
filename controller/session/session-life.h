/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session-life.h: begins and ends a session, adds, starts and removes its nodes. Main thread. */
#ifndef SESSION_SESSION_LIFE_H
#define SESSION_SESSION_LIFE_H

#include "controller/session/session.h"

/* Takes over the strings in options. Forks (rundir.h): call it before any thread exists. Free with
 * session_free(). NULL with an error: there is no run directory. */
Session *session_new(SessionOptions options, GError **error);

/* Ends every QEMU that was launched, detaches from every QEMU that was attached, frees everything
 * and removes the run directory. NULL is allowed. */
void session_free(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

/* Stops the ensemble at the next barrier if the ensemble runs, waits until the ensemble stands, and
 * notes the failure of a node that no command has reported. Iterates the main context. */
void session_settle(Session *session);

/* Takes over the node. */
void session_add_node(Session *session, Node *node);
/* Ends or detaches the node's QEMU and frees the node, also when false is returned. */
bool session_remove_node(Session *session, Node *node, GError **error);

/* Launches all nodes that are not launched yet; each stands at the ensemble's present time. After
 * an error, the nodes launched so far stay launched. */
bool session_start(Session *session, GError **error);

#endif
