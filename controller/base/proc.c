/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc.c: parses stat behind the process's name, by the fields of proc(5).
 */
#include "controller/base/proc.h"

#include <string.h>

/* Finds the bracket behind the name. The name is field 2 and may contain brackets and spaces. */
static const char *name_end_of(const char *stat)
{
    return strrchr(stat, ')');
}

char proc_state(const char *stat)
{
    const char *name_end = name_end_of(stat);

    return name_end && name_end[1] == ' ' && g_ascii_isalpha(name_end[2]) ? name_end[2] : '?';
}

int64_t proc_number(const char *stat, int field)
{
    const char *p = name_end_of(stat);

    for (int i = 2; p && i < field; i++)
        p = strchr(p + 1, ' ');
    return p ? g_ascii_strtoll(p, NULL, 10) : -1;
}

int64_t proc_value(const char *text, const char *key)
{
    size_t size = strlen(key);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, size) == 0 && line[size] == ':')
            return g_ascii_strtoll(line + size + 1, NULL, 10);
    }
    return -1;
}

char **proc_words(const char *cmdline, gsize size)
{
    GPtrArray *words = g_ptr_array_new();

    for (gsize at = 0; at < size; at += strnlen(cmdline + at, size - at) + 1)
        g_ptr_array_add(words, g_strndup(cmdline + at, size - at));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}
