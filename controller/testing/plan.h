/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan.h: what `metronome test` is asked to do. The caller owns all that it points to. */
#ifndef TESTING_PLAN_H
#define TESTING_PLAN_H

#include "controller/base/vtime.h"

#include <stdbool.h>

typedef struct {
    char *const *words;                                    /* FILE and KEY=VALUE, NULL-terminated */
    const char *qemu, *log, *from, *filter, *junit, *keep; /* NULL: not given */
    bool tap, list;
    unsigned runs;                               /* of each case, from 1 */
    unsigned jobs;                               /* 0: as many as there are CPUs */
    HTime timeout;                               /* of host time, for each case and boot; 0: none */
    VTime limit;                                 /* of virtual time, for each case; 0: none */
    void (*print)(const char *text, void *data); /* text for stdout, with newlines */
    /* A line of progress; NULL: remove it, since other output follows. NULL: none is wanted. */
    void (*progress)(const char *text, void *data);
    void *data;
} TestPlan;

#endif
