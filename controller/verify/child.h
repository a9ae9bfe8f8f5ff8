/* SPDX-License-Identifier: GPL-3.0-or-later */
/* child.h: a run of metronome in a process of its own, to its end. Its standard output goes nowhere. */
#ifndef VERIFY_CHILD_H
#define VERIFY_CHILD_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *const *argv; /* NULL-terminated */
    void (*tick)(
        void *data); /* four times a second while it runs; NULL: stderr is simply its own */
    void (*clear)(
        void *data); /* with tick: something that it writes to stderr is about to be shown */
    void *data;
} ChildPlan;

/* From now on SIGINT, SIGTERM and SIGHUP end the run that is under way, the second time at once. */
void child_watch_signals(void);

/* One has come. */
bool child_interrupted(void);

/* The exit code, that of a failed node if a signal has ended it; -1: it could not be started. */
int child_run(const ChildPlan *plan, GError **error);

#endif
