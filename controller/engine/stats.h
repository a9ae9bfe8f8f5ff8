/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats.h: figures that are counted while quanta run: a distribution of virtual times, one node's
 * figures, the ensemble's total.
 *
 * Adding to a distribution allocates only for a value other than 0. In the exact modes this never
 * happens on the barrier path.
 */
#ifndef ENGINE_STATS_H
#define ENGINE_STATS_H

#include "controller/base/codec.h"
#include "controller/base/vtime.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t zeros;
    GArray *others; /* int64_t ns, none of them 0; NULL: no such value yet */
} Dist;

typedef struct {
    uint64_t count, outliers; /* outliers: over 1.5 interquartile ranges outside the middle half */
    int64_t min, median, max;
    double mean;
} DistSummary;

/* dist_max() is 0 if no value is greater; dist_clear() forgets all values and frees their
 * memory. */
void dist_add(Dist *dist, int64_t ns);
DistSummary dist_summary(const Dist *dist);
int64_t dist_max(const Dist *dist);
void dist_clear(Dist *dist);

typedef struct NodeStats {
    uint64_t missed;     /* boundaries that the node ran past */
    uint64_t overshot;   /* stops past whose target instructions were executed */
    uint64_t repairs;    /* tokens that came late and were replaced in time */
    uint64_t waited_for; /* barriers at which the node came last */
    HTime waited;        /* host time that the other nodes waited for it */
    Dist overshoot;      /* virtual ns of instructions executed past a target */
    Dist idle_skip;      /* virtual ns that the clock moved past a target while idle */
} NodeStats;

/* Writes a distribution. */
void dist_put(GByteArray *out, const Dist *dist);

/* Writes a node's figures, and reads them in place of those that are there. */
void node_stats_put(GByteArray *out, const NodeStats *stats);
void node_stats_get(Reader *r, NodeStats *stats);

typedef struct {
    _Atomic uint64_t barriers; /* also read while a segment runs */
    HTime in_quanta; /* sum of host times from a quantum's or grant's start to its last arrival */
} EnsembleStats;

#endif
