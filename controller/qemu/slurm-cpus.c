/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-cpus.c: restricts this process to as many CPUs as its Slurm job has. */
#include "controller/qemu/slurm-cpus.h"

#include "controller/base/log.h"
#include "controller/base/slurm-env.h"
#include "controller/base/units.h"
#include "controller/qemu/sched.h"

#define MAX_CPUS 1000000

/* salloc's command has the variables of its job, too, but runs where salloc was called. */
static bool is_on_job_host(void)
{
    return slurm_job() && slurm_variable("SLURMD_NODENAME");
}

/* "0,1,4": the first n of the CPUs. Free with g_free(). */
static char *first_of(const GArray *cpus, unsigned n)
{
    GString *list = g_string_new(NULL);

    for (unsigned i = 0; i < n; i++)
        g_string_append_printf(list, "%s%d", i ? "," : "", g_array_index(cpus, int, i));
    return g_string_free(list, FALSE);
}

bool slurm_cpus_take(GError **error)
{
    const char *text = is_on_job_host() ? slurm_variable("SLURM_CPUS_ON_NODE") : NULL;
    g_autoptr(GArray) cpus = NULL;
    g_autofree char *list = NULL;
    int64_t n;

    if (!text)
        return true;
    if (!units_parse_int(text, "SLURM_CPUS_ON_NODE", 1, MAX_CPUS, &n, error))
        return false;
    cpus = sched_host_cpus();
    if (n >= cpus->len)
        return true;
    list = first_of(cpus, (unsigned)n);
    log_info("Slurm gave %" G_GINT64_FORMAT " of %u CPUs and does not confine the job to them: "
             "CPUs %s are used",
             n, cpus->len, list);
    return sched_restrict_cpus(list, error);
}
