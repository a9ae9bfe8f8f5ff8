/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log.c: one line a message, "metronome: LEVEL: text"; lines of several threads never mix. */
#include "controller/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"error", "warn", "info", "debug"};
static LogLevel threshold = LOG_WARN;
static LogWriter writer;

void log_set_level(LogLevel level)
{
    threshold = level;
}

LogLevel log_get_level(void)
{
    return threshold;
}

const char *log_level_name(LogLevel level)
{
    return names[level];
}

bool log_level_parse(const char *text, LogLevel *out, GError **error)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (LogLevel)i;
            return true;
        }
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "'%s' is not a log level: error, warn, info or debug is", text);
    return false;
}

void log_set_writer(LogWriter func)
{
    writer = func;
}

void log_write(LogLevel level, const char *format, ...)
{
    g_autofree char *text = NULL, *line = NULL;
    va_list args;

    if (level > threshold)
        return;
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    line = g_strdup_printf("metronome: %s: %s\n", names[level], text);
    if (writer)
        writer(line);
    else
        fputs(line, stderr);
}
