/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slurm-job.h: the Slurm job that this program runs in: its number, its hosts, and the command that
 * starts an agent on one of them. What Slurm's programs say counts, not its variables, but for the
 * job's number. Main thread.
 */
#ifndef SESSION_SLURM_JOB_H
#define SESSION_SLURM_JOB_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *id;      /* digits */
    char *list;    /* the hosts as Slurm writes them: east,n[01-03] */
    GArray *hosts; /* HostListEntry (host-list.h), in the job's order */
    bool binds;    /* Slurm can bind tasks to CPUs; where it can't, srun complains of --cpu-bind */
} SlurmJob;

/* Asks squeue for the job of SLURM_JOB_ID, and scontrol for the names of its hosts; waits, 20 s for
 * each at most. stop_requested, called now and then with data: true ends the wait. Free with
 * slurm_job_free(). NULL, with an error that says what to do: there is no allocation or it is over,
 * Slurm's programs are missing, the variables do not fit the job, or srun has started this program
 * several times. */
SlurmJob *slurm_job_find(bool (*stop_requested)(void *data), void *data, GError **error);
void slurm_job_free(SlurmJob *job);

/* The addresses at which Slurm itself reaches the job's hosts (NodeAddr), for host_list_address();
 * free with g_free(). Asks sinfo, as slurm_job_find() does others. NULL, with an error. */
char *slurm_job_addresses(const SlurmJob *job, bool (*stop_requested)(void *data), void *data,
                          GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlurmJob, slurm_job_free)

/* The shell command that runs a program on a host of the job, in a step of its own beside all
 * others. agent: program and arguments, as shell text. Free with g_free(). */
char *slurm_step_command(const SlurmJob *job, const char *host, const char *agent);

/* srun and its options, for a program on each host of the job; without quotes. Free with g_free(). */
char *slurm_steps_command(const SlurmJob *job);

/* sbcast and its options but for the files; without quotes. Free with g_free(). */
char *slurm_sbcast_command(const SlurmJob *job);

#endif
