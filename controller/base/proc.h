/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proc.h: what files below /proc/PID say; a process may give itself any name and any words. Pure. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <glib.h>

/* Of stat: the letter of the state; '?': it has none. */
char proc_state(const char *stat);

/* Of cmdline: its words, NULL-terminated; free with g_strfreev(). */
char **proc_words(const char *cmdline, gsize size);

#endif
