/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * charts.h: the sections of report.html: HTML with a heading, a picture (SVG) and the same figures
 * as a table. Pure. A section that could only say that there was nothing is one sentence.
 */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "controller/report/series.h"
#include "controller/report/summary.h"

/* A curve of clock readings (report_clock()). */
typedef struct {
    char *name;
    GArray *points;  /* CurvePoint */
    uint64_t stride; /* every so many readings are kept */
    uint64_t seen;
} Curve;

typedef struct {
    VTime at;
    int64_t offset_ns;
} CurvePoint;

#define CURVE_MAX 1024

Curve *curve_new(const char *name);
void curve_free(void *curve);
/* Thins itself out beyond CURVE_MAX points. */
void curve_add(Curve *curve, VTime at, int64_t offset_ns);

/* Everything that a page shows. */
typedef struct {
    const ReportSummary *summary;
    const Series *series;
    const GPtrArray *curves; /* Curve */
} Picture;

/* How it ended, whether it was exact, what was checked. */
void section_outcome(GString *out, const Picture *picture);
void section_exactness(GString *out, const Picture *picture);
void section_checks(GString *out, const Picture *picture);

/* Reads what a guest has written behind its last line; else pure. */
void section_consoles(GString *out, const Picture *picture);

void section_nodes(GString *out, const Picture *picture);

void chart_overshoot(GString *out, const Picture *picture);
void chart_host_cost(GString *out, const Picture *picture);
void chart_clocks(GString *out, const Picture *picture);

/* The space-time diagram, with its data for the script. */
void chart_spacetime(GString *out, const Picture *picture);

#endif
