/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-cpus.h: the CPUs that a Slurm job has on this host. Main thread, before there are others. */
#ifndef QEMU_SLURM_CPUS_H
#define QEMU_SLURM_CPUS_H

#include <glib.h>
#include <stdbool.h>

/* Leaves out host CPUs beyond the number that the job has on this host (SLURM_CPUS_ON_NODE), where
 * Slurm does not confine its jobs. Does nothing outside of a job's hosts. Fails if the variable is no
 * number, with NODE_ERROR_OPTION. */
bool slurm_cpus_take(GError **error);

#endif
