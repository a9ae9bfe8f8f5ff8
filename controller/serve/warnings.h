/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * warnings.h: what metronome warns of in its log, for the programs at the control socket. Any thread
 * may warn; the main loop hands the texts on, in their order. One at a time; main thread.
 */
#ifndef SERVE_WARNINGS_H
#define SERVE_WARNINGS_H

/* func gets each warning from now on, from the main loop or in warnings_flush(). */
void warnings_begin(void (*func)(const char *text));
void warnings_end(void);

/* Hands on what was warned of by now. */
void warnings_flush(void);

#endif
