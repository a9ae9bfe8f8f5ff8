/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job.h: a run of metronome in a process of its own, on CPUs of its own, with a limit of host time.
 * It ends in order (SIGTERM), and is killed if it does not. Main thread.
 */
#ifndef TESTING_JOB_H
#define TESTING_JOB_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <sched.h>
#include <stdbool.h>

typedef struct Job Job;

typedef struct {
    char *const *argv;     /* NULL-terminated */
    const char *output;    /* file for all that it prints */
    const cpu_set_t *cpus; /* CPUs that it may use */
    HTime timeout;         /* 0: none */
} JobSpec;

/* code: exit code, or -N for signal N. timed_out: the limit was over. The job is freed behind the
 * call. */
typedef void (*JobDone)(int code, HTime took, bool timed_out, void *data);

/* Starts it. `done` is called once, from the main loop. NULL, with an error: `done` is never
 * called. */
Job *job_start(const JobSpec *spec, JobDone done, void *data, GError **error);

/* Ends it in order; the second time at once. */
void job_interrupt(Job *job);

/* How long it has run by now. */
HTime job_took(const Job *job);

#endif
