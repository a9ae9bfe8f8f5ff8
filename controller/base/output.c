/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output.c: writes without a buffer of its own, so that an error shows at the write that caused it.
 */
#include "controller/base/output.h"

#include "controller/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static atomic_bool closed; /* no more output is written */
static _Atomic(char *) loss;

void output_lost(const char *format, ...)
{
    char *none = NULL, *text;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    log_write(LOG_ERROR, "%s", text);
    if (!atomic_compare_exchange_strong(&loss, &none, text))
        g_free(text);
}

const char *output_loss(void)
{
    return atomic_load(&loss);
}

/* Reports whether to try the write again. Another process that shares the descriptor may have made
 * it non-blocking. A terminal that has hung up gives EIO. */
static bool stays_open(bool terminal)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    int problem = errno;

    if (problem == EINTR || (problem == EAGAIN && (poll(&p, 1, -1) >= 0 || errno == EINTR)))
        return true;
    if (!atomic_exchange(&closed, true) && problem != EPIPE && !(terminal && problem == EIO))
        output_lost("can't write to standard output: %s", g_strerror(problem));
    return false;
}

void output_write(const char *data, gsize size)
{
    static bool known, terminal; /* isatty() fails after a hang-up */

    if (!known)
        terminal = isatty(STDOUT_FILENO);
    known = true;
    while (size > 0 && !atomic_load(&closed)) {
        ssize_t n = write(STDOUT_FILENO, data, size);

        if (n < 0 && !stays_open(terminal))
            return;
        data += MAX(n, 0);
        size -= (gsize)MAX(n, 0);
    }
}

void output_print(const char *text)
{
    output_write(text, strlen(text));
}
