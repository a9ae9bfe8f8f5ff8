/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repl.h: reads commands from the terminal (readline) or from a pipe, one line after the other.
 */
#ifndef SHELL_REPL_H
#define SHELL_REPL_H

#include "controller/session/session.h"

/* Runs until end of input, `quit`, SIGTERM, SIGHUP or the end of the terminal. An error ends the
 * commands of a pipe, as in a file, but not the commands of a terminal. */
void repl_run(Session *session);

#endif
