/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock-watch.h: the clocks of each node and the rate of each clock against virtual time, for
 * `clocks NODE` and for `clocks watch`, which writes them to clocks.csv of the report at barriers.
 *
 * A watch asks the guest at one barrier and writes the answer at a later one, each value with the
 * virtual time of its reading, so that no run waits for the guest. Main thread.
 */
#ifndef RUN_CLOCK_WATCH_H
#define RUN_CLOCK_WATCH_H

#include "controller/run/clocks.h"
#include "controller/session/session.h"

/* A number for a request that no earlier request of the session had. */
unsigned clock_watch_next_id(Session *session);

/*
 * Clocks of the standing node that are known without asking its guest: the instruction count times
 * the virtual ns of one instruction (with icount), QEMU_CLOCK_VIRTUAL, the host's monotonic clock.
 * An array of ClockSample, in ns; free with g_array_unref().
 */
GArray *clock_watch_own(Node *node);

/* The rate of the clock since its sample of the last call. Remembers a copy of this sample for the
 * next call. False: there is no earlier sample to compare with. */
bool clock_watch_rate(Session *session, const Node *node, const ClockSample *sample, double *rate);

/* Sets the error that clock_watch_set() has without a report. */
void clock_watch_refuse(GError **error);

/* Begins a watch with a reading each `every` quanta; 0 ends the watch. False, with an error: there
 * is no report, or clocks.csv can't be written. */
bool clock_watch_set(Session *session, int64_t every, GError **error);

/* Ends a watch and frees all remembered samples; at the end of the session. */
void clock_watch_free(Session *session);

/* --- for run.c --- */

/* The next time at which a run must pause; RUN_FOR_EVER: none. */
VTime clock_watch_next_time(const Session *session);
/* Writes and asks for the clocks of each node, if a reading is due. The ensemble stands. */
void clock_watch_sample(Session *session);

#endif
