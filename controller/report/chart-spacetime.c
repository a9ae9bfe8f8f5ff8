/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chart-spacetime.c: the space-time diagram (Lamport 1978, Mattern 1989): a lane for each node
 * along virtual time, an arrow for each packet, a line for each barrier. This file draws one
 * window, chosen to show typical packets. page.js draws any other window from the data in the page.
 */
#include "controller/report/diagram.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define MAX_LANES 40
#define STRIP     34
#define NAME      10 /* characters of a name beside its lane */

static double lane_y(const Diagram *d, unsigned node)
{
    for (unsigned i = 0; i < d->lanes->len; i++)
        if (g_array_index(d->lanes, unsigned, i) == node)
            return DIAGRAM_TOP + (i + 0.5) * d->gap;
    return -1;
}

static double bottom(const Diagram *d)
{
    return DIAGRAM_TOP + d->lanes->len * d->gap;
}

/* --- which nodes and which time --- */

static void choose_lanes(Diagram *d)
{
    const ReportTrace *t = d->trace;
    g_autofree bool *busy = g_new0(bool, t->names->len + 1);

    for (unsigned i = 0; i < t->packets->len; i++) {
        busy[diagram_packet(d, i)->from] = true;
        if (diagram_packet(d, i)->to != REPORT_NOBODY)
            busy[diagram_packet(d, i)->to] = true;
    }
    for (unsigned i = 0; i < t->names->len && d->lanes->len < MAX_LANES; i++)
        if (busy[i] || t->names->len <= MAX_LANES)
            g_array_append_val(d->lanes, i);
    d->gap = CLAMP(460.0 / d->lanes->len, 28, 92);
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int64_t median_flight(const Diagram *d)
{
    unsigned n = d->trace->packets->len;
    g_autofree int64_t *flights = g_new(int64_t, n);

    for (unsigned i = 0; i < n; i++)
        flights[i] = diagram_end(diagram_packet(d, i)) - diagram_packet(d, i)->sent.ns;
    qsort(flights, n, sizeof(*flights), compare);
    return flights[n / 2];
}

/* Chooses the window: from the first packet on, wide enough for some ten flights, so that the
 * arrows are visibly slanted. */
static void choose_window(Diagram *d, VTime now)
{
    unsigned n = d->trace->packets->len;
    int64_t span, first = INT64_MAX, last = 0;

    d->begin = 0;
    d->end = MAX(now.ns, 1);
    d->x = (SvgScale){d->begin, d->end, SVG_LEFT, SVG_RIGHT};
    for (unsigned i = 0; i < n; i++) {
        first = MIN(first, diagram_packet(d, i)->sent.ns);
        last = MAX(last, diagram_end(diagram_packet(d, i)));
    }
    if (n == 0)
        return;
    d->end = MAX(d->end, last);
    span = MAX(MIN(12 * median_flight(d), last - first), 1000);
    last = first;
    for (unsigned i = 0; i < n; i++) /* no empty half after a burst */
        if (diagram_packet(d, i)->sent.ns <= first + span)
            last = MAX(last, diagram_end(diagram_packet(d, i)));
    span = MAX(last - first, 1000);
    d->x.from = MAX(0, first - span / 16);
    d->x.to = d->x.from + span + span / 8;
}

/* --- drawing --- */

/* Draws all barriers of a stretch, or only every 10th, 100th, …, if they are too narrow. Returns
 * the step that was drawn. */
static int64_t draw_stretch(GString *out, const Diagram *d, const SeriesStretch *s)
{
    double width = svg_at(d->x, d->x.from + s->step) - d->x.at;
    int64_t each = 1, i = 0, before = s->step > 0 ? s->first.ns / s->step : 0;

    while (s->count > 1 && (double)each * width < DIAGRAM_NARROWEST)
        each *= 10;
    if (s->step > 0 && d->x.from > s->first.ns)
        i = (d->x.from - s->first.ns) / s->step;
    i += (each - (before + i) % each) % each; /* start at a round time */
    for (; i < (int64_t)s->count; i += each) {
        int64_t t = s->first.ns + i * s->step;

        if (t > d->x.to)
            break;
        if (t >= d->x.from)
            g_string_append_printf(out, "M%.1f %dV%.1f", svg_at(d->x, t), DIAGRAM_TOP - 6,
                                   bottom(d) + 6);
    }
    return each;
}

static void draw_barriers(GString *out, const Diagram *d)
{
    int64_t each = 1;

    g_string_append(out, "<path class=\"barrier\" d=\"");
    for (unsigned i = 0; i < d->series->stretches->len; i++) {
        const SeriesStretch *s = &g_array_index(d->series->stretches, SeriesStretch, i);

        if (s->first.ns <= d->x.to && s->first.ns + (int64_t)(s->count - 1) * s->step >= d->x.from)
            each = MAX(each, draw_stretch(out, d, s));
    }
    g_string_append_printf(out, "\"/><text class=\"note\" x=\"%d\" y=\"%d\">", SVG_LEFT, SVG_TEXT);
    if (d->series->stretches->len == 0)
        g_string_append(out, "barriers were not recorded");
    else if (each == 1)
        g_string_append(out, "each vertical line is a barrier");
    else
        g_string_append_printf(out, "each vertical line is every %" PRId64 "th barrier", each);
    g_string_append(out, "</text>");
}

static void draw_lanes(GString *out, const Diagram *d)
{
    for (unsigned i = 0; i < d->lanes->len; i++) {
        unsigned node = g_array_index(d->lanes, unsigned, i);
        double y = lane_y(d, node);

        g_string_append_printf(out,
                               "<path class=\"lane s%u\" d=\"M%d %.1fH%d\"/><text class=\"name\" "
                               "x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
                               node % SVG_COLOURS, SVG_LEFT, y, SVG_RIGHT, SVG_LEFT - 12, y + 8);
        svg_label(out, d->trace->names, node, NAME);
        g_string_append(out, "</text>");
    }
}

static void describe(GString *out, const Diagram *d, const ReportPacket *p)
{
    svg_text(out, d->trace->names->pdata[p->from]);
    g_string_append(out, " → ");
    svg_text(out, p->to == REPORT_NOBODY ? "?" : d->trace->names->pdata[p->to]);
    g_string_append_printf(out, ", %zu bytes, sent at %.9f s", p->size, (double)p->sent.ns / 1e9);
    if (p->fate == REPORT_DELIVERED)
        g_string_append_printf(out, ", delivered at %.9f s", (double)p->when.ns / 1e9);
    if (p->fate == REPORT_UNDER_WAY)
        g_string_append(out, ", still under way");
    if (p->reason) {
        g_string_append(out, p->fate == REPORT_DROPPED ? ", dropped: " : ", ");
        svg_text(out, p->reason);
    }
}

static void draw_arrow(GString *out, const Diagram *d, const ReportPacket *p)
{
    double x1 = svg_at(d->x, p->sent.ns), y1 = lane_y(d, p->from);
    double x2 = svg_at(d->x, diagram_end(p)), y2 = p->to == REPORT_NOBODY ? -1 : lane_y(d, p->to);
    double length, ux, uy;

    if (y1 < 0)
        return;
    if (y2 < 0)
        y2 = y1 + d->gap * 0.4;
    if (p->fate != REPORT_DELIVERED) { /* the arrow ends before its lane */
        y2 = y1 + (y2 - y1) * 0.6;
        x2 = MAX(x2, x1 + 5);
    }
    length = hypot(x2 - x1, y2 - y1);
    ux = length > 0 ? (x2 - x1) / length : 0;
    uy = length > 0 ? (y2 - y1) / length : 1;
    g_string_append_printf(out, "<path class=\"packet s%u%s\" d=\"M%.1f %.1fL%.1f %.1f",
                           p->from % SVG_COLOURS,
                           p->fate == REPORT_DROPPED ? " lost"
                           : p->reason               ? " late"
                                                     : "",
                           x1, y1, x2, y2);
    if (p->fate == REPORT_DELIVERED)
        g_string_append_printf(out, "M%.1f %.1fL%.1f %.1fL%.1f %.1fZ", x2, y2,
                               x2 - 9 * ux - 3.5 * uy, y2 - 9 * uy + 3.5 * ux,
                               x2 - 9 * ux + 3.5 * uy, y2 - 9 * uy - 3.5 * ux);
    else if (p->fate == REPORT_DROPPED)
        g_string_append_printf(out, "M%.1f %.1fl8 8m-8 0l8 -8", x2 - 4, y2 - 4);
    g_string_append(out, "\"><title>");
    describe(out, d, p);
    g_string_append(out, "</title></path>\n");
}

bool diagram_shows(const Diagram *d, const ReportPacket *p)
{
    return p->sent.ns <= d->x.to && diagram_end(p) >= d->x.from;
}

static void draw_arrows(GString *out, const Diagram *d)
{
    unsigned drawn = 0;

    for (unsigned i = 0; i < d->trace->packets->len && drawn < DIAGRAM_ARROWS; i++) {
        if (!diagram_shows(d, diagram_packet(d, i)))
            continue;
        draw_arrow(out, d, diagram_packet(d, i));
        drawn++;
    }
}

/* Draws the number of packets over the whole run, for orientation. */
static void draw_strip(GString *out, const Diagram *d)
{
    enum { BINS = 238 };
    unsigned bins[BINS] = {0}, most = 1;
    double width = (double)(SVG_RIGHT - SVG_LEFT) / BINS;
    SvgScale all = {d->begin, d->end, SVG_LEFT, SVG_RIGHT};

    for (unsigned i = 0; i < d->trace->packets->len; i++) {
        double at = (svg_at(all, diagram_packet(d, i)->sent.ns) - SVG_LEFT) / width;
        unsigned bin = (unsigned)CLAMP(at, 0, BINS - 1);

        bins[bin]++;
        most = MAX(most, bins[bin]);
    }
    g_string_append_printf(out,
                           "<svg id=\"strip\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\"><text "
                           "x=\"%d\" y=\"25\" text-anchor=\"end\">whole run</text><rect "
                           "class=\"rail\" x=\"%d\" y=\"2\" width=\"%d\" height=\"%d\" rx=\"3\"/>"
                           "<path class=\"density\" d=\"",
                           SVG_WIDTH, STRIP, SVG_LEFT - 12, SVG_LEFT, SVG_RIGHT - SVG_LEFT,
                           STRIP - 4);
    for (unsigned i = 0; i < BINS; i++) {
        if (bins[i] > 0)
            g_string_append_printf(out, "M%.1f %dv-%.1f", SVG_LEFT + (i + 0.5) * width, STRIP - 3,
                                   3 + 24 * log1p(bins[i]) / log1p(most));
    }
    g_string_append_printf(out,
                           "\"/><rect id=\"window\" x=\"%.1f\" y=\"1\" width=\"%.1f\" "
                           "height=\"%d\" rx=\"3\"/></svg>\n",
                           svg_at(all, d->x.from),
                           MAX(svg_at(all, d->x.to) - svg_at(all, d->x.from), 3), STRIP - 2);
}

/* As page.js says it of any window. */
static void write_shown(GString *out, const Diagram *d)
{
    unsigned shown = 0;

    for (unsigned i = 0; i < d->trace->packets->len; i++)
        shown += diagram_shows(d, diagram_packet(d, i));
    g_string_append(out, "<p class=\"note\" id=\"shown\">");
    svg_count(out, shown);
    g_string_append(out, " of ");
    svg_count(out, d->trace->packets->len);
    g_string_append(out, " packets, ");
    svg_duration(out, d->x.to - d->x.from);
    if (shown > DIAGRAM_ARROWS)
        g_string_append_printf(out, "; the first %d of them are drawn", DIAGRAM_ARROWS);
    g_string_append(out, "</p>\n");
}

static void draw(GString *out, const Diagram *d)
{
    g_string_append_printf(
        out,
        "<div class=\"tools\" hidden><button type=\"button\" data-do=\"in\" title=\"+\">Zoom in"
        "</button><button type=\"button\" data-do=\"out\" title=\"−\">Zoom out</button><button "
        "type=\"button\" data-do=\"all\" title=\"0\">Whole run</button><button type=\"button\" "
        "data-do=\"back\" title=\"p\">Previous packet</button><button type=\"button\" "
        "data-do=\"next\" title=\"n\">Next packet</button></div>\n"
        "<div class=\"wide\"><svg id=\"spacetime\" viewBox=\"0 0 %d %.0f\" role=\"img\" "
        "tabindex=\"0\" aria-label=\"Space-time diagram\"><defs><clipPath id=\"clip\"><rect "
        "x=\"%d\" y=\"0\" width=\"%d\" height=\"%.0f\"/></clipPath></defs><g id=\"view\">",
        SVG_WIDTH, bottom(d) + 54, SVG_LEFT - 6, SVG_RIGHT - SVG_LEFT + 12, bottom(d) + 54);
    svg_time_grid(out, d->x, bottom(d) + 6, bottom(d) + 11);
    draw_barriers(out, d);
    g_string_append(out, "</g><g>");
    draw_lanes(out, d);
    g_string_append(out, "</g><g id=\"packets\" clip-path=\"url(#clip)\">\n");
    draw_arrows(out, d);
    g_string_append(out, "</g></svg>\n");
    draw_strip(out, d);
    g_string_append(out, "</div>\n");
    write_shown(out, d);
}

/* Introduces the diagram. Every sent packet and every copy is either in the picture or counted as
 * left out. */
static void introduce(GString *out, const Diagram *d)
{
    const ReportTrace *t = d->trace;

    g_string_append(out, "<section id=\"space-time\"><h2>Space-time diagram</h2>\n<p>Each node's "
                         "virtual time runs from left to right; an arrow is a packet, from its "
                         "sending to its delivery.<span class=\"script\" hidden> Point at one to "
                         "see its vector clocks. What may have caused it is dashed then, what it "
                         "may have caused is full, and all else faint.</span>");
    if (t->left_out > 0) {
        g_string_append(out, " These are the last ");
        svg_count(out, t->packets->len);
        g_string_append(out, " packets; ");
        svg_count(out, (int64_t)t->left_out);
        g_string_append(out, " are left out: those before them, and copies that are still under "
                             "way (<code>capture</code> writes all).");
    }
    if (d->lanes->len < t->names->len)
        g_string_append_printf(out,
                               " Of %u nodes %u are left out, with what they sent: the diagram "
                               "has room for %u.",
                               t->names->len, t->names->len - d->lanes->len, d->lanes->len);
    g_string_append(out, "</p>\n");
}

void chart_spacetime(GString *out, const Picture *p)
{
    Diagram d = {.trace = &p->summary->trace, .series = p->series};

    if (!d.trace->names || d.trace->packets->len == 0) {
        g_string_append(out, "<section id=\"space-time\" class=\"quiet\"><h2>Space-time diagram"
                             "</h2> <p>No packet was sent.</p></section>\n");
        return;
    }
    d.lanes = g_array_new(FALSE, FALSE, sizeof(unsigned));
    choose_lanes(&d);
    choose_window(&d, p->summary->now);
    introduce(out, &d);
    draw(out, &d);
    diagram_table(out, &d);
    diagram_data(out, &d);
    g_array_unref(d.lanes);
    g_string_append(out, "</section>\n");
}
