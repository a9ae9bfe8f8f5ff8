/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen.h: the terminal of the prompt. Output while the user types first removes the typed line,
 * then restores the line, half typed as before.
 *
 * Main thread only, except screen_log(): readline is not thread-safe.
 */
#ifndef SHELL_SCREEN_H
#define SHELL_SCREEN_H

#include <stdbool.h>

/* Sets up readline. The calling thread counts as the main thread. */
void screen_open(void);

/* Removes the prompt and shows the log lines that still wait. */
void screen_close(void);

/* Shows the prompt and passes each line to on_line. on_line takes the line over; NULL means end of
 * input. */
void screen_prompt(const char *text, void (*on_line)(char *line));

/* Changes the text of the visible prompt. The typed text stays. */
void screen_change_prompt(const char *text);

/* Removes the prompt and resets the terminal for other programs. */
void screen_unprompt(void);

/* Sets the terminal up again and redraws prompt and line, after other programs used the
 * terminal. */
void screen_resume(void);

/* Drops the typed text and removes the prompt. */
void screen_abandon_line(void);

/* For Session.on_output: prints text on standard output. */
void screen_output(const char *text, void *data);

/* A LogWriter for any thread: the main thread shows the lines in their order. */
void screen_log(const char *line);

#endif
