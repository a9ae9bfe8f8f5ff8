/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress.h: one line on a terminal while the ensemble runs; nothing anywhere else. */
#ifndef SHELL_PROGRESS_H
#define SHELL_PROGRESS_H

#include "controller/session.h"

/* Watches the session from the main loop, four times a second. */
void progress_start(Session *session);

/* Takes the line away, before something else is printed. */
void progress_clear(void);

#endif
