/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chart-host.c: the host time of barriers over virtual time, and the nodes that came last. */
#include "controller/report/charts.h"
#include "controller/report/svg.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_LANES 16
#define TOP       16
#define BOTTOM    206
#define LANE      30
#define NAME      10 /* characters of a name beside its lane */

static const SeriesSpan *span_at(const Series *s, unsigned i)
{
    return &g_array_index(s->spans, SeriesSpan, i);
}

static int64_t mean(const SeriesSpan *span)
{
    return span->host_ns / (int64_t)span->count;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The top of the scale, which holds nearly all bars: single long barriers must not flatten the
 * rest. */
static int64_t ceiling(const Series *s)
{
    g_autofree int64_t *means = g_new(int64_t, s->spans->len);
    int64_t top;

    for (unsigned i = 0; i < s->spans->len; i++)
        means[i] = mean(span_at(s, i));
    qsort(means, s->spans->len, sizeof(*means), compare);
    top = means[(s->spans->len - 1) * 98 / 100];
    return MAX(MIN(top + top / 2, means[s->spans->len - 1]), 1000);
}

static uint64_t waited_for(const Series *s, unsigned node)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < s->spans->len; i++)
        sum += series_node(span_at(s, i), node).waited_for;
    return sum;
}

/* Puts the nodes that were waited for most into `lanes`, in the order of the nodes; returns their
 * number. */
static unsigned choose(const Series *s, unsigned lanes[MAX_LANES])
{
    g_autofree bool *taken = g_new0(bool, s->names->len + 1);
    unsigned n = MIN(s->names->len, MAX_LANES), out = 0;

    for (unsigned i = 0; i < n; i++) {
        unsigned best = s->names->len;

        for (unsigned k = 0; k < s->names->len; k++)
            if (!taken[k] && (best == s->names->len || waited_for(s, k) > waited_for(s, best)))
                best = k;
        taken[best] = true;
    }
    for (unsigned k = 0; k < s->names->len; k++)
        if (taken[k])
            lanes[out++] = k;
    return out;
}

static void describe(GString *out, const Series *s, const SeriesSpan *span)
{
    unsigned slowest = series_slowest(s, span);

    svg_count(out, (int64_t)span->count);
    g_string_append(out, span->count == 1 ? " barrier, " : " barriers, ");
    svg_duration(out, span->from.ns);
    g_string_append(out, " to ");
    svg_duration(out, span->to.ns);
    g_string_append(out, "\nmean ");
    svg_duration(out, mean(span));
    g_string_append(out, ", longest ");
    svg_duration(out, span->host_max);
    g_string_append(out, " of host time");
    if (slowest < s->names->len) {
        g_string_append(out, "\nwaited for ");
        svg_text(out, s->names->pdata[slowest]);
        g_string_append_printf(out, " %.0f %%",
                               100 * (double)series_node(span, slowest).waited_for /
                                   (double)span->count);
    }
}

static void bars(GString *out, const Series *s, SvgScale x, SvgScale y)
{
    for (unsigned i = 0; i < s->spans->len; i++) {
        const SeriesSpan *span = span_at(s, i);
        int64_t before = i > 0 ? span_at(s, i - 1)->to.ns : x.from;
        double left = svg_at(x, before), width = svg_at(x, span->to.ns) - left;
        double top = svg_at(y, MIN(mean(span), y.to));
        unsigned slowest = series_slowest(s, span);

        g_string_append_printf(
            out,
            "<rect class=\"f%u%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"><title>",
            slowest % SVG_COLOURS, mean(span) > y.to ? " over" : "", left, top,
            MAX(width > 3 ? width - 0.6 : width, 0.8), BOTTOM - top);
        describe(out, s, span);
        g_string_append(out, "</title></rect>");
    }
}

static void lanes_of(GString *out, const Series *s, SvgScale x, const unsigned *lanes, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        g_autofree char *label = svg_label(s->names, lanes[k], NAME);
        double top = BOTTOM + 44 + k * LANE;

        g_string_append_printf(out, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">", SVG_LEFT - 8,
                               top + 19);
        svg_text(out, label);
        g_string_append_printf(out,
                               "</text><rect class=\"rail\" x=\"%d\" y=\"%.0f\" width=\"%d\" "
                               "height=\"%d\"/>",
                               SVG_LEFT, top, SVG_RIGHT - SVG_LEFT, LANE - 6);
        for (unsigned i = 0; i < s->spans->len; i++) {
            const SeriesSpan *span = span_at(s, i);
            double share = (double)series_node(span, lanes[k]).waited_for / (double)span->count;
            double left = svg_at(x, i > 0 ? span_at(s, i - 1)->to.ns : x.from);

            if (share > 0.005)
                g_string_append_printf(out,
                                       "<rect class=\"f%u\" x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" "
                                       "height=\"%d\" opacity=\"%.2f\"/>",
                                       lanes[k] % SVG_COLOURS, left, top,
                                       MAX(svg_at(x, span->to.ns) - left, 0.8), LANE - 6, share);
        }
    }
}

static void draw(GString *out, const Series *s, const unsigned *lanes, unsigned n)
{
    unsigned last = s->spans->len - 1;
    int64_t end = span_at(s, last)->to.ns, begin = span_at(s, 0)->from.ns;
    SvgScale x, y = {0, ceiling(s), BOTTOM, TOP};

    begin = MAX(0, begin - (end - begin) / (last + 1));
    x = (SvgScale){begin, MAX(end, begin + 1), SVG_LEFT, SVG_RIGHT};
    g_string_append_printf(out,
                           "<div class=\"wide\"><svg viewBox=\"0 0 %d %u\" role=\"img\" "
                           "aria-label=\"Host time of barriers\">",
                           SVG_WIDTH, BOTTOM + 54 + n * LANE);
    svg_duration_grid(out, y);
    svg_time_grid(out, x, TOP, BOTTOM);
    g_string_append(out, "<g class=\"bars\">");
    bars(out, s, x, y);
    g_string_append(out, "</g><g class=\"lanes\">");
    lanes_of(out, s, x, lanes, n);
    g_string_append(out, "</g></svg></div>\n");
}

static void table(GString *out, const Series *s)
{
    unsigned rows = MIN(s->spans->len, 32);

    g_string_append(out, "<details><summary>As a table</summary><div class=\"wide\"><table><thead>"
                         "<tr><th>Barriers</th><th>up to</th><th>mean</th><th>longest</th>"
                         "<th>waited for</th></tr></thead><tbody>\n");
    for (unsigned r = 0; r < rows; r++) {
        unsigned from = r * s->spans->len / rows, to = (r + 1) * s->spans->len / rows, name;
        uint64_t barriers = 0;
        int64_t sum = 0, longest = 0;

        for (unsigned i = from; i < to; i++) {
            barriers += span_at(s, i)->count;
            sum += span_at(s, i)->host_ns;
            longest = MAX(longest, span_at(s, i)->host_max);
        }
        g_string_append(out, "<tr><td>");
        svg_count(out, (int64_t)barriers);
        g_string_append(out, "</td><td>");
        svg_duration(out, span_at(s, to - 1)->to.ns);
        g_string_append(out, "</td><td>");
        svg_duration(out, sum / MAX(1, (int64_t)barriers));
        g_string_append(out, "</td><td>");
        svg_duration(out, longest);
        g_string_append(out, "</td><td>");
        name = series_slowest(s, span_at(s, to - 1));
        svg_text(out, name < s->names->len ? s->names->pdata[name] : "–");
        g_string_append(out, "</td></tr>\n");
    }
    g_string_append(out, "</tbody></table></div></details>\n");
}

void chart_host_cost(GString *out, const Picture *p)
{
    const Series *s = p->series;
    unsigned lanes[MAX_LANES], n = choose(s, lanes);

    if (s->spans->len == 0) {
        g_string_append(out, "<section id=\"host\" class=\"quiet\"><h2>Host time of a barrier</h2> "
                             "<p>No barrier was recorded: the option <code>--report</code> records "
                             "them from the start.</p></section>\n");
        return;
    }
    if (n < 2)
        n = 0; /* one node waits for no other */
    g_string_append(out, "<section id=\"host\"><h2>Host time of a barrier</h2>\n<p>From the moment "
                         "all nodes may run on until the last one stands at the "
                         "next boundary");
    g_string_append(out, n ? "; coloured by the node that came last most often. Below: how often "
                             "each node was the one the others waited for."
                           : ". With one node nobody was waited for.");
    if (s->per_span > 1)
        g_string_append_printf(out, " A bar is the mean of %" PRIu64 " barriers.", s->per_span);
    if (n > 0 && n < s->names->len)
        g_string_append_printf(out, " The %u nodes most waited for, of %u.", n, s->names->len);
    g_string_append(out, "</p>\n");
    draw(out, s, lanes, n);
    table(out, s);
    g_string_append(out, "</section>\n");
}
