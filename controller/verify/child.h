/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child.h: runs metronome in a process of its own, to its end. The standard output of the process
 * is discarded.
 */
#ifndef VERIFY_CHILD_H
#define VERIFY_CHILD_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *const *argv; /* NULL-terminated */
    void (*tick)(
        void *data); /* four times a second during the run; NULL: the run writes to our stderr */
    void (*clear)(void *data); /* with tick: called before the run's output to stderr is shown */
    void *data;
} ChildPlan;

/* From now on SIGINT, SIGTERM and SIGHUP end the current run in order; a second signal kills the
 * run. */
void child_watch_signals(void);

/* Reports whether such a signal has come. */
bool child_interrupted(void);

/* Runs to the end and returns the exit code. If a signal ended the process, returns the exit code
 * of a failed node. Returns -1 if the process could not be started. */
int child_run(const ChildPlan *plan, GError **error);

#endif
