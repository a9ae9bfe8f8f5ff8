/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals.h: SIGINT, SIGTERM and SIGHUP, in the main loop. */
#ifndef SHELL_SIGNALS_H
#define SHELL_SIGNALS_H

#include "controller/session.h"

#define EXIT_INTERRUPTED 130

/* Calls func for each of them from now on; instead of what was called before. */
void signals_watch(void (*func)(int number, void *data), void *data);

/* Calls func, in the main loop, when this process goes on after it was suspended. */
void signals_on_resume(void (*func)(void));

/* Ends this process now, the terminal as it was: QEMU dies with it, the janitor tidies up. */
void signals_exit(void) G_GNUC_NORETURN;

/* Without a prompt: the first ends the run at the next barrier, in order; the second ends now. */
void signals_stop(Session *session);

#endif
