/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.h: carries out segments and steps on all hosts that have nodes in them: this one (host.h)
 * and others (qemu/far.h). They meet at the end of every grant (segment.h).
 *
 * Where only this host has nodes its workers meet in the engine's segment themselves. Where others
 * have, the members of that segment are hosts, and the workers have a segment of their own, whose
 * barrier waits for the other hosts in the thread of the worker that came last.
 */
#ifndef ENGINE_HOSTS_H
#define ENGINE_HOSTS_H

#include "controller/engine/host.h"

typedef struct Hosts Hosts;

/* Does not take over this host. */
Hosts *hosts_new(Host *here);
void hosts_free(Hosts *hosts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hosts, hosts_free)

/* Whether nodes of other hosts have a part in the segment. */
bool hosts_are_several(const Segment *segment);

/* As host_run_segment(). */
void hosts_run_segment(Hosts *hosts, Segment *segment, HostDoneFunc done, void *data);

/* As host_step(). */
void hosts_step(Hosts *hosts, StepRequest *request, HostDoneFunc done, void *data);

#endif
