/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proc.c: see proc.h. */
#include "controller/base/proc.h"

#include <string.h>

/* The name in front of it may have brackets, too. */
char proc_state(const char *stat)
{
    const char *name_end = strrchr(stat, ')');

    return name_end && name_end[1] == ' ' && g_ascii_isalpha(name_end[2]) ? name_end[2] : '?';
}

char **proc_words(const char *cmdline, gsize size)
{
    GPtrArray *words = g_ptr_array_new();

    for (gsize at = 0; at < size; at += strnlen(cmdline + at, size - at) + 1)
        g_ptr_array_add(words, g_strndup(cmdline + at, size - at));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}
