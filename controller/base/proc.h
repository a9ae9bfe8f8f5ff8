/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proc.h: what files below /proc/PID say; a process may give itself any name and any words. Pure. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <glib.h>
#include <stdint.h>

/* Of stat: the letter of the state; '?': it has none. */
char proc_state(const char *stat);

/* Of stat: when it began, in ticks since the host did; -1: it does not say. */
int64_t proc_start_time(const char *stat);

/* Of cmdline: its words, NULL-terminated; free with g_strfreev(). */
char **proc_words(const char *cmdline, gsize size);

#endif
