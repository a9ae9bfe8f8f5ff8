/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress.h: one line on a terminal while the ensemble runs; nothing anywhere else. */
#ifndef SHELL_PROGRESS_H
#define SHELL_PROGRESS_H

#include "controller/session/session.h"

/* Shows how the session's run goes on, from the main loop, four times a second, until the end; no
 * timer runs in between. */
void progress_begin(Session *session);
void progress_end(void);

/* A line of another kind, unless stderr is no terminal. */
void progress_show(const char *text);

/* Takes the line away, before something else is printed. */
void progress_clear(void);

#endif
