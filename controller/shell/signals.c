/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals.c: see signals.h. */
#include "controller/shell/signals.h"

#include "controller/base/log.h"
#include "controller/base/tty.h"
#include "controller/command/run.h"
#include "controller/shell/progress.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void (*handler)(int number, void *data);
static void *handler_data;

static gboolean on_signal(gpointer number)
{
    handler(GPOINTER_TO_INT(number), handler_data);
    return G_SOURCE_CONTINUE;
}

void signals_watch(void (*func)(int number, void *data), void *data)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    bool first = !handler;

    handler = func;
    handler_data = data;
    for (unsigned i = 0; first && i < G_N_ELEMENTS(numbers); i++)
        g_unix_signal_add(numbers[i], on_signal, GINT_TO_POINTER(numbers[i]));
}

/* GLib watches no SIGCONT: its handler writes here. */
static int resumed_fd = -1;
static void (*resume)(void);

static void on_resume_signal(int number)
{
    int saved = errno;

    (void)number;
    eventfd_write(resumed_fd, 1);
    errno = saved;
}

static gboolean on_resumed(gint fd, GIOCondition condition, gpointer data)
{
    eventfd_t value;

    (void)condition;
    (void)data;
    if (eventfd_read(fd, &value) == 0)
        resume();
    return G_SOURCE_CONTINUE;
}

void signals_on_resume(void (*func)(void))
{
    const struct sigaction action = {.sa_handler = on_resume_signal, .sa_flags = SA_RESTART};

    resume = func;
    resumed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_unix_fd_add(resumed_fd, G_IO_IN, on_resumed, NULL);
    sigaction(SIGCONT, &action, NULL);
}

void signals_exit(void)
{
    progress_clear();
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr); /* behind the ^C that the terminal echoed */
    tty_restore();
    _Exit(EXIT_INTERRUPTED);
}

void signals_stop(Session *s)
{
    if (s->interrupted)
        signals_exit();
    s->interrupted = true;
    if (engine_running(s->engine)) {
        engine_interrupt(s->engine);
        log_info("interrupted: stopping at the next barrier");
    } else if (s->on_interrupt) {
        s->on_interrupt(s);
    } else {
        run_pause(s, NULL); /* a gdb holds it */
    }
}
