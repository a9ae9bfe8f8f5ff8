/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe.h: runs commands from a standard input that is not a terminal, each command as soon as its
 * line has arrived.
 */
#ifndef SHELL_PIPE_H
#define SHELL_PIPE_H

#include "controller/session/session.h"

/* Runs until end of input, `quit` or the first error. */
void pipe_run(Session *session);

#endif
