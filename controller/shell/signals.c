/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signals.c: signal handlers that record the signal's time and wake the main loop by an eventfd.
 */
#include "controller/shell/signals.h"

#include "controller/base/log.h"
#include "controller/base/tty.h"
#include "controller/run/run.h"
#include "controller/shell/progress.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STUCK_NS (1000 * NS_PER_MS)

static void (*handler)(int number, void *data);
static void *handler_data;

static void (*hurry)(bool on);

/* GLib's signal sources are not used: a blocked main thread handles none, but a second Ctrl-C must
 * be able to end the process. */
static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
static atomic_llong came[G_N_ELEMENTS(numbers)]; /* host ns of the first one pending; 0: none */
static int pending_fd = -1;
static bool terminal; /* stderr is a terminal */

/* Async-signal-safe. */
static void end_at_once(void)
{
    ssize_t n = terminal ? write(STDERR_FILENO, "\n", 1) : 0;

    (void)n;
    tty_restore();
    _Exit(EXIT_INTERRUPTED);
}

static void on_signal(int number)
{
    int saved = errno;
    long long now = htime_now().ns;

    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        long long first = 0;

        if (numbers[i] == number && !atomic_compare_exchange_strong(&came[i], &first, now) &&
            now - first > STUCK_NS)
            end_at_once();
    }
    if (hurry)
        hurry(true);
    eventfd_write(pending_fd, 1);
    errno = saved;
}

void signals_on_hurry(void (*func)(bool on))
{
    hurry = func;
}

void signals_calm(void)
{
    if (hurry)
        hurry(false);
}

bool signals_pending(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (atomic_load(&came[i]) != 0)
            return true;
    return false;
}

void signals_serve(void)
{
    eventfd_t value;

    eventfd_read(pending_fd, &value);
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (atomic_exchange(&came[i], 0) != 0 && handler)
            handler(numbers[i], handler_data);
}

static gboolean on_pending(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    (void)data;
    signals_serve();
    return G_SOURCE_CONTINUE;
}

void signals_watch(void (*func)(int number, void *data), void *data)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    handler = func;
    handler_data = data;
    if (pending_fd >= 0)
        return;
    pending_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    terminal = isatty(STDERR_FILENO);
    g_unix_fd_add(pending_fd, G_IO_IN, on_pending, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        struct sigaction before;

        /* nohup: SIGHUP stays ignored */
        if (numbers[i] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 &&
            before.sa_handler == SIG_IGN)
            continue;
        sigaction(numbers[i], &action, NULL);
    }
}

/* GLib does not watch SIGCONT, so a handler of our own writes to this eventfd. */
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
        fputc('\n', stderr); /* ends the line with the echoed ^C */
    tty_restore();
    _Exit(EXIT_INTERRUPTED);
}

void signals_stop(Session *s)
{
    if (s->interrupted)
        signals_exit();
    s->interrupted = true;
    if (engine_running(s->engine)) {
        session_interrupt(s);
        log_info("interrupted: stopping at the next barrier");
    } else if (!s->on_interrupt) {
        run_pause(s, NULL); /* a gdb controls the ensemble */
    }
    if (s->on_interrupt) /* a parked command may wait for that gdb */
        s->on_interrupt(s);
}
