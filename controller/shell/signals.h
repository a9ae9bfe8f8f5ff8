/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signals.h: handles SIGINT, SIGTERM and SIGHUP in the main loop.
 *
 * While the main loop is blocked, signals are not handled, because work may be half done there.
 * Code that blocks may check for a pending signal and give up. A signal that comes when the last
 * one of the same kind has been pending for more than a second ends this process at once.
 */
#ifndef SHELL_SIGNALS_H
#define SHELL_SIGNALS_H

#include "controller/session/session.h"

#define EXIT_INTERRUPTED 130

/* Calls func for each of the signals from now on, instead of the function before. NULL: signals
 * have no effect, because this process is about to end. */
void signals_watch(void (*func)(int number, void *data), void *data);

/* Reports whether a signal is pending. */
bool signals_pending(void);

/* Calls func(true) as soon as a signal comes, in the signal's handler. func limits waits for peers
 * that do not answer. */
void signals_on_hurry(void (*func)(bool on));

/* Calls the function of signals_on_hurry() with false: the work that the signal was sent for is
 * over. */
void signals_calm(void);

/* Handles the pending signals now. For code that the main loop could be running. */
void signals_serve(void);

/* Calls func, in the main loop, when this process continues after a suspension. */
void signals_on_resume(void (*func)(void));

/* Ends this process now and restores the terminal. QEMU dies with this process, and the janitor
 * cleans up. */
void signals_exit(void) G_GNUC_NORETURN;

/* Handles a signal without a prompt: the first signal ends the run in order at the next barrier,
 * the second signal ends the process now. */
void signals_stop(Session *session);

#endif
