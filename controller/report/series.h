/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.h: all barriers of a run in bounded memory, for pictures. Neighbouring spans are joined as
 * the run grows, so that SERIES_MAX spans hold a run of any length. Pure.
 *
 * The time of each barrier is kept too, as stretches of equal steps, until there are
 * SERIES_MAX_STRETCHES stretches.
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include "controller/base/vtime.h"

#include <glib.h>

#define SERIES_MAX           512
#define SERIES_MAX_STRETCHES 1000

/* A node's part in a span. */
typedef struct {
    uint64_t waited_for; /* barriers at which the node came last */
    uint64_t seen;       /* barriers that the node took part in */
    int64_t offset_ns;   /* stamp less barrier time, the one farthest from 0 */
} SeriesNode;

/* Successive barriers, joined. */
typedef struct {
    uint64_t count;
    VTime from, to;            /* the first and the last one */
    int64_t host_ns, host_max; /* grant to last arrival: sum, and the longest */
    GArray *nodes;             /* SeriesNode, by index in the series' names; may be shorter */
} SeriesSpan;

/* `count` barriers at first, first + step, … */
typedef struct {
    VTime first;
    int64_t step;
    uint64_t count;
} SeriesStretch;

typedef struct {
    GPtrArray *names;  /* char *: all nodes so far, in the order of their first column */
    GArray *spans;     /* SeriesSpan */
    GArray *stretches; /* SeriesStretch; full at SERIES_MAX_STRETCHES */
    GArray *columns;   /* unsigned: the node of each column of series_add() */
    uint64_t per_span; /* barriers in a full span */
} Series;

Series *series_new(void);
void series_free(Series *series);

/* Names the nodes of the columns of the following series_add() calls. */
void series_columns(Series *series, const char *const *names, unsigned n);

/* Adds one barrier; parameters as of report_row(), one entry for each column. */
void series_add(Series *series, VTime time, int64_t host_ns, const int64_t *stamps_us,
                const int64_t *waited_ns);

/* Forgets the barriers behind this time. A span that holds earlier ones, too, is cut in proportion. */
void series_rewind(Series *series, VTime time);

/* A node's part in a span; all 0 if the node took none. */
SeriesNode series_node(const SeriesSpan *span, unsigned node);

/* The index of the node that came last most often in a span; names->len if no node did. */
unsigned series_slowest(const Series *series, const SeriesSpan *span);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Series, series_free)

#endif
