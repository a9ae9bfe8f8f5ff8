/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * subprocess.h: starts a program, usually metronome itself, and tells in the main loop when it has
 * ended. The program gets SIGTERM when this process ends for any reason. Its standard input is
 * empty. Main thread.
 */
#ifndef BASE_SUBPROCESS_H
#define BASE_SUBPROCESS_H

#include <gio/gio.h>
#include <glib.h>
#include <sched.h>
#include <stdbool.h>

typedef struct Subprocess Subprocess;

typedef struct {
    char *const *argv;     /* NULL-terminated */
    const char *output;    /* this file gets its stdout and stderr, as they come; NULL: stdout is
                              discarded */
    bool stderr_pipe;      /* without output: stderr is subprocess_stderr(), else the caller's */
    bool apart;            /* a process group of its own: a terminal's Ctrl-C does not reach it */
    const cpu_set_t *cpus; /* the CPUs it may use; NULL: as this process */
} SubprocessSpec;

/* code: the exit code; -N: signal N ended it. The subprocess is freed behind the call. */
typedef void (*SubprocessDone)(int code, void *data);

/* Starts the program. `done` is called once, from the main loop. NULL, with an error: it could not be
 * started, and `done` is never called. */
Subprocess *subprocess_start(const SubprocessSpec *spec, SubprocessDone done, void *data,
                             GError **error);

/* Sends a signal; does nothing to a program that has ended. */
void subprocess_signal(Subprocess *subprocess, int number);

/* The pipe of stderr_pipe, which the subprocess owns. */
GInputStream *subprocess_stderr(Subprocess *subprocess);

#endif
