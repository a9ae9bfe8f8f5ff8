/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cpu-list.h: lists of CPUs as Linux writes them, such as "0-3,6" (cpuset(7)). Pure. */
#ifndef BASE_CPU_LIST_H
#define BASE_CPU_LIST_H

#include <sched.h>
#include <stdbool.h>

/* False, *set untouched, if the text is no list, is empty, or has a CPU from CPU_SETSIZE on. */
bool cpu_list_parse(const char *list, cpu_set_t *set);

#endif
