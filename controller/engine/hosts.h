/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.h: carries out legs and steps on all hosts that have nodes in them: this one (host.h) and
 * others (qemu/far.h). They meet at the end of every grant (leg.h).
 *
 * Where only this host has nodes its workers meet in the engine's leg themselves. Where others have,
 * the members of that leg are hosts, and the workers have a leg of their own, whose barrier waits for
 * the other hosts in the thread of the worker that came last.
 */
#ifndef ENGINE_HOSTS_H
#define ENGINE_HOSTS_H

#include "controller/engine/host.h"

typedef struct Hosts Hosts;

/* Does not take over this host. */
Hosts *hosts_new(Host *here);
void hosts_free(Hosts *hosts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hosts, hosts_free)

/* Whether nodes of other hosts have a part in the leg. */
bool hosts_are_several(const Leg *leg);

/* As host_run_leg(). */
void hosts_run_leg(Hosts *hosts, Leg *leg, HostDoneFunc done, void *data);

/* As host_step(). */
void hosts_step(Hosts *hosts, StepRequest *request, HostDoneFunc done, void *data);

#endif
