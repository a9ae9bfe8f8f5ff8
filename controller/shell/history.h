/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.h: keeps the lines of earlier sessions in $XDG_STATE_HOME/metronome/history.
 *
 * Each line is appended when entered. So a killed session loses no line, and parallel sessions
 * share the file. A failed read or write is reported once, and the session continues.
 */
#ifndef SHELL_HISTORY_H
#define SHELL_HISTORY_H

#define HISTORY_LINES 10000

/* Reads the file into readline's history, and shortens a file with more than HISTORY_LINES
 * lines. */
void history_open(void);

/* Adds an entered line. A line equal to the last one is not added again. Blanks at the end are
 * removed. */
void history_enter(const char *line);

void history_close(void);

#endif
