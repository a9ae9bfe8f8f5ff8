/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h: messages for the person who runs metronome, on stderr, by level. Library code returns
 * errors instead; the log says what happened that is not an error.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG,
} LogLevel;

void log_set_level(LogLevel level);
LogLevel log_get_level(void);

/* "error" "warn" "info" "debug"; the message of a failure names them. */
bool log_level_parse(const char *text, LogLevel *out, GError **error);
const char *log_level_name(LogLevel level);

/* Writes the lines instead of stderr, so that a prompt or a progress line can be taken away before;
 * in the thread that logs. NULL: plainly to stderr. A line ends with a newline. */
typedef void (*LogWriter)(const char *line);
void log_set_writer(LogWriter writer);

void log_write(LogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
