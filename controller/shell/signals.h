/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signals.h: SIGINT, SIGTERM and SIGHUP, in the main loop.
 *
 * Where that is made to wait they are not served, as anything may be half done there; who waits may
 * look for one and give up. One that comes when the last of its kind has been pending for more than
 * a second ends this process at once.
 */
#ifndef SHELL_SIGNALS_H
#define SHELL_SIGNALS_H

#include "controller/session/session.h"

#define EXIT_INTERRUPTED 130

/* Calls func for each of them from now on; instead of what was called before. NULL: nothing is, as
 * this process is about to end. */
void signals_watch(void (*func)(int number, void *data), void *data);

/* One has come that is not served yet. */
bool signals_pending(void);

/* Calls func as soon as one comes, in the signal's handler: from then on nobody waits long for what
 * does not answer. */
void signals_on_hurry(void (*func)(bool on));

/* Calls it with false: what came was for something that is over. */
void signals_calm(void);

/* Serves what is pending now; for whoever stands where the main loop could. */
void signals_serve(void);

/* Calls func, in the main loop, when this process goes on after it was suspended. */
void signals_on_resume(void (*func)(void));

/* Ends this process now, the terminal as it was: QEMU dies with it, the janitor tidies up. */
void signals_exit(void) G_GNUC_NORETURN;

/* Without a prompt: the first ends the run at the next barrier, in order; the second ends now. */
void signals_stop(Session *session);

#endif
