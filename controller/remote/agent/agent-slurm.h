/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-slurm.h: what an agent heeds when Slurm has started it: that it is the only one on its
 * line, and Slurm's way to end a job. Source of the variables:
 * srun(1), "OUTPUT ENVIRONMENT VARIABLES". Main thread, at the start.
 */
#ifndef AGENT_AGENT_SLURM_H
#define AGENT_AGENT_SLURM_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Fails if this process is one of several tasks of a step: what they say would be mixed. */
bool agent_slurm_alone(GError **error);

/* Slurm sends SIGTERM to all processes of a job that is to end, and SIGKILL later (KillWait, 30 s
 * unless configured otherwise). From now on the agent of a job leaves its end to the controller,
 * which has got the signal too and may still save the ensemble. */
void agent_slurm_defer_end(void);

/* How much longer than in a silence the agent of a job waits for the controller's first bytes; 0
 * outside of a job. */
int64_t agent_slurm_start_ms(void);

/* True once the time for that is over. Any thread. */
bool agent_slurm_overdue(void);

#endif
