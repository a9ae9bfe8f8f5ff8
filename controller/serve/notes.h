/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notes.h: tells the programs at the control socket what happens: runs and their progress, barriers,
 * breaks, nodes, consoles, warnings, output that belongs to no request. Workers hand lines and
 * barriers over through a feed (feed.h), so no JSON is made at a barrier. One at a time; main
 * thread.
 */
#ifndef SERVE_NOTES_H
#define SERVE_NOTES_H

#include "controller/serve/clients.h"
#include "controller/session/session.h"

/* Begins to observe the session, whose output goes to the programs from now on. */
void notes_begin(Session *session, Clients *clients);
/* Ends it. The ensemble stands. */
void notes_end(void);

/* Call it when the subscriptions have changed. */
void notes_follow(void);

/* Queues all that has happened by now. Whoever is answered after that has been told before. */
void notes_flush(void);

/* Session.on_output outside of requests. */
void notes_output(const char *text, void *data);

#endif
