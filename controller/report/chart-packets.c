/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chart-packets.c: the packets of the space-time diagram as data for page.js and as a table. */
#include "controller/report/diagram.h"

#include <inttypes.h>

#define MAX_ROWS 100

static void clock_json(GString *out, const Diagram *d, unsigned at)
{
    g_string_append_c(out, '[');
    for (unsigned i = 0; at != 0 && i < d->trace->names->len; i++)
        g_string_append_printf(out, "%s%" PRIu64, i ? "," : "",
                               g_array_index(d->trace->clocks, uint64_t, at + i));
    g_string_append_c(out, ']');
}

static void packet_json(GString *out, const Diagram *d, const ReportPacket *p)
{
    g_string_append_printf(
        out, "[%d,%u,%d,%zu,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRIu64 ",%" PRIu64 ",", p->fate,
        p->from, p->to == REPORT_NOBODY ? -1 : (int)p->to, p->size, p->sent.ns, p->due.ns,
        diagram_end(p), p->send, p->end);
    svg_json_text(out, p->reason ? p->reason : "");
    g_string_append_c(out, ',');
    clock_json(out, d, p->send_clock);
    g_string_append_c(out, ',');
    clock_json(out, d, p->end_clock);
    g_string_append_c(out, ']');
}

/* Writes everything that page.js needs to draw any window. */
void diagram_data(GString *out, const Diagram *d)
{
    g_string_append_printf(
        out,
        "<script type=\"application/json\" id=\"data\">{\"left\":%d,\"right\":%d,"
        "\"top\":%d,\"gap\":%.2f,\"colours\":%d,\"arrows\":%d,\"narrowest\":%d,"
        "\"ticks\":%d,\"text\":%d,"
        "\"begin\":%" PRId64 ",\"end\":%" PRId64 ",\"from\":%" PRId64 ",\"to\":%" PRId64
        ",\"names\":[",
        SVG_LEFT, SVG_RIGHT, DIAGRAM_TOP, d->gap, SVG_COLOURS, DIAGRAM_ARROWS, DIAGRAM_NARROWEST,
        SVG_TICKS, SVG_TEXT, d->begin, d->end, d->x.from, d->x.to);
    for (unsigned i = 0; i < d->trace->names->len; i++) {
        g_string_append(out, i ? "," : "");
        svg_json_text(out, d->trace->names->pdata[i]);
    }
    g_string_append(out, "],\"lanes\":[");
    for (unsigned i = 0; i < d->lanes->len; i++)
        g_string_append_printf(out, "%s%u", i ? "," : "", g_array_index(d->lanes, unsigned, i));
    g_string_append(out, "],\"stretches\":[");
    for (unsigned i = 0; i < d->series->stretches->len; i++) {
        const SeriesStretch *s = &g_array_index(d->series->stretches, SeriesStretch, i);

        g_string_append_printf(out, "%s[%" PRId64 ",%" PRId64 ",%" PRIu64 "]", i ? "," : "",
                               s->first.ns, s->step, s->count);
    }
    g_string_append(out, "],\"packets\":[");
    for (unsigned i = 0; i < d->trace->packets->len; i++) {
        g_string_append(out, i ? ",\n" : "\n");
        packet_json(out, d, diagram_packet(d, i));
    }
    g_string_append(out, "]}</script>\n");
}

static void clock_cell(GString *out, const Diagram *d, unsigned at)
{
    const char *comma = "";

    g_string_append(out, "<td class=\"text\">");
    for (unsigned i = 0; at != 0 && i < d->trace->names->len; i++) {
        uint64_t n = g_array_index(d->trace->clocks, uint64_t, at + i);

        if (n == 0)
            continue;
        g_string_append(out, comma);
        svg_text(out, d->trace->names->pdata[i]);
        g_string_append_printf(out, ":%" PRIu64, n);
        comma = " ";
    }
    g_string_append(out, "</td>");
}

static void table_row(GString *out, const Diagram *d, const ReportPacket *p)
{
    static const char *const fates[] = {"under way", "delivered", "dropped"};

    g_string_append_printf(out, "<tr><td>%" PRIu64 "</td><td class=\"text\">", p->send);
    svg_text(out, d->trace->names->pdata[p->from]);
    g_string_append(out, "</td><td class=\"text\">");
    svg_text(out, p->to == REPORT_NOBODY ? "–" : d->trace->names->pdata[p->to]);
    g_string_append_printf(out, "</td><td>%zu</td><td>%.9f</td>", p->size,
                           (double)p->sent.ns / 1e9);
    if (p->fate == REPORT_UNDER_WAY)
        g_string_append(out, "<td>–</td>");
    else
        g_string_append_printf(out, "<td>%.9f</td>", (double)p->when.ns / 1e9);
    g_string_append_printf(out, "<td class=\"text\">%s%s", fates[p->fate], p->reason ? ": " : "");
    svg_text(out, p->reason ? p->reason : "");
    g_string_append(out, "</td>");
    clock_cell(out, d, p->send_clock);
    clock_cell(out, d, p->end_clock);
    g_string_append(out, "</tr>\n");
}

void diagram_table(GString *out, const Diagram *d)
{
    unsigned n = d->trace->packets->len, rows = 0;

    g_string_append_printf(out,
                           "<details><summary>As a table%s</summary><div class=\"wide\"><table>"
                           "<thead><tr><th>event</th><th>from</th><th>to</th><th>bytes</th>"
                           "<th>sent s</th><th>end s</th><th>fate</th><th>clock when sent</th>"
                           "<th>clock at the end</th></tr></thead><tbody>\n",
                           n > MAX_ROWS ? ": the first hundred in this window" : "");
    for (unsigned i = 0; i < n && rows < MAX_ROWS; i++) {
        if (n > MAX_ROWS && !diagram_shows(d, diagram_packet(d, i)))
            continue;
        table_row(out, d, diagram_packet(d, i));
        rows++;
    }
    g_string_append(out, "</tbody></table></div></details>\n");
}
