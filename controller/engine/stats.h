/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats.h: what is counted while quanta are run: a distribution of virtual times, a node's share,
 * the ensemble's total. Adding allocates only when a value is not 0, which in the exact modes
 * never happens on the barrier path.
 */
#ifndef ENGINE_STATS_H
#define ENGINE_STATS_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t zeros;
    GArray *others; /* int64_t ns, not 0; NULL while there are none */
} Dist;

typedef struct {
    uint64_t count, outliers; /* outliers: farther than 1.5 interquartile ranges from the middle */
    int64_t min, median, max;
    double mean;
} DistSummary;

void dist_add(Dist *dist, int64_t ns);
DistSummary dist_summary(const Dist *dist);
int64_t dist_max(const Dist *dist);
void dist_clear(Dist *dist);

typedef struct NodeStats {
    uint64_t missed;     /* boundaries that the node ran past */
    uint64_t overshot;   /* stops that executed instructions past their target */
    uint64_t repairs;    /* late tokens that were seen and mended in time */
    uint64_t waited_for; /* barriers at which it came last */
    HTime waited;        /* host time that the others waited for it */
    Dist overshoot;      /* virtual ns of instructions executed past a target */
    Dist idle_skip;      /* virtual ns that the clock moved past a target while idle */
} NodeStats;

typedef struct {
    _Atomic uint64_t barriers; /* also looked at while a segment runs */
    HTime in_quanta; /* host time from the first grant to the last arrival, over all segments */
} EnsembleStats;

#endif
