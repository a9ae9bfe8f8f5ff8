/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * users.h: what belongs to the user and not to the ensemble: breaks, points of gdbs, variables,
 * defaults. A way back leaves it as it is now. Main thread; the ensemble stands.
 */
#ifndef PAST_USERS_H
#define PAST_USERS_H

#include "controller/session/session.h"
#include "gdbstub-client/gdbstub.h"

typedef struct Users Users;

/* A copy of what there is; changes nothing. look: as breaks_add_watch(). */
Users *users_new(Session *session, void (*look)(Session *session, const char *command));
void users_free(Users *users);

/* Takes breaks and points out, so that they stop nothing; behind a restore those that the save had.
 * Does nothing the second time. */
bool users_put_aside(Session *session, GError **error);
/* Breaks and points stop again; breaks count what comes from here on. */
bool users_set_points(Users *users, Session *session, GError **error);
/* All of it is the session's again; the next run goes on behind a breakpoint at which a vCPU stands
 * (debug_note_hit()). hit, thread: the node at a hit, and its vCPU; NULL: not known. */
bool users_give_back(Users *users, Session *session, const Node *hit, const GdbThread *thread,
                     GError **error);

#endif
