/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.h: all barriers of a run in bounded memory, for pictures: neighbours are joined as the run
 * grows, so that SERIES_MAX spans hold a run of any length. Pure.
 *
 * The times of barriers are kept one by one nonetheless: as stretches of equal steps.
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include "controller/base/vtime.h"

#include <glib.h>

#define SERIES_MAX           512
#define SERIES_MAX_STRETCHES 1000

/* A node's part in a span. */
typedef struct {
    uint64_t waited_for; /* barriers at which it came last */
    uint64_t seen;       /* barriers that it took part in */
    int64_t offset_ns;   /* of its stamps from their barriers, the one farthest from 0 */
} SeriesNode;

/* Successive barriers. */
typedef struct {
    uint64_t count;
    VTime from, to;            /* the first and the last one */
    int64_t host_ns, host_max; /* from the grant to the last arrival: sum, and the longest */
    GArray *nodes;             /* SeriesNode, by index in the series' names; may be shorter */
} SeriesSpan;

/* Barriers at first, first + step, …; count of them. */
typedef struct {
    VTime first;
    int64_t step;
    uint64_t count;
} SeriesStretch;

typedef struct {
    GPtrArray *names;  /* of the nodes, in the order of their coming */
    GArray *spans;     /* SeriesSpan */
    GArray *stretches; /* SeriesStretch; full at SERIES_MAX_STRETCHES */
    GArray *columns;   /* unsigned: the node of each column of series_add() */
    uint64_t per_span; /* barriers in a full span */
} Series;

Series *series_new(void);
void series_free(Series *series);

/* Whose figures come from now on. */
void series_columns(Series *series, const char *const *names, unsigned n);

/* One barrier; as report_row(). */
void series_add(Series *series, VTime time, int64_t host_ns, const int64_t *stamps_us,
                const int64_t *waited_ns);

/* A node's part in a span; all 0 if it took none. */
SeriesNode series_node(const SeriesSpan *span, unsigned node);

/* The node that came last most often; names->len if none did. */
unsigned series_slowest(const Series *series, const SeriesSpan *span);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Series, series_free)

#endif
