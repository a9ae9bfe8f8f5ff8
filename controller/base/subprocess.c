/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subprocess.c: a GSubprocess with a setup between fork and exec. */
#include "controller/base/subprocess.h"

#include "controller/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

struct Subprocess {
    GSubprocess *process;
    SubprocessDone done;
    void *data;
};

/* What the forked child needs to know; it has a copy of the memory. */
typedef struct {
    pid_t parent;
    const cpu_set_t *cpus;
    bool apart;
} Setup;

/* Runs in the child between fork and exec: calls only functions that are async-signal-safe. */
static void set_up(gpointer data)
{
    const Setup *setup = data;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != setup->parent) /* it has ended meanwhile */
        _exit(1);
    if (setup->apart)
        setpgid(0, 0);
    if (setup->cpus)
        sched_setaffinity(0, sizeof(*setup->cpus), setup->cpus);
}

static void on_end(GObject *source, GAsyncResult *result, gpointer data)
{
    Subprocess *s = data;
    GSubprocess *process = G_SUBPROCESS(source);
    int code;

    g_subprocess_wait_finish(process, result, NULL);
    code = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process)
                                               : -g_subprocess_get_term_sig(process);
    s->done(code, s->data);
    g_object_unref(s->process);
    g_free(s);
}

static bool give_output(GSubprocessLauncher *launcher, const char *path, GError **error)
{
    fd_auto out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    fd_auto err = out < 0 ? -1 : fcntl(out, F_DUPFD_CLOEXEC, 0);

    if (err < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "can't write '%s': %s", path, g_strerror(errno));
        return false;
    }
    g_subprocess_launcher_take_stdout_fd(launcher, fd_steal(&out));
    g_subprocess_launcher_take_stderr_fd(launcher, fd_steal(&err));
    return true;
}

static GSubprocessFlags flags_of(const SubprocessSpec *spec)
{
    if (spec->output)
        return G_SUBPROCESS_FLAGS_NONE;
    return G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
           (spec->stderr_pipe ? G_SUBPROCESS_FLAGS_STDERR_PIPE : G_SUBPROCESS_FLAGS_NONE);
}

Subprocess *subprocess_start(const SubprocessSpec *spec, SubprocessDone done, void *data,
                             GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags_of(spec));
    Setup setup = {.parent = getpid(), .cpus = spec->cpus, .apart = spec->apart};
    GSubprocess *process;
    Subprocess *s;

    if (spec->output && !give_output(launcher, spec->output, error))
        return NULL;
    g_subprocess_launcher_set_child_setup(launcher, set_up, &setup, NULL);
    process = g_subprocess_launcher_spawnv(launcher, (const char *const *)spec->argv, error);
    if (!process)
        return NULL;
    s = g_new0(Subprocess, 1);
    *s = (Subprocess){process, done, data};
    g_subprocess_wait_async(process, NULL, on_end, s);
    return s;
}

void subprocess_signal(Subprocess *s, int number)
{
    g_subprocess_send_signal(s->process, number);
}

GInputStream *subprocess_stderr(Subprocess *s)
{
    return g_subprocess_get_stderr_pipe(s->process);
}
