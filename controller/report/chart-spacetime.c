/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chart-spacetime.c: the space-time diagram (Lamport 1978, Mattern 1989): a lane for each node
 * along virtual time, an arrow for each packet, a line for each barrier. page.js draws it. This file
 * chooses which nodes have a lane, and a first window that shows typical packets.
 */
#include "controller/report/diagram.h"

#include <stdlib.h>

#define MAX_LANES 40

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

    for (unsigned i = 0; i < n; i++) {
        first = MIN(first, diagram_packet(d, i)->sent.ns);
        last = MAX(last, diagram_end(diagram_packet(d, i)));
    }
    d->end = MAX(MAX(now.ns, 1), last);
    span = MAX(MIN(12 * median_flight(d), last - first), 1000);
    last = first;
    for (unsigned i = 0; i < n; i++) /* no empty half after a burst */
        if (diagram_packet(d, i)->sent.ns <= first + span)
            last = MAX(last, diagram_end(diagram_packet(d, i)));
    span = MAX(last - first, 1000);
    d->from = MAX(0, first - span / 16);
    d->to = d->from + span + span / 8;
}

/* Introduces the diagram, or, where no script runs, the table in its place. Every sent packet and
 * every copy is either in the picture or counted as left out. */
static void introduce(GString *out, const Diagram *d)
{
    const ReportTrace *t = d->trace;

    g_string_append(out, "<section id=\"space-time\"><h2>Space-time diagram</h2>\n<p><span "
                         "class=\"script\">The diagram needs scripts, which do not run here: the "
                         "table has its packets.</span><span class=\"script\" hidden>Each node's "
                         "virtual time runs from left to right; an arrow is a packet, from its "
                         "sending to its delivery. Point at one to see its vector clocks. What may "
                         "have caused it is dashed then, what it may have caused is full, and all "
                         "else faint.</span>");
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
                               "<span class=\"script\" hidden> Of %u nodes %u have a lane: those "
                               "with packets, %d at most. What others sent is not drawn.</span>",
                               t->names->len, d->lanes->len, MAX_LANES);
    g_string_append(
        out,
        "</p>\n<div class=\"script\" hidden><div class=\"tools\"><button type=\"button\" "
        "data-do=\"in\" title=\"+\">Zoom in</button><button type=\"button\" data-do=\"out\" "
        "title=\"−\">Zoom out</button><button type=\"button\" data-do=\"all\" title=\"0\">Whole "
        "run</button><button type=\"button\" data-do=\"back\" title=\"p\">Previous packet</button>"
        "<button type=\"button\" data-do=\"next\" title=\"n\">Next packet</button></div>\n"
        "<div class=\"wide\"><svg id=\"spacetime\" role=\"img\" tabindex=\"0\" "
        "aria-label=\"Space-time diagram\"></svg><svg id=\"strip\" aria-hidden=\"true\"></svg>"
        "</div><p class=\"note\" id=\"shown\"></p></div>\n");
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
    diagram_table(out, &d);
    diagram_data(out, &d);
    g_array_unref(d.lanes);
    g_string_append(out, "</section>\n");
}
