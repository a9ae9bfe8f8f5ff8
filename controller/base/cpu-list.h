/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cpu-list.h: parses lists of CPUs in Linux's syntax, such as "0-3,6" (cpuset(7)). Pure.
 */
#ifndef BASE_CPU_LIST_H
#define BASE_CPU_LIST_H

#include <sched.h>
#include <stdbool.h>

/* Returns false if the text is not a list, is empty, or has a CPU from CPU_SETSIZE on; *set is
 * untouched then. */
bool cpu_list_parse(const char *list, cpu_set_t *set);

#endif
