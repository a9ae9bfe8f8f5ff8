/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quanta.h: finds the quantum of an event that is known by its host time only. Pure.
 *
 * QEMU tells events with its host's time of day; in strict mode its monitor has to wait for the
 * guest before it is received, so that an event may come some quanta after it happened.
 */
#ifndef QEMU_QUANTA_H
#define QEMU_QUANTA_H

#include "controller/base/vtime.h"

#include <glib.h>

#define QUANTA_KEPT 1024

/* The last quanta of a worker, in a ring. */
typedef struct {
    uint64_t n; /* quanta begun so far */
    struct {
        HTime granted; /* host time of the quantum's begin */
        VTime until;   /* end of the quantum, in the ensemble's time */
    } kept[QUANTA_KEPT];
} Quanta;

static inline void quanta_begin(Quanta *q, HTime granted, VTime until)
{
    q->kept[q->n % QUANTA_KEPT].granted = granted;
    q->kept[q->n % QUANTA_KEPT].until = until;
    q->n++;
}

/* The end of the last quantum that had begun at host time `when`, or of the oldest known quantum if
 * none had. `when` is floored to µs. At least one quantum must have begun. */
static inline VTime quanta_find(const Quanta *q, HTime when)
{
    uint64_t first = q->n > QUANTA_KEPT ? q->n - QUANTA_KEPT : 0, i = q->n - 1;

    while (i > first && q->kept[i % QUANTA_KEPT].granted.ns > when.ns + NS_PER_US)
        i--;
    return q->kept[i % QUANTA_KEPT].until;
}

#endif
