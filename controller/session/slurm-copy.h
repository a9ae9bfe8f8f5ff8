/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-copy.h: copies files to the hosts of a Slurm job by sbcast. */
#ifndef SESSION_SLURM_COPY_H
#define SESSION_SLURM_COPY_H

#include "controller/session/slurm-job.h"

#include <stdatomic.h>

/* What all hosts of a job need for their copies. The caller keeps it as long as any of them. */
typedef struct SlurmCopier SlurmCopier;

/* A reference; release it with slurm_copier_unref(), which fits AgentClientParams.close. */
SlurmCopier *slurm_copier_new(const SlurmJob *job);
SlurmCopier *slurm_copier_ref(SlurmCopier *copier);
void slurm_copier_unref(void *copier);

/* An AgentClientUpload: copies a file to all hosts of the job at once, so that the others find it. A
 * folder that they share is written by each of them, all the same bytes. Any thread that lives on. */
bool slurm_copy(void *copier, const char *local, const char *remote, atomic_ullong *sent,
                const atomic_bool *cancel, void (*tick)(void *line), void *line, GError **error);

#endif
