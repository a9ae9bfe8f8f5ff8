/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * local-host.h: drives the nodes of one host. The nodes are spread over the host's CPUs and run
 * segments there, with one worker for each CPU.
 *
 * The engine decides how far to run (engine.h). Main thread only.
 */
#ifndef ENGINE_LOCAL_HOST_H
#define ENGINE_LOCAL_HOST_H

#include "controller/engine/host-job.h"
#include "controller/engine/segment.h"
#include "controller/engine/step.h"

#include <glib.h>

typedef struct LocalHost LocalHost;

LocalHost *local_host_new(SchedMode sched);
void local_host_free(LocalHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LocalHost, local_host_free)

SchedMode local_host_sched_mode(const LocalHost *host);
unsigned local_host_cpus(const LocalHost *host);

/* local_host_place() gives the node the CPU with the fewest nodes; local_host_displace() frees that
 * place. */
void local_host_place(LocalHost *host, Node *node);
void local_host_displace(LocalHost *host, Node *node);

/* Runs a segment on the host's workers. The caller has filled in the segment's plan, with at
 * least one participant. The segment must stay until `done`, which is called in the main
 * context. */
void local_host_run_segment(LocalHost *host, Segment *segment, HostDoneFunc done, void *data);

/* Steps one node (step.h) in its worker. The request must stay until `done`. */
void local_host_step(LocalHost *host, StepRequest *request, HostDoneFunc done, void *data);

#endif
