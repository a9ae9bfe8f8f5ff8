/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repl.h: commands from the terminal (readline) or from a pipe, one line after the other. */
#ifndef SHELL_REPL_H
#define SHELL_REPL_H

#include "controller/session/session.h"

/* Runs until end of input, `quit`, SIGTERM, SIGHUP or the end of the terminal. On a
 * terminal an error does not end it; from a pipe it does, as in a file. */
void repl_run(Session *session);

#endif
