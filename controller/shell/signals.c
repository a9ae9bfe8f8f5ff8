/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals.c: see signals.h. */
#include "controller/shell/signals.h"

#include "controller/base/log.h"
#include "controller/base/tty.h"
#include "controller/shell/progress.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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
    }
}
