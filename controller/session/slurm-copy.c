/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slurm-copy.c: makes the folder, broadcasts the file under another name, renames it. */
#include "controller/session/slurm-copy.h"

#include "controller/qemu/node-error.h"
#include "controller/session/command-answer.h"
#include "controller/session/session-error.h"

struct SlurmCopier {
    gatomicrefcount references;
    char *step; /* srun for all hosts of the job, without a program */
    char *sbcast;
};

SlurmCopier *slurm_copier_new(const SlurmJob *job)
{
    SlurmCopier *c = g_new0(SlurmCopier, 1);

    g_atomic_ref_count_init(&c->references);
    c->step = slurm_steps_command(job);
    c->sbcast = slurm_sbcast_command(job);
    return c;
}

SlurmCopier *slurm_copier_ref(SlurmCopier *c)
{
    g_atomic_ref_count_inc(&c->references);
    return c;
}

void slurm_copier_unref(void *copier)
{
    SlurmCopier *c = copier;

    if (!g_atomic_ref_count_dec(&c->references))
        return;
    g_free(c->step);
    g_free(c->sbcast);
    g_free(c);
}

typedef struct {
    const atomic_bool *cancel;
    void (*tick)(void *line);
    void *line;
} Watch;

static bool look(void *data)
{
    const Watch *w = data;

    w->tick(w->line);
    return atomic_load(w->cancel);
}

/* Of several hosts with one file system, one renames, and the others find the file. */
static char *command_of(const SlurmCopier *c, const char *local, const char *remote)
{
    g_autofree char *folder = g_path_get_dirname(remote), *dir = g_shell_quote(folder);
    g_autofree char *name = g_strdup_printf("%s.%08x", remote, g_random_int());
    g_autofree char *from = g_shell_quote(local), *to = g_shell_quote(remote),
                    *part = g_shell_quote(name);

    return g_strdup_printf("step='%s'; $step mkdir -p %s && %s %s %s && "
                           "$step sh -c 'mv \"$0\" \"$1\" 2>/dev/null || test -e \"$1\"' %s %s && "
                           "echo copied",
                           c->step, dir, c->sbcast, from, part, part, to);
}

bool slurm_copy(void *copier, const char *local, const char *remote,
                G_GNUC_UNUSED atomic_ullong *sent, const atomic_bool *cancel, void (*tick)(void *),
                void *line, GError **error)
{
    g_autofree char *command = command_of(copier, local, remote), *answer = NULL;
    Watch watch = {cancel, tick, line};
    g_autoptr(GError) why = NULL;

    answer = command_answer(command, 0, look, &watch, &why);
    if (answer)
        return true;
    g_set_error(error, NODE_ERROR,
                g_error_matches(why, SESSION_ERROR, SESSION_ERROR_INTERRUPTED)
                    ? NODE_ERROR_INTERRUPTED
                    : NODE_ERROR_SYSTEM,
                "%s", why->message);
    return false;
}
