/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h: messages for the person who runs metronome, on stderr, by level and subsystem. Library
 * code returns errors instead; the log reports events that are not errors.
 *
 *   metronome: warn: text
 *   metronome: info: [12.345678 | 1.234000000s] engine: text
 *
 * Warnings and errors are plain, because scripts read them. The other messages carry the host
 * seconds since metronome began, the ensemble's virtual time if there is one, and the subsystem.
 * The subsystem is the folder of controller/ that the message comes from, or the file directly in
 * controller/. Any thread may log.
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

/* Sets the level of all subsystems. */
void log_set_level(LogLevel level);
/* Returns the loudest level of all subsystems. */
LogLevel log_get_level(void);

/* Sets the level of one subsystem. Returns false if no subsystem has that name. */
bool log_set_subsystem_level(const char *subsystem, LogLevel level);

/* Names of all subsystems, NULL-terminated. */
const char *const *log_subsystems(void);

/* Returns the subsystem of a source file (__FILE__); "other" if the file belongs to none. */
const char *log_subsystem_of(const char *file);

/* Parses "error", "warn", "info" or "debug". The message of a failure names these levels. */
bool log_level_parse(const char *text, LogLevel *out, GError **error);
const char *log_level_name(LogLevel level);
/* Names of all levels, NULL-terminated. */
const char *const *log_levels(void);

/* Writes a line instead of the default output to stderr, so that the writer can remove a prompt or
 * a progress line first. Called in the thread that logs. NULL: default output. A line ends with a
 * newline. */
typedef void (*LogWriter)(const char *line);
void log_set_writer(LogWriter writer);

/* Gets each warning as it was given, whatever the level of the log, in the thread that logs. NULL:
 * nobody does. */
typedef void (*LogWatcher)(const char *text);
void log_set_watcher(LogWatcher func);

/* Returns the ensemble's virtual time; called in any thread that logs. NULL: no virtual time. */
typedef VTime (*LogVirtual)(void);
void log_set_virtual(LogVirtual func);

/* Logs a message. A message may quote text of others: text_plain() makes the message fit for a
 * terminal, and the lines after a newline in the message are indented. */
void log_message(LogLevel level, const char *file, const char *format, ...) G_GNUC_PRINTF(3, 4);

#define log_write(level, ...) log_message(level, __FILE__, __VA_ARGS__)

#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
