/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * svg.h: the elements of the pictures in report.html: escaped text, numbers with units, scales with
 * round ticks. Pure; each function appends to a GString. Colours are classes of page.css, so that
 * one drawing serves a light and a dark page.
 */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include <glib.h>
#include <stdint.h>

/*
 * Sizes in units of the drawing. page.css sets text to SVG_TEXT on a narrow page, so that the text
 * can be read there, and to less on a wide page. A drawing leaves room for the largest text.
 */
#define SVG_TEXT    24
#define SVG_CHAR    14.5 /* width of a wide bold character of that height */
#define SVG_WIDTH   1080
#define SVG_LEFT    176  /* left end of the scales, right of names and numbers */
#define SVG_RIGHT   1016 /* right end of the scales; half a label has room behind */
#define SVG_TICKS   5    /* the most labels along the x axis */
#define SVG_COLOURS 8    /* classes c0 … c7 */

/* Text for element contents and quoted attributes. Markup is escaped, bytes that are not UTF-8 are
 * replaced, and control characters except newline and tab are left out. */
void svg_text(GString *out, const char *text);

/* As svg_text(), but at most `most` bytes of the text; "…" follows a text that was cut. */
void svg_text_cut(GString *out, const char *text, gsize most);

/* names[index], shortened to `most` characters, not escaped; free with g_free(). A longer name loses
 * first the parts that all names share, then its middle. names: char *. */
char *svg_label(const GPtrArray *names, unsigned index, unsigned most);

/* "1,234,567" */
void svg_count(GString *out, int64_t n);

/* "1.23M": at most six characters. */
void svg_short_count(GString *out, uint64_t n);

/* A time in ns, "12.5 ms", with as many decimals as multiples of the step (ns) need, at most 2. */
void svg_time(GString *out, int64_t ns, int64_t step);

/* A duration in ns with three digits: "1.23 ms". */
void svg_duration(GString *out, int64_t ns);

/* A linear scale: the values from … to lie at the drawing's coordinates at … end. */
typedef struct {
    int64_t from, to;
    double at, end;
} SvgScale;

double svg_at(SvgScale scale, int64_t value);

/* The least round step (1, 2 or 5 times a power of ten) that divides a range into at most `most`
 * steps. */
int64_t svg_step(int64_t range, unsigned most);

/* Grid lines with labels: times along the x axis, between two heights; durations along the y axis,
 * with labels on the left. */
void svg_time_grid(GString *out, SvgScale x, double top, double bottom);
void svg_duration_grid(GString *out, SvgScale y);

#endif
