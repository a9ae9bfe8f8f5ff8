/* SPDX-License-Identifier: GPL-3.0-or-later */
/* restart.h: begins the session's run anew. Main thread; the ensemble stands. */
#ifndef SAVE_RESTART_H
#define SAVE_RESTART_H

#include "controller/session/session.h"

/* Starts all nodes anew, as they were added, at time 0. Nodes, links as they are set now, breaks,
 * variables, saves and captures stay; frames, figures and what consoles have printed do not. A node
 * that can't be started has failed. */
bool restart_all(Session *session, GError **error);

/* Whether all nodes can be started anew: not one that was attached. */
bool restart_can(const Session *session, GError **error);
/* The same for a session that only checks. */
void restart_foresee(Session *session);

#endif
