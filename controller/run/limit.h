/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limit.h: a limit on the virtual time that passes in all runs of a session together
 * (SessionOptions.limit). A run that would go on behind the limit fails there. Main thread; the
 * ensemble stands.
 */
#ifndef RUN_LIMIT_H
#define RUN_LIMIT_H

#include "controller/session/session.h"

/* How the message of such a failure begins. */
#define LIMIT_MESSAGE "the virtual time limit of "

/* The ensemble's time at which a run that began at `from` has to end; RUN_FOR_EVER: no limit. */
VTime limit_end(const Session *session, VTime from);

/* Returns whether a run that began at `from` may go on. If not, notes the outcome `failed` and sets
 * a SESSION_ERROR. */
bool limit_allows(Session *session, VTime from, GError **error);

#endif
