/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chart-clocks.c: how far clocks were from virtual time. Shows readings of guests' clocks if there
 * are any, else the distance of each node from each barrier.
 */
#include "controller/report/charts.h"
#include "controller/report/svg.h"

#include <inttypes.h>

#define MAX_CURVES 8
#define TOP        16
#define BOTTOM     226

Curve *curve_new(const char *name)
{
    Curve *c = g_new0(Curve, 1);

    c->name = g_strdup(name);
    c->points = g_array_new(FALSE, FALSE, sizeof(CurvePoint));
    c->stride = 1;
    return c;
}

void curve_free(void *data)
{
    Curve *c = data;

    g_free(c->name);
    g_array_unref(c->points);
    g_free(c);
}

static const CurvePoint *point(const Curve *c, unsigned i)
{
    return &g_array_index(c->points, CurvePoint, i);
}

void curve_add(Curve *c, VTime at, int64_t offset_ns)
{
    CurvePoint p = {at, offset_ns};

    if (c->seen++ % c->stride != 0)
        return;
    if (c->points->len == CURVE_MAX) {
        for (unsigned i = 0; i < CURVE_MAX / 2; i++)
            g_array_index(c->points, CurvePoint, i) = *point(c, 2 * i);
        g_array_set_size(c->points, CURVE_MAX / 2);
        c->stride *= 2;
    }
    g_array_append_val(c->points, p);
}

/* One curve for each node: its offset from each span's barriers. Free with g_ptr_array_unref(). */
static GPtrArray *from_series(const Series *s)
{
    GPtrArray *curves = g_ptr_array_new_with_free_func(curve_free);

    for (unsigned n = 0; n < s->names->len; n++) {
        Curve *c = curve_new(s->names->pdata[n]);

        for (unsigned i = 0; i < s->spans->len; i++) {
            const SeriesSpan *span = &g_array_index(s->spans, SeriesSpan, i);
            SeriesNode node = series_node(span, n);

            if (node.seen)
                curve_add(c, span->to, node.offset_ns);
        }
        g_ptr_array_add(curves, c);
    }
    return curves;
}

typedef struct {
    int64_t t0, t1, low, high;
} Extent;

static void extend(Extent *e, const Curve *c)
{
    for (unsigned i = 0; i < c->points->len; i++) {
        e->t0 = MIN(e->t0, point(c, i)->at.ns);
        e->t1 = MAX(e->t1, point(c, i)->at.ns);
        e->low = MIN(e->low, point(c, i)->offset_ns);
        e->high = MAX(e->high, point(c, i)->offset_ns);
    }
}

static int64_t farthest(const Curve *c)
{
    Extent e = {INT64_MAX, 0, 0, 0};

    extend(&e, c);
    return MAX(e.high, -e.low);
}

static gint by_distance(gconstpointer a, gconstpointer b)
{
    int64_t x = farthest(*(Curve *const *)a), y = farthest(*(Curve *const *)b);

    return (x < y) - (x > y);
}

static void draw_curve(GString *out, const Curve *c, unsigned colour, SvgScale x, SvgScale y)
{
    g_string_append_printf(out, "<path class=\"curve s%u\" d=\"", colour);
    for (unsigned i = 0; i < c->points->len; i++)
        g_string_append_printf(out, "%c%.1f %.1f", i ? 'L' : 'M', svg_at(x, point(c, i)->at.ns),
                               svg_at(y, point(c, i)->offset_ns));
    g_string_append(out, "\"><title>");
    svg_text(out, c->name);
    g_string_append(out, ": at most ");
    svg_duration(out, farthest(c));
    g_string_append(out, " away</title></path>");
}

static void legend(GString *out, const GPtrArray *curves, unsigned n)
{
    g_string_append(out, "<ul class=\"legend\">");
    for (unsigned i = 0; i < n; i++) {
        const Curve *c = curves->pdata[i];

        g_string_append_printf(out,
                               "<li><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path "
                               "class=\"curve s%u\" d=\"M1 5H27\"/></svg>",
                               i);
        svg_text(out, c->name);
        g_string_append(out, "</li>");
    }
    g_string_append(out, "</ul>\n");
}

static void draw(GString *out, const GPtrArray *curves, unsigned n)
{
    Extent e = {INT64_MAX, 0, 0, 0};
    int64_t margin;
    SvgScale x, y;

    for (unsigned i = 0; i < n; i++)
        extend(&e, curves->pdata[i]);
    margin = MAX((e.high - e.low) / 10, 500);
    x = (SvgScale){e.t0, MAX(e.t1, e.t0 + 1), SVG_LEFT, SVG_RIGHT};
    y = (SvgScale){e.low - margin, e.high + margin, BOTTOM, TOP};
    legend(out, curves, n);
    g_string_append_printf(out,
                           "<div class=\"wide\"><svg viewBox=\"0 0 %d %d\" role=\"img\" "
                           "aria-label=\"Offsets of clocks over virtual time\">",
                           SVG_WIDTH, BOTTOM + 44);
    svg_duration_grid(out, y);
    svg_time_grid(out, x, TOP, BOTTOM);
    for (unsigned i = n; i-- > 0;)
        draw_curve(out, curves->pdata[i], i % SVG_COLOURS, x, y);
    g_string_append(out, "</svg></div>\n");
}

static void table(GString *out, const GPtrArray *curves)
{
    g_string_append(out, "<details><summary>As a table</summary><div class=\"wide\"><table><thead>"
                         "<tr><th>Clock</th><th>first</th><th>last</th><th>least</th>"
                         "<th>greatest</th></tr></thead><tbody>\n");
    for (unsigned i = 0; i < curves->len; i++) {
        const Curve *c = curves->pdata[i];
        Extent e = {INT64_MAX, 0, INT64_MAX, INT64_MIN};
        int64_t shown[4];

        if (c->points->len == 0)
            continue;
        extend(&e, c);
        shown[0] = point(c, 0)->offset_ns;
        shown[1] = point(c, c->points->len - 1)->offset_ns;
        shown[2] = e.low;
        shown[3] = e.high;
        g_string_append(out, "<tr><th scope=\"row\">");
        svg_text(out, c->name);
        g_string_append(out, "</th>");
        for (unsigned k = 0; k < G_N_ELEMENTS(shown); k++) {
            g_string_append(out, "<td>");
            svg_count(out, shown[k]);
            g_string_append(out, " ns</td>");
        }
        g_string_append(out, "</tr>\n");
    }
    g_string_append(out, "</tbody></table></div></details>\n");
}

void chart_clocks(GString *out, const Picture *p)
{
    bool read = p->curves->len > 0;
    g_autoptr(GPtrArray) made = read ? NULL : from_series(p->series);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    const GPtrArray *curves = read ? p->curves : made;
    int64_t remote = 0;
    unsigned n;

    for (unsigned i = 0; i < curves->len; i++)
        if (((const Curve *)curves->pdata[i])->points->len > 0)
            g_ptr_array_add(sorted, curves->pdata[i]);
    for (unsigned i = 0; i < sorted->len; i++)
        remote = MAX(remote, farthest(sorted->pdata[i]));
    if (remote == 0) {
        g_string_append(out, "<section id=\"clocks\" class=\"quiet\"><h2>Clocks</h2> <p>");
        g_string_append(out, sorted->len == 0 ? "No clock was recorded."
                             : read           ? "No guest's clock strayed from virtual time."
                                    : "All nodes stood at all barriers to the microsecond.");
        g_string_append(out, "</p></section>\n");
        return;
    }
    g_string_append(out, "<section id=\"clocks\"><h2>Clocks</h2>\n");
    if (sorted->len > MAX_CURVES)
        g_ptr_array_sort(sorted, by_distance);
    n = MIN(sorted->len, MAX_CURVES);
    g_string_append(
        out, read
                 ? "<p>What the guests' clocks read, less the ensemble's virtual time; each begins "
                   "at 0."
                 : "<p>Where each node's own clock stood at barriers, less the "
                   "barrier's virtual time; the farthest of each span.");
    if (n < sorted->len)
        g_string_append_printf(out, " The %u that strayed farthest, of %u.", n, sorted->len);
    g_string_append(out, "</p>\n");
    draw(out, sorted, n);
    table(out, sorted);
    g_string_append(out, "</section>\n");
}
