/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sampler.h: writes the state of every node at every barrier, or at every Nth barrier, to a file
 * for `metronome verify`, in the line format of verify/compare.h. Each sample stops the ensemble
 * and takes some ms of host time. At the end the sampler writes each node's console beside the
 * file. Main thread.
 */
#ifndef RUN_SAMPLER_H
#define RUN_SAMPLER_H

#include "controller/session/session.h"

/* Begins sampling. text: FILE[,nth=N][,fine=FROM:TO:EVERY][,registers][,devices]. nth: a sample at
 * every Nth barrier only. fine: from FROM to TO also a sample each EVERY, all in virtual ns. */
bool sampler_open(Session *session, const char *text, GError **error);

/* Ends sampling and writes the console of each present node to FILE-NODE. */
void sampler_close(Session *session);

/* Writes a note on something that makes runs differ; verify shows the note. Does nothing without a
 * sampler. */
void sampler_note(const Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* --- for run.c --- */

/* The next time at which a run must pause; RUN_FOR_EVER: none. */
VTime sampler_next_time(const Session *session);
/* Writes a sample of each node, unless one was written at this time. The ensemble stands. */
void sampler_write(Session *session);

#endif
