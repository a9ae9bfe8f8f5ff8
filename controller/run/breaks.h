/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * breaks.h: what stops a run before its goal, and the commands that are carried out on the way: one
 * numbered list. run.c asks it between the pieces of a run.
 */
#ifndef RUN_BREAKS_H
#define RUN_BREAKS_H

#include "controller/session/session.h"
#include "gdbstub-client/gdbstub.h"

/* Each returns the number of the new break, 0 with an error. Takes over nothing. */
unsigned breaks_add_time(Session *session, VTime time, GError **error);
unsigned breaks_add_console(Session *session, Node *node, const char *regex, GError **error);
/* type: GDB_POINT_HARDWARE for a pc, else what kind of access to `length` bytes. */
unsigned breaks_add_point(Session *session, Node *node, GdbPoint type, uint64_t address,
                          unsigned length, GError **error);
/* Stops at the barrier at which the comparison becomes true (expr.h). */
unsigned breaks_add_when(Session *session, const char *expression, GError **error);
/* Stops at the barrier behind the sending of a frame that matches: between two cards in either
 * direction (NULL: any), and a packet filter (filter.h; NULL: all). */
unsigned breaks_add_packet(Session *session, const char *const *ends, const char *filter,
                           GError **error);
/* Calls look with a command, one that lets no time pass, every so often. */
unsigned breaks_add_watch(Session *session, const char *command, VTime every,
                          void (*look)(Session *session, const char *command), GError **error);

bool breaks_delete(Session *session, unsigned number, GError **error);
void breaks_delete_node(Session *session, const Node *node);
void breaks_print(const Session *session);
void breaks_free(Session *session);

/* --- for run.c --- */

/* Sets what is not set yet: nodes may have been started since. */
bool breaks_prepare(Session *session, GError **error);
/* The next time at which a run must pause; RUN_FOR_EVER: none. */
VTime breaks_next_time(const Session *session);
/* Stops at barriers to read the clocks, for conditions on them; see RunGoal. */
bool breaks_need_clocks(const Session *session);
bool breaks_at_rest(void *session);
/* Counts what was hit in the piece that ended so; the lowest number of them (0: none) and why. */
unsigned breaks_fired(Session *session, RunEnd end, char **why);
/* Carries out the watches that are due. */
void breaks_watch(Session *session);

#endif
