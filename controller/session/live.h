/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * live.h: shows the lines of consoles while the ensemble runs (`log console`): each line once it is
 * complete, behind the virtual time that a transcript has, and its node.
 *
 * Lines come in the order of the barriers by which they were complete, of one barrier in the order
 * of nodes and UARTs: the same in every run. Main thread; lines are taken from the threads that
 * drain consoles.
 */
#ifndef SESSION_LIVE_H
#define SESSION_LIVE_H

#include "controller/session/session.h"

/* Shows the lines of a console from now on, or no longer. node NULL: of all that there are and will
 * be. The ensemble stands. */
void live_show(Session *session, const Node *node, unsigned uart, bool on);

/* Gets each complete line of every console, shown or not, in the same order. port: of the node, "" for
 * UART 0; text: fit for a terminal. */
typedef void (*LiveTap)(const char *node, const char *port, const char *text, VTime at, void *data);
/* Sets the one tap; NULL: none. The ensemble stands. */
void live_tap(Session *session, LiveTap tap, void *data);

/* Call before the ensemble runs: nodes may be new. */
void live_begin(Session *session);
/* Shows the lines that are complete. at_rest: all nodes stand and their consoles are drained. */
void live_flush(Session *session, bool at_rest);

/* Free it behind the nodes. */
void live_free(Session *session);

#endif
