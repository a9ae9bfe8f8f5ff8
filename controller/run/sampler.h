/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sampler.h: writes down what every node has come to at every barrier, or every so many, for
 * `metronome verify`: the lines of verify/compare.h. Each sample is a stop, some ms of host time.
 * Beside it, at the end, the consoles.
 */
#ifndef RUN_SAMPLER_H
#define RUN_SAMPLER_H

#include "controller/session/session.h"

/* text: FILE[,nth=N][,fine=FROM:TO:EVERY][,registers][,devices]; nth: every Nth barrier; times in ns:
 * in that span also every so often. */
bool sampler_open(Session *session, const char *text, GError **error);

/* Writes what each node that there is has printed to FILE-NODE. */
void sampler_close(Session *session);

/* A line that verify shows, of what makes runs differ; nothing without a sampler. */
void sampler_note(const Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* --- for run.c --- */

/* The next time at which a run must pause; RUN_FOR_EVER: none. */
VTime sampler_next_time(const Session *session);
/* The ensemble stands. */
void sampler_take(Session *session);

#endif
