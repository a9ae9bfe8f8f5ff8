/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-job.c: reads Slurm's variables, asks squeue and scontrol, makes srun's command line. */
#include "controller/session/slurm-job.h"

#include "controller/base/slurm-env.h"
#include "controller/session/command-answer.h"
#include "controller/session/host-list.h"
#include "controller/session/session-error.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_S 20

#define TRY "`salloc --nodes=2 metronome run FILE` or scripts/slurm/metronome.sbatch starts one"

G_GNUC_PRINTF(2, 3)
static bool refuse(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_propagate_error(error, g_error_new_valist(SESSION_ERROR, SESSION_ERROR_USAGE, format, args));
    va_end(args);
    return false;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static bool check_programs(GError **error)
{
    static const char *const names[] = {"srun", "squeue", "scontrol", "sinfo"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_find_program_in_path(names[i]);

        if (!path)
            return refuse(error,
                          "there is no '%s' in PATH: Debian's slurm-client has it, many clusters "
                          "`module load slurm`",
                          names[i]);
    }
    return true;
}

static bool check_variables(GError **error)
{
    const char *id = slurm_job();
    /* The parent: the task may be a script that runs this program. */
    unsigned tasks = MAX(slurm_tasks(getpid()), slurm_tasks(getppid()));

    if (!id)
        return refuse(error, "SLURM_JOB_ID is not set, so this is no allocation of Slurm's: " TRY);
    if (!is_number(id))
        return refuse(error, "SLURM_JOB_ID='%s': the number of a job is expected", id);
    if (tasks)
        return refuse(error,
                      "srun started metronome %u times (SLURM_STEP_NUM_TASKS), and each would "
                      "control all hosts: `srun --nodes=1 --ntasks=1 metronome …`",
                      tasks);
    return check_programs(error);
}

/* --- the environment --- */

/* Slurm's programs take options from the environment, which are those of the job, of the step that
 * this program runs in, or the user's own for other purposes: `--label` would spoil the agent's
 * bytes, `--ntasks` start several, a format of squeue be another. These alone say where Slurm is. */
static bool is_kept(const char *name)
{
    static const char *const kept[] = {"SLURM_CONF",     "SLURM_CONF_SERVER",
                                       "SLURM_CLUSTERS", "SLURM_CLUSTER_NAME",
                                       "SLURM_JWT",      "SLURM_WORKING_CLUSTER"};

    for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++)
        if (strcmp(name, kept[i]) == 0)
            return true;
    return false;
}

/* A name that a shell could misread is no option of Slurm's. */
static bool is_option(const char *name, const char *const *prefixes)
{
    for (const char *p = name; *p; p++)
        if (!g_ascii_isalnum(*p) && *p != '_')
            return false;
    for (; *prefixes; prefixes++)
        if (g_str_has_prefix(name, *prefixes))
            return !is_kept(name);
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A command behind "env", which takes the options away that the environment has; the command alone
 * if there are none. Free with g_free(). */
static char *without(const char *const *prefixes, const char *command)
{
    g_auto(GStrv) names = g_listenv();
    GString *text = g_string_new(NULL);

    qsort(names, g_strv_length(names), sizeof(*names), compare_names);
    for (char **name = names; *name; name++)
        if (is_option(*name, prefixes))
            g_string_append_printf(text, "%s-u %s ", text->len ? "" : "env ", *name);
    g_string_append(text, command);
    return g_string_free(text, FALSE);
}

/* What squeue, sinfo or scontrol says; free with g_free(). "exec": if this program is killed, the
 * kernel signals what it has started (stream.c), which is to be no shell that leaves it behind. */
static char *ask(const char *command, bool (*stop_requested)(void *), void *data, GError **error)
{
    static const char *const prefixes[] = {"SQUEUE_", "SINFO_", NULL};
    g_autofree char *plain = without(prefixes, command);
    g_autofree char *clean = g_strconcat("exec ", plain, NULL);

    return command_answer(clean, ANSWER_S, stop_requested, data, error);
}

/* --- Slurm's programs --- */

/* The hosts of a list such as "east[1-3],west", one a line; free with g_free(). */
static char *names_in(const char *list, bool (*stop_requested)(void *), void *data, GError **error)
{
    g_autofree char *quoted = g_shell_quote(list);
    g_autofree char *command = g_strconcat("scontrol show hostnames ", quoted, NULL);

    return ask(command, stop_requested, data, error);
}

/* The variable may be of another allocation, or older than a change of this one. */
static bool check_list(const char *id, const char *names, bool (*stop_requested)(void *),
                       void *data, GError **error)
{
    const char *list = slurm_variable("SLURM_JOB_NODELIST");
    g_autofree char *own = NULL;

    if (!list)
        return true;
    own = names_in(list, stop_requested, data, error);
    if (!own) {
        g_prefix_error(error, "SLURM_JOB_NODELIST='%s': ", list);
        return false;
    }
    if (strcmp(own, names) == 0)
        return true;
    return refuse(
        error,
        "SLURM_JOB_NODELIST='%s' is not what job %s has: `scontrol show job %s` tells its "
        "NodeList, which a host that went down is not in; unset the variable, or go on in a shell "
        "of the job",
        list, id, id);
}

/* "TaskPlugin  = task/affinity,task/cgroup" in slurm.conf's settings; task/none binds nothing. */
static bool has_task_plugin(const char *config)
{
    const char *line = strstr(config, "\nTaskPlugin ");
    g_autofree char *value = line ? g_strndup(line + 1, strcspn(line + 1, "\n")) : NULL;

    return value && strstr(value, "task/") && !strstr(value, "task/none");
}

/* Of lines "NUMBER|STATE|HOSTS" what is behind a number; static in lines. squeue tells all of a job
 * array for the number of its last one. */
static char *line_of(char *lines, const char *id)
{
    gsize size = strlen(id);
    char *rest;

    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, id, size) == 0 && line[size] == '|')
            return line + size + 1;
    return NULL;
}

SlurmJob *slurm_job_find(bool (*stop_requested)(void *), void *data, GError **error)
{
    g_autofree char *command = NULL, *answer = NULL, *names = NULL, *config = NULL;
    const char *id = slurm_job();
    g_autoptr(GArray) hosts = NULL;
    char *state, *list;
    SlurmJob *job;

    if (!check_variables(error))
        return NULL;
    command =
        g_strdup_printf("squeue --noheader --states=all --jobs=%s --format='%%A|%%T|%%N'", id);
    answer = ask(command, stop_requested, data, error);
    if (!answer) {
        g_prefix_error(error, "SLURM_JOB_ID=%s: ", id);
        return NULL;
    }
    state = line_of(answer, id);
    list = state ? strchr(state, '|') : NULL;
    if (!list) {
        refuse(error, "`%s` says nothing of job %s: its state and a list of hosts are expected",
               command, id);
        return NULL;
    }
    *list++ = '\0';
    if (strcmp(state, "RUNNING") != 0) {
        refuse(error, "job %s is %s, not RUNNING: " TRY, id, state);
        return NULL;
    }
    names = names_in(list, stop_requested, data, error);
    if (!names || !check_list(id, names, stop_requested, data, error) ||
        !(hosts = host_list_parse(names, strlen(names), error)))
        return NULL;
    config = ask("scontrol show config", stop_requested, data, error);
    if (!config)
        return NULL;
    job = g_new0(SlurmJob, 1);
    *job =
        (SlurmJob){g_strdup(id), g_strdup(list), g_steal_pointer(&hosts), has_task_plugin(config)};
    return job;
}

char *slurm_job_addresses(const SlurmJob *job, bool (*stop_requested)(void *), void *data,
                          GError **error)
{
    g_autofree char *list = g_shell_quote(job->list);
    g_autofree char *command =
        g_strconcat("sinfo --noheader --all --Node --format='%N|%o' --nodes=", list, NULL);

    return ask(command, stop_requested, data, error);
}

void slurm_job_free(SlurmJob *job)
{
    g_free(job->id);
    g_free(job->list);
    g_array_unref(job->hosts);
    g_free(job);
}

/* --- a step --- */

/* srun with what every step has, behind a clean environment. */
static GString *begin_step(const SlurmJob *job)
{
    static const char *const prefixes[] = {"SLURM_", "SRUN_", NULL};
    g_autofree char *srun = without(prefixes, "srun");
    GString *text = g_string_new(srun);

    g_string_append_printf(text,
                           " --quiet --jobid=%s --overlap %s--mpi=none --no-kill "
                           "--job-name=metronome",
                           job->id, job->binds ? "--cpu-bind=none " : "");
    return text;
}

char *slurm_step_command(const SlurmJob *job, const char *host, const char *agent)
{
    g_autofree char *quoted = g_shell_quote(host);
    GString *text = begin_step(job);

    g_string_prepend(text, "exec ");
    g_string_append_printf(text, " --unbuffered --nodes=1 --ntasks=1 --nodelist=%s %s", quoted,
                           agent);
    return g_string_free(text, FALSE);
}

char *slurm_steps_command(const SlurmJob *job)
{
    GString *text = begin_step(job);

    g_string_append_printf(text, " --nodes=%u --ntasks=%u --ntasks-per-node=1", job->hosts->len,
                           job->hosts->len);
    return g_string_free(text, FALSE);
}

char *slurm_sbcast_command(const SlurmJob *job)
{
    static const char *const prefixes[] = {"SBCAST_", NULL};
    g_autofree char *command = g_strdup_printf("sbcast --force --jobid=%s", job->id);

    return without(prefixes, command);
}
