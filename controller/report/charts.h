/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * charts.h: the sections of report.html. A section is HTML with a heading, a picture (SVG) and the
 * same figures as a table. Pure. A section without figures is one sentence. Each function appends
 * one section to `out`.
 */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "controller/report/series.h"
#include "controller/report/summary.h"

/* A curve of clock readings (report_clock()). */
typedef struct {
    char *name;
    GArray *points;  /* CurvePoint; at most CURVE_MAX */
    uint64_t stride; /* one of this many readings is kept */
    uint64_t seen;   /* readings so far */
} Curve;

typedef struct {
    VTime at;
    int64_t offset_ns; /* the clock's reading less virtual time */
} CurvePoint;

#define CURVE_MAX 1024

Curve *curve_new(const char *name);
void curve_free(void *curve);
/* Adds a reading. A full curve first drops every second point and doubles its stride. */
void curve_add(Curve *curve, VTime at, int64_t offset_ns);

/* Everything that a page shows. */
typedef struct {
    const ReportSummary *summary;
    const Series *series;
    const GPtrArray *curves; /* Curve */
} Picture;

/* Three sections: how the run ended, whether the run was exact, which checks were made. */
void section_outcome(GString *out, const Picture *picture);
void section_exactness(GString *out, const Picture *picture);
void section_checks(GString *out, const Picture *picture);

/* Reads the log files for a last line that has no newline yet; otherwise pure. */
void section_consoles(GString *out, const Picture *picture);

void section_nodes(GString *out, const Picture *picture);

void chart_overshoot(GString *out, const Picture *picture);
void chart_host_cost(GString *out, const Picture *picture);
void chart_clocks(GString *out, const Picture *picture);

/* The space-time diagram, with the data for page.js. */
void chart_spacetime(GString *out, const Picture *picture);

#endif
