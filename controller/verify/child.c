/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child.c: starts the process through GSubprocess and waits in a main loop of its own.
 */
#include "controller/verify/child.h"

#include "controller/base/verdict.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>
#include <sys/prctl.h>

#define TICK_MS 250

/* The current run, for Ctrl-C. */
static GSubprocess *child;
static bool interrupted;

/* The first signal interrupts the run, the second kills the run. */
static gboolean on_signal(gpointer data)
{
    (void)data;
    if (child && interrupted)
        g_subprocess_force_exit(child);
    else if (child)
        g_subprocess_send_signal(child, SIGINT);
    interrupted = true;
    return G_SOURCE_CONTINUE;
}

void child_watch_signals(void)
{
    g_unix_signal_add(SIGINT, on_signal, NULL);
    g_unix_signal_add(SIGTERM, on_signal, NULL);
    g_unix_signal_add(SIGHUP, on_signal, NULL);
}

bool child_interrupted(void)
{
    return interrupted;
}

/* Runs in the child between fork and exec. The child ends when this process ends, for any
 * reason. */
static void child_setup(gpointer data)
{
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static void on_end(GObject *source, GAsyncResult *result, gpointer data)
{
    g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL);
    g_main_loop_quit(data);
}

/* Forwards available bytes without waiting. Returns false at the end of the stream. */
static bool forward(GPollableInputStream *from, const ChildPlan *plan)
{
    char bytes[4096];
    gssize n;

    while ((n = g_pollable_input_stream_read_nonblocking(from, bytes, sizeof(bytes), NULL, NULL)) >
           0) {
        plan->clear(plan->data);
        fwrite(bytes, 1, (size_t)n, stderr);
    }
    return n < 0;
}

static gboolean on_stderr(GObject *stream, gpointer data)
{
    return forward(G_POLLABLE_INPUT_STREAM(stream), data);
}

static gboolean on_tick(gpointer data)
{
    const ChildPlan *plan = data;

    plan->tick(plan->data);
    return G_SOURCE_CONTINUE;
}

/* Waits for the run's end and shows the progress line; the run's own messages do not mix with that
 * line. */
static void wait_and_show(const ChildPlan *plan, GMainLoop *loop)
{
    GPollableInputStream *from = G_POLLABLE_INPUT_STREAM(g_subprocess_get_stderr_pipe(child));
    GSource *source = g_pollable_input_stream_create_source(from, NULL);
    unsigned timer = g_timeout_add(TICK_MS, on_tick, (gpointer)plan);

    g_source_set_callback(source, G_SOURCE_FUNC(on_stderr), (gpointer)plan, NULL);
    g_source_attach(source, NULL);
    g_main_loop_run(loop);
    g_source_remove(timer);
    g_source_destroy(source);
    g_source_unref(source);
    forward(from, plan); /* not to the end: another process may hold the pipe open */
    plan->clear(plan->data);
}

int child_run(const ChildPlan *plan, GError **error)
{
    GSubprocessFlags flags =
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | (plan->tick ? G_SUBPROCESS_FLAGS_STDERR_PIPE : 0);
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    int code;

    g_subprocess_launcher_set_child_setup(launcher, child_setup, NULL, NULL);
    child = g_subprocess_launcher_spawnv(launcher, (const char *const *)plan->argv, error);
    if (!child)
        return -1;
    g_subprocess_wait_async(child, NULL, on_end, loop);
    if (plan->tick)
        wait_and_show(plan, loop);
    else
        g_main_loop_run(loop);
    code = g_subprocess_get_if_exited(child) ? g_subprocess_get_exit_status(child)
                                             : outcome_exit_code(OUTCOME_NODE_FAILED);
    g_clear_object(&child);
    return code;
}
