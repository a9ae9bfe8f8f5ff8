/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock-watch.h: the clocks of each node, and how each runs against virtual time: `clocks NODE`,
 * and `clocks watch`, which writes them to clocks.csv of the report at barriers.
 *
 * A watch asks the guest at one barrier and writes what it has answered by the next, each value
 * with the virtual time at which it was read, so that the guest is not waited for.
 */
#ifndef RUN_CLOCK_WATCH_H
#define RUN_CLOCK_WATCH_H

#include "controller/run/clocks.h"
#include "controller/session/session.h"

/* A number that no request had before. */
unsigned clock_watch_next_id(Session *session);

/*
 * What is known of the standing node without asking it: its instruction count as the virtual time
 * that it stands for (with icount), QEMU_CLOCK_VIRTUAL, the host's monotonic clock. In ns, free
 * with g_array_unref().
 */
GArray *clock_watch_own(Node *node);

/* The rate since the sample that was remembered last, which this one replaces; false: there was
 * none to compare with. */
bool clock_watch_rate(Session *session, const Node *node, const ClockSample *sample, double *rate);

/* There is no report to write to. */
void clock_watch_refuse(GError **error);

/* Begins a watch, every so many quanta; `every` 0 ends it. */
bool clock_watch_set(Session *session, int64_t every, GError **error);

/* Ends a watch and forgets what was remembered. */
void clock_watch_free(Session *session);

/* --- for run.c --- */

/* The next time at which a run must pause; RUN_FOR_EVER: none. */
VTime clock_watch_next_time(const Session *session);
/* The ensemble stands. */
void clock_watch_take(Session *session);

#endif
