/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-env.h: what the environment says of a Slurm job (srun(1), "OUTPUT ENVIRONMENT VARIABLES"). Any
 * thread. */
#ifndef BASE_SLURM_ENV_H
#define BASE_SLURM_ENV_H

#include <sys/types.h>

/* A variable's value; NULL: it is not set, or empty. */
const char *slurm_variable(const char *name);

/* SLURM_JOB_ID; NULL outside of a job. */
const char *slurm_job(void);

/* The number of tasks that srun has started by one command, if it is above 1 and `pid` is one of
 * them; else 0. Processes that a task has started have the variables too, and are no tasks. */
unsigned slurm_tasks(pid_t pid);

#endif
