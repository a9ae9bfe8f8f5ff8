/* SPDX-License-Identifier: GPL-3.0-or-later */
/* job.c: a subprocess with two timers: the limit, and the patience behind SIGTERM. */
#include "controller/testing/job.h"

#include "controller/base/subprocess.h"

#include <signal.h>

/* Longer than metronome takes to stop nodes which reach no barrier (session_interrupt()). */
#define PATIENCE_MS 10000

struct Job {
    Subprocess *process;
    JobDone done;
    void *data;
    HTime began;
    unsigned limit, patience; /* timers; 0: none */
    bool timed_out, interrupted;
};

static void clear_timer(unsigned *timer)
{
    if (*timer > 0)
        g_source_remove(*timer);
    *timer = 0;
}

static gboolean on_patience(gpointer data)
{
    Job *job = data;

    job->patience = 0;
    subprocess_signal(job->process, SIGKILL);
    return G_SOURCE_REMOVE;
}

void job_interrupt(Job *job)
{
    subprocess_signal(job->process, job->interrupted ? SIGKILL : SIGTERM);
    if (!job->interrupted)
        job->patience = g_timeout_add(PATIENCE_MS, on_patience, job);
    job->interrupted = true;
}

static gboolean on_limit(gpointer data)
{
    Job *job = data;

    job->limit = 0;
    if (!job->interrupted) {
        job->timed_out = true;
        job_interrupt(job);
    }
    return G_SOURCE_REMOVE;
}

static void on_done(int code, void *data)
{
    Job *job = data;

    clear_timer(&job->limit);
    clear_timer(&job->patience);
    job->done(code, job_took(job), job->timed_out, job->data);
    g_free(job);
}

HTime job_took(const Job *job)
{
    return htime_sub(htime_now(), job->began);
}

Job *job_start(const JobSpec *spec, JobDone done, void *data, GError **error)
{
    const SubprocessSpec process = {
        .argv = spec->argv, .output = spec->output, .apart = true, .cpus = spec->cpus};
    int64_t ms = (spec->timeout.ns + NS_PER_MS - 1) / NS_PER_MS;
    Job *job = g_new0(Job, 1);

    *job = (Job){.done = done, .data = data, .began = htime_now()};
    job->process = subprocess_start(&process, on_done, job, error);
    if (!job->process) {
        g_free(job);
        return NULL;
    }
    if (ms > 0)
        job->limit = g_timeout_add((unsigned)MIN(ms, G_MAXUINT), on_limit, job);
    return job;
}
