/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen.h: the terminal of the prompt. What is printed while a line is being typed takes the line
 * away first and puts it back, half-typed as it was.
 *
 * Main thread only, but for screen_log(): readline knows no threads.
 */
#ifndef SHELL_SCREEN_H
#define SHELL_SCREEN_H

#include <stdbool.h>

void screen_open(void);

/* Shows what was logged last; the prompt is gone then. */
void screen_close(void);

/* Shows the prompt and hands each line to on_line, which takes it over; NULL: end of input. */
void screen_prompt(const char *text, void (*on_line)(char *line));

/* Another text for the prompt that is shown; what is typed stays. */
void screen_change_prompt(const char *text);

/* Takes the prompt away, and the terminal back to how others expect it. */
void screen_unprompt(void);

/* Takes the terminal once more and shows prompt and line anew: others have used it meanwhile. */
void screen_resume(void);

/* Forgets what was typed; the prompt is gone. */
void screen_abandon_line(void);

/* Session.on_output: text on standard output. */
void screen_output(const char *text, void *data);

/* LogWriter, for any thread: lines are shown by the main thread, in their order. */
void screen_log(const char *line);

#endif
