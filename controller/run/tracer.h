/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tracer.h: writes the runs of a session as a timeline for trace viewers (report/timeline.h): what
 * each node's vCPUs did, packets, console lines, breaks, readings of clocks.
 *
 * The tracer works only where the ensemble stands, in the main thread: at the end of each piece of
 * a run, and at every Nth barrier, where it makes the run pause. So the barrier path does nothing
 * for it, and without a tracer nothing is done at all. What it writes depends on virtual time alone:
 * two equal runs give equal files. Main thread.
 */
#ifndef RUN_TRACER_H
#define RUN_TRACER_H

#include "controller/run/clocks.h"
#include "controller/session/session.h"

typedef struct {
    const char *path;
    int64_t every; /* barriers from one look at the nodes to the next */
    bool barriers; /* each barrier is an event, too */
} TracerOptions;

/* Begins a timeline. Refused if one is being written, and if the file can't be. A session that only
 * checks opens no file. */
bool tracer_begin(Session *session, const TracerOptions *options, GError **error);

/* Ends the timeline and closes its file. *events and *path, which is to be freed with g_free(), tell
 * what it was. False: there was none. */
bool tracer_end(Session *session, uint64_t *events, char **path);

/* The file that is written; NULL: none. */
const char *tracer_path(const Session *session);

/* Ends the timeline, if there is one. */
void tracer_free(Session *session);

/* A session that only checks knows of the timeline of one that runs. */
void tracer_mirror(const Session *from, Session *to);

/* --- for run.c --- */

/* The next time at which a run must pause; RUN_FOR_EVER: none. */
VTime tracer_next_time(const Session *session);
/* A piece of a run is about to begin: nodes and the quantum may be new. */
void tracer_begin_piece(Session *session);
/* Writes what happened since the last call. The ensemble stands. */
void tracer_sample(Session *session);
/* A run has ended that began at `from`. how, number, why: as in RunOutcome. */
void tracer_run(Session *session, VTime from, const char *how, unsigned number, const char *why);

/* --- for others --- */

/* A clock of a guest was read. */
void tracer_clock(Session *session, const Node *node, const ClockSample *sample);
/* The ensemble was put back, `how` in a word. What comes from now on has rows of its own. */
void tracer_anew(Session *session, const char *how);

#endif
