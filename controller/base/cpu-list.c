/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cpu-list.c: splits the list at commas and each range at its dash; sets the result only if all
 * ranges are valid.
 */
#include "controller/base/cpu-list.h"

#include <glib.h>

static bool parse_range(const char *range, cpu_set_t *set)
{
    g_auto(GStrv) ends = g_strsplit(range, "-", 2);
    guint64 first, last;

    if (!ends[0] || !g_ascii_string_to_unsigned(ends[0], 10, 0, CPU_SETSIZE - 1, &first, NULL) ||
        !g_ascii_string_to_unsigned(ends[1] ? ends[1] : ends[0], 10, first, CPU_SETSIZE - 1, &last,
                                    NULL))
        return false;
    for (guint64 cpu = first; cpu <= last; cpu++)
        CPU_SET(cpu, set);
    return true;
}

bool cpu_list_parse(const char *list, cpu_set_t *set)
{
    g_auto(GStrv) ranges = g_strsplit(list, ",", -1);
    cpu_set_t found;

    CPU_ZERO(&found);
    for (char **r = ranges; *r; r++)
        if (!parse_range(*r, &found))
            return false;
    if (!ranges[0])
        return false;
    *set = found;
    return true;
}
