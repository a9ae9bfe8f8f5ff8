/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process.c: sets signal actions, standard descriptors and the action after fork.
 */
#include "controller/base/process.h"

#include "controller/base/proc.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static const int ignored[] = {SIGPIPE, SIGXFSZ};

enum { N_IGNORED = sizeof(ignored) / sizeof(ignored[0]) };

static void set_all(void (*action)(int))
{
    for (unsigned i = 0; i < N_IGNORED; i++)
        signal(ignored[i], action);
}

/* Runs in each forked child, also in forks by a library: a program executed there would inherit
 * ignored signals, and few programs expect ignored signals. */
static void on_fork(void)
{
    set_all(SIG_DFL);
}

void process_ignore_signals(void)
{
    set_all(SIG_IGN);
}

unsigned process_on_signal(int number, GSourceFunc func, void *data)
{
    struct sigaction now;

    if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
        return 0;
    return g_unix_signal_add(number, func, data);
}

void process_prepare(void)
{
    int lowest = 0;

    /* open() returns the lowest free number. So open() fills all closed standard descriptors
     * first. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && lowest >= 0; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            lowest = open("/dev/null", O_RDWR);
    process_ignore_signals();
    pthread_atfork(NULL, NULL, on_fork);
}

int64_t process_start_time(pid_t pid, pid_t tid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/stat", (int)pid, (int)tid);
    g_autofree char *text = NULL;

    return pid > 0 && g_file_get_contents(path, &text, NULL, NULL)
               ? proc_number(text, PROC_START_TIME)
               : -1;
}
