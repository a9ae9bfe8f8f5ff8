/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page.c: the frame of report.html, its summary, the table of nodes and the ends of consoles. */
#include "controller/report/page.h"

#include "controller/base/tail.h"
#include "controller/report/folder.h"
#include "controller/report/svg.h"

#include <string.h>

#define TAIL_LINES 24

/* The files as they are, ended by a null byte. */
#define EMBED(symbol, path)                                                                        \
    __asm__(".section .rodata\n" #symbol ":\n.incbin \"" path "\"\n.byte 0\n.previous\n");         \
    extern const char symbol[]

EMBED(page_css, "controller/report/page.css");
EMBED(page_js, "controller/report/page.js");

/* --- summary --- */

typedef struct {
    uint64_t missed, late, sent, received, dropped;
    int64_t overshoot;
    const char *failed; /* a node */
} Totals;

static Totals totals(const ReportSummary *s)
{
    Totals t = {.missed = s->missed};

    for (unsigned i = 0; s->nodes && i < s->nodes->len; i++) {
        const ReportNode *n = s->nodes->pdata[i];

        t.late += n->packets.late;
        t.sent += n->packets.sent;
        t.received += n->packets.received;
        t.dropped += n->packets.dropped;
        t.overshoot = MAX(t.overshoot, n->overshoot.max);
        if (!t.failed && n->state && strcmp(n->state, "failed") == 0)
            t.failed = n->name;
    }
    return t;
}

/* Said in words as well as by colour. */
static void outcome(GString *out, const ReportSummary *s)
{
    static const struct {
        const char *class, *text;
    } looks[] = {
        [OUTCOME_RUNNING] = {"fair", "Not over yet."},
        [OUTCOME_PASSED] = {"good", "Passed."},
        [OUTCOME_FAILED] = {"bad", "Failed."},
        [OUTCOME_USAGE] = {"bad", "Stopped by an error in the commands or options."},
        [OUTCOME_OUTPUT_LOST] = {"bad", "Output was lost."},
        [OUTCOME_NODE_FAILED] = {"bad", "A node or host failed."},
        [OUTCOME_EXACTNESS_LOST] = {"bad", "Exactness was lost."},
        [OUTCOME_INTERRUPTED] = {"bad", "Interrupted."},
    };
    const Verdict *v = s->verdict ? s->verdict : &(const Verdict){0};

    g_string_append_printf(out, "<p id=\"outcome\" class=\"verdict %s\"><strong>%s</strong>",
                           looks[v->outcome].class, looks[v->outcome].text);
    if (outcome_exit_code(v->outcome) > 0)
        g_string_append_printf(out, " <span>%s, exit code %d</span>", outcome_name(v->outcome),
                               outcome_exit_code(v->outcome));
    if (v->where) {
        g_string_append(out, " <code class=\"where\">");
        svg_text(out, v->where);
        g_string_append(out, "</code>");
    }
    if (v->message) {
        g_string_append(out, "<span class=\"message\">");
        svg_text(out, v->message);
        g_string_append(out, "</span>");
    }
    g_string_append(out, "</p>\n");
}

static void exactness(GString *out, const ReportSummary *s, const Totals *t)
{
    bool promised = strcmp(s->mode, "best effort") != 0;
    bool lost = t->missed > 0 || t->late > 0 || t->overshoot > 0;

    if (lost && promised)
        g_string_append(out, "<p class=\"verdict bad\"><strong>Exactness was lost.</strong> ");
    else if (!promised)
        g_string_append(out, "<p class=\"verdict fair\"><strong>Best effort.</strong> ");
    else
        g_string_append(out, "<p class=\"verdict good\"><strong>Exact.</strong> ");
    if (lost || !promised) {
        svg_count(out, (int64_t)t->missed);
        g_string_append(out, " boundaries were missed, ");
        svg_count(out, (int64_t)t->late);
        g_string_append(out, " packets came late, the largest overshoot is ");
        svg_duration(out, t->overshoot);
        g_string_append(out, ".</p>\n");
    } else {
        g_string_append(out, "No node executed an instruction past any of ");
        svg_count(out, (int64_t)s->barriers);
        g_string_append(out, t->received ? " boundaries, and no packet came late.</p>\n"
                                         : " boundaries.</p>\n");
    }
    if (t->failed) {
        g_string_append(out, "<p class=\"verdict bad\"><strong>The run failed</strong> with node ");
        svg_text(out, t->failed);
        g_string_append(out, "; what follows is what was seen until then.</p>\n");
    }
}

static void figure(GString *out, const char *name, GString *value)
{
    g_string_append_printf(out, "<div><dt>%s</dt><dd>%s</dd></div>", name, value->str);
    g_string_truncate(value, 0);
}

static void figures(GString *out, const ReportSummary *s, const Totals *t)
{
    g_autoptr(GString) v = g_string_new(NULL);
    double passed = (double)s->now.ns / 1e9;

    g_string_append(out, "<dl class=\"figures\">");
    svg_duration(v, s->now.ns);
    figure(out, "virtual time", v);
    svg_duration(v, (int64_t)(s->host_seconds * 1e9));
    figure(out, "host time", v);
    if (passed > 0 && s->host_seconds > 0)
        g_string_append_printf(v, "%.2f×", s->host_seconds / passed);
    else
        g_string_append(v, "–");
    figure(out, "slowdown", v);
    svg_duration(v, s->quantum.ns);
    figure(out, "quantum", v);
    svg_count(v, (int64_t)s->barriers);
    figure(out, "barriers", v);
    svg_count(v, (int64_t)t->missed);
    figure(out, "missed", v);
    svg_text(v, s->mode);
    figure(out, "mode", v);
    svg_count(v, s->nodes ? s->nodes->len : 0);
    figure(out, "nodes", v);
    svg_count(v, (int64_t)t->received);
    g_string_append(v, "<small> of ");
    svg_count(v, (int64_t)t->sent);
    g_string_append(v, "</small>");
    figure(out, "packets", v);
    g_string_append(out, "</dl>\n");
}

/* --- nodes --- */

static void cell_count(GString *out, int64_t n, const char *class)
{
    g_string_append_printf(out, "<td%s>", n != 0 ? class : "");
    svg_count(out, n);
    g_string_append(out, "</td>");
}

static void cell_duration(GString *out, int64_t ns, const char *class)
{
    g_string_append_printf(out, "<td%s>", ns != 0 ? class : "");
    if (ns == 0)
        g_string_append_c(out, '0');
    else
        svg_duration(out, ns);
    g_string_append(out, "</td>");
}

static void cell_text(GString *out, const char *text)
{
    g_string_append(out, "<td class=\"text\">");
    svg_text(out, text ? text : "–");
    g_string_append(out, "</td>");
}

/* Without the distribution's suffix, which report.json has. */
static void cell_version(GString *out, const char *version)
{
    g_autofree char *plain = version ? g_strndup(version, strcspn(version, " (")) : NULL;

    cell_text(out, plain);
}

static void node_row(GString *out, const ReportNode *n, unsigned index)
{
    static const char bad[] = " class=\"bad\"";

    g_string_append_printf(out, "<tr><th scope=\"row\"><i class=\"b%u\"></i>", index % SVG_COLOURS);
    svg_text(out, n->name);
    g_string_append(out, "</th>");
    cell_text(out, n->state);
    cell_text(out, n->icount_mode);
    cell_count(out, n->icount.n, "");
    cell_duration(out, n->virtual_time.ns, "");
    cell_duration(out, n->bias.ns, "");
    cell_count(out, (int64_t)n->missed, bad);
    cell_duration(out, n->overshoot.max, bad);
    cell_duration(out, n->idle_skip_max, "");
    cell_count(out, (int64_t)n->waited_for, "");
    cell_count(out, (int64_t)n->packets.sent, "");
    cell_count(out, (int64_t)n->packets.received, "");
    cell_count(out, (int64_t)n->packets.dropped, "");
    cell_count(out, (int64_t)n->packets.late, bad);
    cell_version(out, n->version);
    g_string_append(out, "</tr>\n");
}

static void nodes(GString *out, const ReportSummary *s)
{
    g_string_append(out, "<section id=\"nodes\"><h2>Nodes</h2>\n");
    if (!s->nodes) {
        g_string_append(out, "<p>There was none.</p></section>\n");
        return;
    }
    g_string_append(
        out,
        "<div class=\"wide\"><table><thead><tr><th rowspan=\"2\">Node</th><th rowspan=\"2\">state"
        "</th><th rowspan=\"2\">icount</th><th rowspan=\"2\">instructions</th><th rowspan=\"2\">"
        "virtual time</th><th rowspan=\"2\">idle</th><th rowspan=\"2\">missed</th><th "
        "rowspan=\"2\">overshoot</th><th rowspan=\"2\">idle skip</th><th rowspan=\"2\">waited for"
        "</th><th colspan=\"4\" class=\"group\">packets</th><th rowspan=\"2\">QEMU</th></tr>"
        "<tr><th>sent</th><th>received</th><th>dropped</th><th>late</th></tr></thead><tbody>\n");
    for (unsigned i = 0; i < s->nodes->len; i++)
        node_row(out, s->nodes->pdata[i], i);
    g_string_append(out, "</tbody></table></div>\n<p class=\"note\">Overshoot and idle skip: the "
                         "largest. Waited for: barriers at which it came last.</p></section>\n");
}

/* --- consoles --- */

static void consoles(GString *out, const ReportSummary *s)
{
    bool any = false;

    for (unsigned i = 0; s->nodes && i < s->nodes->len; i++) {
        const ReportNode *n = s->nodes->pdata[i];
        g_autofree char *end = n->console_log ? tail_of_file(n->console_log, TAIL_LINES) : NULL;

        if (!end)
            continue;
        if (!any)
            g_string_append(out, "<section id=\"consoles\"><h2>Consoles</h2>\n<p>Their last lines; "
                                 "all of them are in <code>console-NODE.log</code>.</p>\n");
        any = true;
        g_string_append(out, "<details><summary>");
        svg_text(out, n->name);
        g_string_append(out, "</summary><pre>");
        svg_text(out, end);
        g_string_append(out, "</pre></details>\n");
    }
    if (any)
        g_string_append(out, "</section>\n");
}

/* --- page --- */

static void head(GString *out, const ReportSummary *s)
{
    g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *hash = NULL;
    guint8 digest[32];
    gsize length = sizeof(digest);

    g_checksum_update(sha, (const guchar *)page_js, -1);
    g_checksum_get_digest(sha, digest, &length);
    hash = g_base64_encode(digest, length);
    g_string_append_printf(out,
                           "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                           "'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, "
                           "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
                           "dark\">\n" FOLDER_GENERATOR "\n" FOLDER_TITLE,
                           hash);
    if (s->nodes && s->nodes->len <= 8)
        for (unsigned i = 0; i < s->nodes->len; i++) {
            g_string_append(out, i ? ", " : ": ");
            svg_text(out, ((const ReportNode *)s->nodes->pdata[i])->name);
        }
    g_string_append(out, "</title>\n<style>\n");
    g_string_append(out, page_css);
    g_string_append(out, "</style></head>\n<body><main>\n<header><h1>metronome <span>report</span>"
                         "</h1>");
    if (s->command_line) {
        g_string_append(out, "<code class=\"command\">");
        svg_text(out, s->command_line);
        g_string_append(out, "</code>");
    }
    g_string_append(out, "</header>\n");
}

char *page_html(const Picture *p)
{
    GString *out = g_string_new(NULL);
    Totals t = totals(p->summary);

    head(out, p->summary);
    outcome(out, p->summary);
    exactness(out, p->summary, &t);
    figures(out, p->summary, &t);
    chart_spacetime(out, p);
    nodes(out, p->summary);
    chart_host_cost(out, p);
    chart_clocks(out, p);
    chart_overshoot(out, p);
    consoles(out, p->summary);
    g_string_append(out, "</main>\n<div id=\"tip\" role=\"status\" hidden></div>\n<script>");
    g_string_append(out, page_js);
    g_string_append(out, "</script>\n</body></html>\n");
    return g_string_free(out, FALSE);
}
