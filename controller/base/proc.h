/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc.h: parses files below /proc/PID. A process may give itself any name and any arguments. Pure.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <glib.h>
#include <stdint.h>

/* Returns the state's letter from the text of /proc/PID/stat; '?' if the text has none. */
char proc_state(const char *stat);

/* Fields of /proc/PID/stat that are numbers, by proc(5). */
#define PROC_MAJOR_FAULTS 12
#define PROC_START_TIME   22 /* in ticks since the host's start */
#define PROC_IO_DELAY     42 /* in ticks; 0 where the kernel does not count it */

/* Returns a field from the text of /proc/PID/stat; -1 if the text has none. */
int64_t proc_number(const char *stat, int field);

/* Returns the number behind "KEY:" in a text of such lines (/proc/PID/io, /proc/meminfo); -1 if the
 * text has none. */
int64_t proc_value(const char *text, const char *key);

/* Splits /proc/PID/cmdline into words, NULL-terminated. The caller frees the words with
 * g_strfreev(). */
char **proc_words(const char *cmdline, gsize size);

#endif
