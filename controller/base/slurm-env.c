/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-env.c: reads Slurm's variables. */
#include "controller/base/slurm-env.h"

#include <glib.h>

const char *slurm_variable(const char *name)
{
    const char *value = g_getenv(name);

    return value && *value ? value : NULL;
}

const char *slurm_job(void)
{
    return slurm_variable("SLURM_JOB_ID");
}

unsigned slurm_tasks(pid_t pid)
{
    const char *task = slurm_variable("SLURM_TASK_PID"),
               *tasks = slurm_variable("SLURM_STEP_NUM_TASKS");
    guint64 n = tasks ? g_ascii_strtoull(tasks, NULL, 10) : 0;

    if (!task || g_ascii_strtoll(task, NULL, 10) != pid || n <= 1)
        return 0;
    return (unsigned)MIN(n, G_MAXUINT);
}
