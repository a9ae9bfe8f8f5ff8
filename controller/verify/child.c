/* SPDX-License-Identifier: GPL-3.0-or-later */
/* child.c: one subprocess at a time, and a main loop of its own that waits for it. */
#include "controller/verify/child.h"

#include "controller/base/process.h"
#include "controller/base/subprocess.h"
#include "controller/base/verdict.h"

#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>

#define TICK_MS 250

/* The current run, for Ctrl-C. */
static Subprocess *child;
static bool interrupted;

/* A run that has ended. */
typedef struct {
    GMainLoop *loop;
    int code;
} End;

/* The first signal interrupts the run, the second kills the run. */
static gboolean on_signal(gpointer data)
{
    (void)data;
    if (child)
        subprocess_signal(child, interrupted ? SIGKILL : SIGINT);
    interrupted = true;
    return G_SOURCE_CONTINUE;
}

void child_watch_signals(void)
{
    process_on_signal(SIGINT, on_signal, NULL);
    process_on_signal(SIGTERM, on_signal, NULL);
    process_on_signal(SIGHUP, on_signal, NULL);
}

bool child_interrupted(void)
{
    return interrupted;
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
    g_autoptr(GPollableInputStream) from =
        g_object_ref(G_POLLABLE_INPUT_STREAM(subprocess_stderr(child)));
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

static void on_done(int code, void *data)
{
    End *end = data;

    child = NULL;
    end->code = code;
    g_main_loop_quit(end->loop);
}

int child_run(const ChildPlan *plan, GError **error)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    End end = {loop, 0};
    const SubprocessSpec spec = {.argv = plan->argv, .stderr_pipe = plan->tick != NULL};

    child = subprocess_start(&spec, on_done, &end, error);
    if (!child)
        return -1;
    if (plan->tick)
        wait_and_show(plan, loop);
    else
        g_main_loop_run(loop);
    return end.code >= 0 ? end.code : outcome_exit_code(OUTCOME_NODE_FAILED);
}
