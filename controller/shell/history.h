/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.h: lines of earlier sessions, in $XDG_STATE_HOME/metronome/history.
 *
 * Each line is appended when it is entered, so a session that is killed loses none, and sessions
 * side by side share the file. What can't be read or written is told once; the session goes on.
 */
#ifndef SHELL_HISTORY_H
#define SHELL_HISTORY_H

#define HISTORY_LINES 10000

/* Reads the file into readline's history; one that has grown beyond HISTORY_LINES is shortened. */
void history_open(void);

/* A line was entered; one that equals the last is not kept twice, blanks at its end are not kept.
 */
void history_enter(const char *line);

void history_close(void);

#endif
