/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-hosts.h: all hosts of the Slurm job that this program runs in become hosts of the session. Main
 * thread. */
#ifndef SESSION_SLURM_HOSTS_H
#define SESSION_SLURM_HOSTS_H

#include "controller/session/session.h"

/* Starts an agent on each host of the job, all at the same time, each by an srun of its own (a step),
 * since the standard streams of one srun are one line. keys: n texts "key=value" as those of `host
 * add`. All hosts, or none: with an error. Hosts of an earlier call stay.
 *
 * A dry session starts nothing. Outside of an allocation it accepts any name of a host from then on,
 * and says so, unless it is the check of a run that begins here. */
bool slurm_hosts_add(Session *session, char *const *keys, unsigned n, GError **error);

#endif
