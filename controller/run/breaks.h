/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * breaks.h: one numbered list of breaks, which stop a run before its goal, and of watches, which
 * carry out commands during a run. run.c asks the list between the pieces of a run. Main thread.
 */
#ifndef RUN_BREAKS_H
#define RUN_BREAKS_H

#include "controller/run/manner.h"
#include "controller/session/session.h"
#include "gdbstub-client/gdbstub.h"

/* Each breaks_add_ function returns the number of the new break, or 0 with an error. None takes
 * over an argument. */

/* Stops at a time of the ensemble, in virtual ns. */
unsigned breaks_add_time(Session *session, VTime time, GError **error);
/* Stops at the barrier after the node's console has printed a line that matches. */
unsigned breaks_add_console(Session *session, Node *node, const char *regex, GError **error);
/* Stops where the node reaches a pc (type: GDB_POINT_HARDWARE; length is not used) or accesses
 * `length` bytes (type: the kind of access). */
unsigned breaks_add_point(Session *session, Node *node, GdbPoint type, uint64_t address,
                          unsigned length, GError **error);
/* Stops at the barrier at which the comparison becomes true (expr.h). */
unsigned breaks_add_when(Session *session, const char *expression, GError **error);
/* Stops at the barrier after the sending of a frame that matches. ends: one of these two cards sent
 * the frame (NULL: any card). filter: a packet filter (filter.h; NULL: every frame). */
unsigned breaks_add_packet(Session *session, const char *const *ends, const char *filter,
                           GError **error);
/* Calls look with the command once in every `every` of virtual time. The command must be one during
 * which no virtual time passes. */
unsigned breaks_add_watch(Session *session, const char *command, VTime every,
                          void (*look)(Session *session, const char *command), GError **error);

/* Stops at the barrier behind an event of the node's guest, one of breaks_events. Each barrier becomes
 * a stop, at which QEMU is asked. */
unsigned breaks_add_event(Session *session, Node *node, const char *event, GError **error);
extern const char *const breaks_events[];

/* Gives a new break its manner, which is copied. look: carries out one of its commands. False, with
 * an error: its condition is wrong, and the break is deleted. */
bool breaks_set_manner(Session *session, unsigned number, const Manner *manner,
                       void (*look)(Session *session, const char *command), GError **error);

/* Deletes one break; false, with an error: there is no break of this number. */
bool breaks_delete(Session *session, unsigned number, GError **error);
/* Deletes all breaks of a node that is about to be removed. */
void breaks_delete_node(Session *session, const Node *node);
/* A way back has ended at a hit of the break, as a run would have. */
void breaks_count(Session *session, unsigned number);
/* Whether there is one, or a point of a gdb. */
bool breaks_any(const Session *session);
/* Prints the list. */
void breaks_print(const Session *session);
/* Deletes all breaks, and gives out no number again. */
void breaks_clear(Session *session);
/* Deletes all breaks; at the end of the session. */
void breaks_free(Session *session);

/* The session begins at time 0 again: so do the breaks at times, and watches. */
void breaks_restart(Session *session);

/* The ensemble went back to now: breaks count what comes from here on. */
void breaks_rewind(Session *session);

/* --- for saves --- */

/* Writes the list and, in front of it, where nodes' names are from. breaks_load() replaces the list of
 * the session by the list that was written; the session's nodes and network must be those of that
 * time. look: of breaks_add_watch(). False: the
 * bytes are wrong, or QEMU refuses a point. */
void breaks_save(const Session *session, GByteArray *out);
bool breaks_load(Session *session, Reader *r, void (*look)(Session *session, const char *command),
                 GError **error);

/* --- for run.c --- */

/* Sets points and console watches that are not set yet: nodes may have been started since the last
 * run. Begins or ends the observation of barriers. */
bool breaks_prepare(Session *session, GError **error);
/* The next time at which a run must pause; RUN_FOR_EVER: none. */
VTime breaks_next_time(const Session *session);
/* Whether a condition uses a node's clock: the run must then stop at every barrier (RunGoal). */
bool breaks_need_clocks(const Session *session);
/* RunGoal.at_rest: evaluates the conditions that use a node's clock. True if one became true. */
bool breaks_at_rest(void *session);
/* Counts the breaks that were hit in the piece that ended so, and whose conditions hold; carries out
 * their commands. Returns the lowest number of these
 * breaks that do not go on and, in *why, the reasons of all of them; free *why with g_free(). 0:
 * there is none, and *why is unchanged. */
unsigned breaks_fired(Session *session, RunEnd end, char **why);
/* Behind breaks_fired() for RUN_BROKE: whether every point at which a node stands belongs to breaks
 * that let the run go on, and to no gdb. */
bool breaks_passed(const Session *session);
/* Behind both: deletes the breaks that stop once and have been hit. */
void breaks_forget_done(Session *session);
/* Carries out the watches that are due. */
void breaks_watch(Session *session);

#endif
