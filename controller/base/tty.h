/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tty.h: modes of the terminal at standard input, and what the one that output goes to can do.
 */
#ifndef BASE_TTY_H
#define BASE_TTY_H

#include <stdbool.h>

/* Standard input and output are a terminal each. */
bool tty_is_there(void);

/* Width of the terminal that standard output is; 0: it is none. */
unsigned tty_columns(void);

/* Colours are wanted there: a terminal that is not dumb, and no NO_COLOR. */
bool tty_has_colour(int fd);

/* Notes the modes that tty_restore() puts back; only the first call counts. */
void tty_remember(void);

/* Every key as it is pressed, Ctrl-C too, and nothing echoed. Output is left as it is, so that a
 * newline of ours still begins a line. False with errno set. */
bool tty_raw(void);

/* Does nothing where nothing is remembered. Async-signal-safe. */
void tty_restore(void);

/* Asks, and waits for a line; hidden: it is not shown. Free with g_free(); NULL if the user gives
 * none (Ctrl-C, Ctrl-D) or there is no terminal. */
char *tty_ask(const char *question, bool hidden);

#endif
