/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tty.h: sets modes of the terminal at standard input, and reports abilities of the output's
 * terminal.
 */
#ifndef BASE_TTY_H
#define BASE_TTY_H

#include <stdbool.h>

/* Reports whether standard input and standard output are both a terminal. */
bool tty_is_there(void);

/* Returns the width of the terminal at standard output in columns; 0 without a terminal. */
unsigned tty_columns(void);

/* Reports whether to use colours: fd is a terminal that is not dumb, and NO_COLOR is not set. */
bool tty_has_colour(int fd);

/* Stores the modes that tty_restore() restores. Only the first call has an effect. */
void tty_remember(void);

/* Delivers every key when pressed, Ctrl-C too, and echoes nothing. The output modes stay, so that
 * our newline still begins a line. Returns false with errno set. */
bool tty_raw(void);

/* Does nothing without stored modes. Async-signal-safe. */
void tty_restore(void);

/* Asks the user and waits for a line; hidden: does not show the line. The caller frees the line
 * with g_free(). Returns NULL if the user gives no line (Ctrl-C, Ctrl-D) or if there is no
 * terminal. */
char *tty_ask(const char *question, bool hidden);

#endif
