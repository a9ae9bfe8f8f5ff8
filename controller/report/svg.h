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

/*
 * page.css sets text to this height where the page is narrow, so that it can be read there, and to
 * less where it is wide: what is drawn leaves room for the largest.
 */
#define SVG_TEXT    24
#define SVG_CHAR    14.5 /* width of a wide character of it, in bold */
#define SVG_WIDTH   1080
#define SVG_LEFT    176  /* where the scales begin, right of names and numbers */
#define SVG_RIGHT   1016 /* half a label has room behind it */
#define SVG_TICKS   5    /* most labels along the x axis */
#define SVG_COLOURS 8    /* classes c0 … c7 */

/* Text for element contents and double-quoted attributes: markup is escaped, what is no UTF-8
 * replaced, control characters but newline and tab left out. */
void svg_text(GString *out, const char *text);

/* As svg_text(), but no more than so many bytes of it, and … behind them. */
void svg_text_cut(GString *out, const char *text, gsize most);

/* A name at most so many characters long. Of a longer one what it shares with all other names is
 * left out, then its middle. names: char *. */
void svg_label(GString *out, const GPtrArray *names, unsigned index, unsigned most);

/* "1,234,567" */
void svg_count(GString *out, int64_t n);

/* "1.23M": at most six characters. */
void svg_short_count(GString *out, uint64_t n);

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
