/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.h: carries out segments and steps on all hosts that have nodes in them: the local host
 * (host.h) and remote hosts (qemu/remote.h). Hosts meet at the end of every grant (segment.h).
 *
 * If only the local host has nodes, its workers meet in the engine's segment themselves. Otherwise
 * the members of that segment are hosts, and the workers have a segment of their own. The barrier
 * of that segment waits for the other hosts in the thread of the worker that came last. Main thread
 * only.
 */
#ifndef ENGINE_HOSTS_H
#define ENGINE_HOSTS_H

#include "controller/engine/host.h"

typedef struct Hosts Hosts;

/* `here` is the local host. The caller keeps it and frees it after hosts_free(). */
Hosts *hosts_new(Host *here);
void hosts_free(Hosts *hosts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hosts, hosts_free)

/* Whether nodes of remote hosts take part in the segment. */
bool hosts_are_several(const Segment *segment);

/* Like host_run_segment(), on all hosts of the segment. */
void hosts_run_segment(Hosts *hosts, Segment *segment, HostDoneFunc done, void *data);

/* Like host_step(), on the node's host. */
void hosts_step(Hosts *hosts, StepRequest *request, HostDoneFunc done, void *data);

#endif
