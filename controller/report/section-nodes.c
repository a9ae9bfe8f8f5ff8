/* SPDX-License-Identifier: GPL-3.0-or-later */
/* section-nodes.c: tables of the nodes' figures: execution, barriers, packets. */
#include "controller/report/charts.h"
#include "controller/report/svg.h"

#include <string.h>

static const char bad[] = " class=\"bad\"";

static void head_cell(GString *out, const ReportNode *n, unsigned index)
{
    g_string_append_printf(out, "<tr><th scope=\"row\" data-label=\"node\"><i class=\"b%u\"></i>",
                           index % SVG_COLOURS);
    svg_text(out, n->name);
    g_string_append(out, "</th>");
}

static void cell_count(GString *out, const char *label, uint64_t n, const char *class)
{
    g_string_append_printf(out, "<td%s data-label=\"%s\">", n != 0 ? class : "", label);
    svg_count(out, (int64_t)n);
    g_string_append(out, "</td>");
}

static void cell_duration(GString *out, const char *label, int64_t ns, const char *class)
{
    g_string_append_printf(out, "<td%s data-label=\"%s\">", ns != 0 ? class : "", label);
    if (ns == 0)
        g_string_append_c(out, '0');
    else
        svg_duration(out, ns);
    g_string_append(out, "</td>");
}

static void cell_text(GString *out, const char *label, const char *text)
{
    g_string_append_printf(out, "<td class=\"text\" data-label=\"%s\">", label);
    svg_text(out, text && *text ? text : "–");
    g_string_append(out, "</td>");
}

/* Begins a table; the first `texts` columns have text, the others numbers. */
static void begin_table(GString *out, const char *const *labels, unsigned n, unsigned texts)
{
    g_string_append(out, "<table class=\"cards\"><thead><tr>");
    for (unsigned i = 0; i < n; i++)
        g_string_append_printf(out, "<th%s>%s</th>", i < texts ? " class=\"text\"" : "", labels[i]);
    g_string_append(out, "</tr></thead><tbody>\n");
}

static const ReportNode *node_at(const ReportSummary *s, unsigned i)
{
    return s->nodes->pdata[i];
}

/* The version without the distribution's suffix; report.json has the suffix. */
static void cell_version(GString *out, const char *version)
{
    g_autofree char *plain = version ? g_strndup(version, strcspn(version, " (")) : NULL;

    cell_text(out, "QEMU", plain);
}

static void machines(GString *out, const ReportSummary *s)
{
    static const char *const labels[] = {"node",         "state",        "icount", "QEMU",
                                         "instructions", "virtual time", "idle"};

    begin_table(out, labels, G_N_ELEMENTS(labels), 4);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const ReportNode *n = node_at(s, i);

        head_cell(out, n, i);
        cell_text(out, "state", n->state);
        cell_text(out, "icount", n->icount_mode);
        cell_version(out, n->version);
        cell_count(out, "instructions", (uint64_t)n->icount.n, "");
        cell_duration(out, "virtual time", n->virtual_time.ns, "");
        cell_duration(out, "idle", n->bias.ns, "");
        g_string_append(out, "</tr>\n");
    }
    g_string_append(out, "</tbody></table>\n");
}

static void barriers(GString *out, const ReportSummary *s)
{
    static const char *const labels[] = {"node", "missed", "overshoot", "idle skip", "waited for"};

    g_string_append(out, "<h3>At barriers</h3>\n");
    begin_table(out, labels, G_N_ELEMENTS(labels), 1);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const ReportNode *n = node_at(s, i);

        head_cell(out, n, i);
        cell_count(out, "missed", n->missed, bad);
        cell_duration(out, "overshoot", n->overshoot.max, bad);
        cell_duration(out, "idle skip", n->idle_skip_max, "");
        cell_count(out, "waited for", n->waited_for, "");
        g_string_append(out, "</tr>\n");
    }
    g_string_append(out, "</tbody></table>\n<p class=\"note\">Overshoot and idle skip: the "
                         "largest. Waited for: barriers at which it came last.</p>\n");
}

/* The nodes that have disks; nothing if there are none. */
static void disks(GString *out, const ReportSummary *s)
{
    static const char *const labels[] = {"node", "disks", "repeats", "read", "written", "faults"};
    bool any = false;

    for (unsigned i = 0; i < s->nodes->len; i++) {
        const ReportDisk *d = &node_at(s, i)->disk;

        if (!d->there)
            continue;
        if (!any) {
            g_string_append(out, "<h3>Disks</h3>\n");
            begin_table(out, labels, G_N_ELEMENTS(labels), 3);
        }
        any = true;
        head_cell(out, node_at(s, i), i);
        cell_text(out, "disks", d->persist ? "persist" : d->mode);
        g_string_append_printf(out, "<td class=\"text%s\" data-label=\"repeats\">",
                               d->why ? " bad" : "");
        svg_text(out, d->why ? "may not repeat: " : "yes");
        svg_text(out, d->why ? d->why : "");
        g_string_append(out, "</td>");
        cell_count(out, "read", d->read_bytes, bad);
        cell_count(out, "written", d->write_bytes, bad);
        cell_count(out, "faults", d->major_faults, bad);
        g_string_append(out, "</tr>\n");
    }
    if (any)
        g_string_append(out, "</tbody></table>\n<p class=\"note\">Read, written: bytes for which "
                             "QEMU had to do with the host's storage. Faults: pages of its memory "
                             "that had to be read first.</p>\n");
}

static void sum(GString *out, const char *before, uint64_t n, const char *after)
{
    g_string_append(out, before);
    svg_count(out, (int64_t)n);
    g_string_append(out, after);
}

/* The sums of the network, the same figures as in report.json; the line shows that they add up. */
static void sums(GString *out, const ReportPackets *p)
{
    sum(out, "<p class=\"note\" id=\"sums\">Of the whole network: ", p->sent, " sent");
    if (p->copies > 0)
        sum(out, " and ", p->copies, " copies of them (switches flood, links duplicate)");
    sum(out, " = ", p->received, " received");
    sum(out, " + ", p->dropped, " dropped");
    if (p->filtered > 0)
        sum(out, " + ", p->filtered, " that ended in a switch with no other exit for them");
    sum(out, " + ", p->under_way, " under way.</p>\n");
}

static void packets(GString *out, const ReportSummary *s)
{
    static const char *const labels[] = {"node", "sent",    "received", "dropped",
                                         "late", "carried", "under way"};

    g_string_append(out, "<h3>Packets</h3>\n");
    if (s->packets.sent == 0) {
        g_string_append(out, "<p>None was sent.</p>\n");
        return;
    }
    begin_table(out, labels, G_N_ELEMENTS(labels), 1);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const ReportPackets *p = &node_at(s, i)->packets;

        head_cell(out, node_at(s, i), i);
        cell_count(out, "sent", p->sent, "");
        cell_count(out, "received", p->received, "");
        cell_count(out, "dropped", p->dropped, "");
        cell_count(out, "late", p->late, bad);
        cell_count(out, "carried", p->carried, "");
        cell_count(out, "under way", p->under_way, "");
        g_string_append(out, "</tr>\n");
    }
    g_string_append(out, "</tbody></table>\n");
    sums(out, &s->packets);
}

void section_nodes(GString *out, const Picture *p)
{
    const ReportSummary *s = p->summary;

    if (!s->nodes) {
        g_string_append(out, "<section id=\"nodes\" class=\"quiet\"><h2>Nodes</h2> <p>There was "
                             "none.</p></section>\n");
        return;
    }
    g_string_append(out, "<section id=\"nodes\"><h2>Nodes</h2>\n");
    machines(out, s);
    barriers(out, s);
    disks(out, s);
    packets(out, s);
    g_string_append(out, "</section>\n");
}
