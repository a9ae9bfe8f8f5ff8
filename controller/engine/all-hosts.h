/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * all-hosts.h: carries out segments and steps on all hosts that have nodes in them: the local host
 * (local-host.h) and remote hosts (qemu/remote.h). Hosts meet at the end of every grant
 * (segment.h).
 *
 * If only the local host has nodes, its workers meet in the engine's segment themselves. Otherwise
 * the members of that segment are hosts, and the workers have a segment of their own. The barrier
 * of that segment waits for the other hosts in the thread of the worker that came last. Main thread
 * only.
 */
#ifndef ENGINE_ALL_HOSTS_H
#define ENGINE_ALL_HOSTS_H

#include "controller/engine/local-host.h"

typedef struct AllHosts AllHosts;

/* `local` is the local host. The caller keeps it and frees it after all_hosts_free(). */
AllHosts *all_hosts_new(LocalHost *local);
void all_hosts_free(AllHosts *hosts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AllHosts, all_hosts_free)

/* Whether nodes of remote hosts take part in the segment. */
bool all_hosts_needed(const Segment *segment);

/* Like local_host_run_segment(), on all hosts of the segment. */
void all_hosts_run_segment(AllHosts *hosts, Segment *segment, HostDoneFunc done, void *data);

/* Like local_host_step(), on the node's host. */
void all_hosts_step(AllHosts *hosts, StepRequest *request, HostDoneFunc done, void *data);

#endif
