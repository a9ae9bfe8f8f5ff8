/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chart-packets.c: the packets of the space-time diagram as data for page.js and as a table. */
#include "controller/base/text.h"
#include "controller/report/diagram.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#define MAX_ROWS 100
#define NAME     10 /* characters of a name beside its lane */

static void put(json_object *o, const char *key, int64_t value)
{
    json_object_object_add(o, key, json_object_new_int64(value));
}

static void add(json_object *array, int64_t value)
{
    json_object_array_add(array, json_object_new_int64(value));
}

static json_object *text_json(const char *text)
{
    g_autofree char *plain = text_plain(text ? text : "", -1);

    return json_object_new_string(plain);
}

/* at: where the clock begins among all; 0: there is none. */
static json_object *clock_json(const Diagram *d, unsigned at)
{
    json_object *clock = json_object_new_array();

    for (unsigned i = 0; at != 0 && i < d->trace->names->len; i++)
        add(clock, (int64_t)g_array_index(d->trace->clocks, uint64_t, at + i));
    return clock;
}

/* In the order of the constants in page.js. */
static json_object *packet_json(const Diagram *d, const ReportPacket *p)
{
    json_object *packet = json_object_new_array();

    add(packet, p->fate);
    add(packet, p->from);
    add(packet, p->to == REPORT_NOBODY ? -1 : (int64_t)p->to);
    add(packet, (int64_t)p->size);
    add(packet, p->sent.ns);
    add(packet, p->due.ns);
    add(packet, diagram_end(p));
    add(packet, (int64_t)p->send);
    add(packet, (int64_t)p->end);
    json_object_array_add(packet, text_json(p->reason));
    json_object_array_add(packet, clock_json(d, p->send_clock));
    json_object_array_add(packet, clock_json(d, p->end_clock));
    return packet;
}

static json_object *names_json(const Diagram *d)
{
    json_object *names = json_object_new_array();

    for (unsigned i = 0; i < d->trace->names->len; i++)
        json_object_array_add(names, text_json(d->trace->names->pdata[i]));
    return names;
}

static json_object *stretches_json(const Diagram *d)
{
    json_object *stretches = json_object_new_array();

    for (unsigned i = 0; i < d->series->stretches->len; i++) {
        const SeriesStretch *s = &g_array_index(d->series->stretches, SeriesStretch, i);
        json_object *stretch = json_object_new_array();

        add(stretch, s->first.ns);
        add(stretch, s->step);
        add(stretch, (int64_t)s->count);
        json_object_array_add(stretches, stretch);
    }
    return stretches;
}

/* No text in it can end the script element. */
static void put_script_json(GString *out, json_object *data)
{
    const char *json = json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN);

    for (const char *p = json; *p; p++) {
        if (strchr("<>&", *p))
            g_string_append_printf(out, "\\u%04x", (unsigned)*p);
        else
            g_string_append_c(out, *p);
    }
}

void diagram_data(GString *out, const Diagram *d)
{
    json_object *data = json_object_new_object(), *lanes = json_object_new_array(),
                *labels = json_object_new_array(), *packets = json_object_new_array();

    put(data, "width", SVG_WIDTH);
    put(data, "left", SVG_LEFT);
    put(data, "right", SVG_RIGHT);
    put(data, "colours", SVG_COLOURS);
    put(data, "ticks", SVG_TICKS);
    put(data, "text", SVG_TEXT);
    put(data, "end", d->end);
    put(data, "from", d->from);
    put(data, "to", d->to);
    json_object_object_add(data, "names", names_json(d));
    for (unsigned i = 0; i < d->lanes->len; i++) {
        unsigned node = g_array_index(d->lanes, unsigned, i);
        g_autofree char *label = svg_label(d->trace->names, node, NAME);

        add(lanes, node);
        json_object_array_add(labels, text_json(label));
    }
    json_object_object_add(data, "lanes", lanes);
    json_object_object_add(data, "labels", labels);
    json_object_object_add(data, "stretches", stretches_json(d));
    for (unsigned i = 0; i < d->trace->packets->len; i++)
        json_object_array_add(packets, packet_json(d, diagram_packet(d, i)));
    json_object_object_add(data, "packets", packets);
    g_string_append(out, "<script type=\"application/json\" id=\"data\">");
    put_script_json(out, data);
    g_string_append(out, "</script>\n");
    json_object_put(data);
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
        g_string_append_printf(out, "<td>%.9f</td>", (double)diagram_end(p) / 1e9);
    g_string_append_printf(out, "<td class=\"text\">%s%s", fates[p->fate], p->reason ? ": " : "");
    svg_text(out, p->reason ? p->reason : "");
    g_string_append(out, "</td>");
    clock_cell(out, d, p->send_clock);
    clock_cell(out, d, p->end_clock);
    g_string_append(out, "</tr>\n");
}

void diagram_table(GString *out, const Diagram *d)
{
    unsigned n = d->trace->packets->len, rows = MIN(n, MAX_ROWS);

    g_string_append(out, "<details open><summary>As a table");
    if (rows < n) {
        g_string_append_printf(out, ": the first %u of ", rows);
        svg_count(out, n);
        g_string_append(out, " packets");
    }
    g_string_append(out, "</summary><div class=\"wide\"><table><thead><tr><th>event</th>"
                         "<th>from</th><th>to</th><th>bytes</th><th>sent s</th><th>end s</th>"
                         "<th>fate</th><th>clock when sent</th><th>clock at the end</th></tr>"
                         "</thead><tbody>\n");
    for (unsigned i = 0; i < rows; i++)
        table_row(out, d, diagram_packet(d, i));
    g_string_append(out, "</tbody></table></div></details>\n");
}
