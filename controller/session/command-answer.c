/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command-answer.c: reads a command's stream to its end. */
#include "controller/session/command-answer.h"

#include "controller/base/vtime.h"
#include "controller/remote/stream.h"
#include "controller/session/session-error.h"

#include <poll.h>
#include <string.h>

#define LOOK_MS    200 /* between two calls of stop() */
#define MAX_ANSWER (1 << 20)

/* True if the wait for more is over. */
static bool is_over(HTime start, unsigned limit_s, bool (*stop)(void *), void *data, GError **why)
{
    if (stop && stop(data))
        g_set_error(why, SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted");
    else if (limit_s > 0 && htime_sub(htime_now(), start).ns > limit_s * NS_PER_S)
        g_set_error(why, SESSION_ERROR, SESSION_ERROR_USAGE, "it has not ended for %u s", limit_s);
    return *why;
}

/* Reads until the end of the stream, which is an error of it, too. */
static GString *read_all(Stream *stream, unsigned limit_s, bool (*stop)(void *), void *data,
                         GError **why)
{
    GString *text = g_string_new(NULL);
    HTime start = htime_now();
    char bytes[4096];

    while (!*why && text->len < MAX_ANSWER) {
        struct pollfd p = {.fd = stream_fd(stream), .events = POLLIN};
        gssize n = stream_read(stream, bytes, sizeof(bytes), why);

        if (n > 0)
            g_string_append_len(text, bytes, n);
        else if (n == 0 && !is_over(start, limit_s, stop, data, why))
            poll(&p, 1, LOOK_MS);
    }
    if (!*why)
        g_set_error(why, SESSION_ERROR, SESSION_ERROR_USAGE, "it prints more than %d bytes",
                    MAX_ANSWER);
    return text;
}

char *command_answer(const char *command, unsigned limit_s, bool (*stop)(void *), void *data,
                     GError **error)
{
    const char *shown = command + (g_str_has_prefix(command, "exec ") ? strlen("exec ") : 0);
    Stream *stream = stream_new_command(command, error);
    g_autoptr(GError) why = NULL;
    g_autofree char *text = NULL;
    bool over;

    if (!stream)
        return NULL;
    text = g_strchomp(g_string_free(read_all(stream, limit_s, stop, data, &why), FALSE));
    stream_free(stream);
    over = why && why->domain == SESSION_ERROR;
    if (*text && !over)
        return g_steal_pointer(&text);
    g_set_error(error, SESSION_ERROR, over ? why->code : SESSION_ERROR_USAGE, "`%s`: %s%s", shown,
                over ? "" : "it prints nothing: ", why ? why->message : "");
    return NULL;
}
