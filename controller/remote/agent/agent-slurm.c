/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent-slurm.c: reads the variables of a Slurm job, and handles SIGTERM in a job. */
#include "controller/remote/agent/agent-slurm.h"

#include "controller/base/slurm-env.h"
#include "controller/base/vtime.h"
#include "controller/qemu/node-error.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* Less than Slurm's default of KillWait. */
#define END_MS 25000

#define START_MS 110000

bool agent_slurm_alone(GError **error)
{
    unsigned tasks = slurm_tasks(getpid());

    if (tasks == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "srun started %u agents on one line (SLURM_STEP_NUM_TASKS): one is expected, `srun "
                "--nodes=1 --ntasks=1 …`, or `hosts from=slurm`, which starts one on each host",
                tasks);
    return false;
}

static atomic_llong asked; /* host ns of the first SIGTERM; 0: none */

static void on_term(int number)
{
    long long none = 0;

    (void)number;
    atomic_compare_exchange_strong(&asked, &none, htime_now().ns);
}

void agent_slurm_defer_end(void)
{
    const struct sigaction action = {.sa_handler = on_term, .sa_flags = SA_RESTART};

    if (slurm_job())
        sigaction(SIGTERM, &action, NULL);
}

int64_t agent_slurm_start_ms(void)
{
    return slurm_job() ? START_MS : 0;
}

bool agent_slurm_overdue(void)
{
    long long at = atomic_load(&asked);

    return at != 0 && htime_now().ns - at > END_MS * NS_PER_MS;
}
