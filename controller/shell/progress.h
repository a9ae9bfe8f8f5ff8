/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.h: shows one line on a terminal while the ensemble runs; shows nothing elsewhere.
 */
#ifndef SHELL_PROGRESS_H
#define SHELL_PROGRESS_H

#include "controller/session/session.h"

/* Shows the progress of the session's run from the main loop, four times a second, until
 * progress_end(). Outside of that time no timer runs. */
void progress_begin(Session *session);
void progress_end(void);

/* Shows another line, if stderr is a terminal. */
void progress_show(const char *text);

/* Removes the line before other output. */
void progress_clear(void);

#endif
