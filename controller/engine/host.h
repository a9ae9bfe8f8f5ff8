/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.h: drives the nodes of one host. The nodes are spread over the host's CPUs and run segments
 * there, with one worker for each CPU.
 *
 * The engine decides how far to run (engine.h). Main thread only.
 */
#ifndef ENGINE_HOST_H
#define ENGINE_HOST_H

#include "controller/engine/host-job.h"
#include "controller/engine/segment.h"
#include "controller/engine/step.h"

#include <glib.h>

typedef struct Host Host;

Host *host_new(SchedMode sched);
void host_free(Host *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Host, host_free)

SchedMode host_sched_mode(const Host *host);
unsigned host_cpus(const Host *host);

/* host_place() gives the node the CPU with the fewest nodes; host_displace() frees that place. */
void host_place(Host *host, Node *node);
void host_displace(Host *host, Node *node);

/* Runs a segment on the host's workers. The caller has filled in the segment's plan, with at
 * least one participant. The segment must stay until `done`, which is called in the main
 * context. */
void host_run_segment(Host *host, Segment *segment, HostDoneFunc done, void *data);

/* Steps one node (step.h) in its worker. The request must stay until `done`. */
void host_step(Host *host, StepRequest *request, HostDoneFunc done, void *data);

#endif
