/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.h: drives the nodes of one host: spreads them over the host's CPUs and runs segments on them, a
 * worker for each CPU. It does not decide how far to run: that is engine.h's part.
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

/* Gives the node the CPU with the fewest nodes, and gives that place back. */
void host_place(Host *host, Node *node);
void host_displace(Host *host, Node *node);

/* The caller has filled in what the segment is to do; it must stay until done. At least one
 * participant. */
void host_run_segment(Host *host, Segment *segment, HostDoneFunc done, void *data);

/* Steps one node (step.h); request must stay until done. */
void host_step(Host *host, StepRequest *request, HostDoneFunc done, void *data);

#endif
