/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h: messages for the person who runs metronome, on stderr, by level and subsystem. Library
 * code returns errors instead; the log says what happened that is not an error.
 *
 *   metronome: warn: text
 *   metronome: info: [12.345678 | 1.234000000s] engine: text
 *
 * Warnings and errors are plain, since scripts read them. The others carry host seconds since
 * metronome began, the ensemble's virtual time if there is one, and the subsystem: the folder of
 * controller/ that the message comes from, or the file right in it. Any thread may log.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG,
} LogLevel;

/* Of all subsystems. */
void log_set_level(LogLevel level);
/* The loudest level that any subsystem has. */
LogLevel log_get_level(void);

/* Of one; false if there is none of that name. */
bool log_set_subsystem_level(const char *subsystem, LogLevel level);

/* NULL-terminated. */
const char *const *log_subsystems(void);

/* Name of the subsystem of a source file, as __FILE__ says it; "other" if it has none. */
const char *log_subsystem_of(const char *file);

/* "error" "warn" "info" "debug"; the message of a failure names them. */
bool log_level_parse(const char *text, LogLevel *out, GError **error);
const char *log_level_name(LogLevel level);
/* The names of all, NULL-terminated. */
const char *const *log_levels(void);

/* Writes the lines instead of stderr, so that a prompt or a progress line can be taken away before;
 * in the thread that logs. NULL: plainly to stderr. A line ends with a newline. */
typedef void (*LogWriter)(const char *line);
void log_set_writer(LogWriter writer);

/* Tells the ensemble's time, from any thread that logs. NULL: there is none. */
typedef VTime (*LogVirtual)(void);
void log_set_virtual(LogVirtual func);

/* A message may quote anybody: it is made fit for a terminal (text_plain()), and what follows a
 * newline in it is set in. */
void log_message(LogLevel level, const char *file, const char *format, ...) G_GNUC_PRINTF(3, 4);

#define log_write(level, ...) log_message(level, __FILE__, __VA_ARGS__)

#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
