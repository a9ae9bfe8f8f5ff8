/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host-job.h: a segment or a step that several members work on: the workers of a host, or hosts.
 * The member that finishes last wakes the main context through an eventfd.
 */
#ifndef ENGINE_HOST_JOB_H
#define ENGINE_HOST_JOB_H

#include "controller/engine/segment.h"

/* Called in the main context when the work is over; all nodes belong to the main thread again. */
typedef void (*HostDoneFunc)(void *data);

typedef struct {
    int done_fd;
    unsigned source;
    atomic_uint busy; /* members that still work */
    Segment *segment;
    HostDoneFunc done; /* NULL: there is no work */
    void *data;
} HostJob;

void host_job_init(HostJob *job);
void host_job_clear(HostJob *job);

/* Begins a job; there must be no other. segment: NULL for a step; the job clears a segment when
 * it is over. `done` is called in the main context. */
void host_job_begin(HostJob *job, Segment *segment, unsigned members, HostDoneFunc done,
                    void *data);

/* One member has done its work; called in the member's thread. `job` is a HostJob. */
void host_job_one_done(void *job);

#endif
