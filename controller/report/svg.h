/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * svg.h: what the pictures of report.html are put together from: escaped text, numbers with units,
 * scales with round ticks. Pure; everything is appended to a GString. Colours are classes of
 * page.css, so that one drawing serves light and dark.
 */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include <glib.h>
#include <stdint.h>

#define SVG_WIDTH   1080
#define SVG_LEFT    112 /* where the scales begin, right of names and numbers */
#define SVG_RIGHT   1064
#define SVG_COLOURS 8 /* classes c0 … c7 */

/* Text for element contents and double-quoted attributes: markup is escaped, what is no UTF-8
 * replaced, control characters but newline and tab left out. */
void svg_text(GString *out, const char *text);

/* A JSON string that can't end a script element either. */
void svg_json_text(GString *out, const char *text);

/* "1,234,567" */
void svg_count(GString *out, int64_t n);

/* A time of a round step: "12.5 ms", with as many digits as multiples of the step need. */
void svg_time(GString *out, int64_t ns, int64_t step);

/* A duration to three digits: "1.23 ms". */
void svg_duration(GString *out, int64_t ns);

/* Values from..to lie at pixels at..end, linearly. */
typedef struct {
    int64_t from, to;
    double at, end;
} SvgScale;

double svg_at(SvgScale scale, int64_t value);

/* The least round step (1, 2 or 5 times a power of ten) that makes at most `most` steps. */
int64_t svg_step(int64_t range, unsigned most);

/* Grid lines and labels: of time along the x axis between two heights, of durations on the left. */
void svg_time_grid(GString *out, SvgScale x, double top, double bottom);
void svg_duration_grid(GString *out, SvgScale y);

#endif
