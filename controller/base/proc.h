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

/* Returns the start time from the text of /proc/PID/stat, in ticks since the host's start; -1 if
 * the text has none. */
int64_t proc_start_time(const char *stat);

/* Splits /proc/PID/cmdline into words, NULL-terminated. The caller frees the words with
 * g_strfreev(). */
char **proc_words(const char *cmdline, gsize size);

#endif
