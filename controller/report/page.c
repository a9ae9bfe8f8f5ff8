/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page.c: the frame of report.html: the facts of the run, its figures, and the sections in their
 * order. */
#include "controller/report/page.h"

#include "controller/base/version.h"
#include "controller/report/folder.h"
#include "controller/report/svg.h"

#include <string.h>

/* A longer command line is folded. */
#define SHORT_COMMAND 300

/* The contents of the two files, each ended by a null byte. */
#define EMBED(symbol, path)                                                                        \
    __asm__(".section .rodata\n" #symbol ":\n.incbin \"" path "\"\n.byte 0\n.previous\n");         \
    extern const char symbol[]

EMBED(page_css, "controller/report/page.css");
EMBED(page_js, "controller/report/page.js");

/* --- figures --- */

static void figure(GString *out, const char *name, GString *value)
{
    g_string_append_printf(out, "<div><dt>%s</dt><dd>%s</dd></div>", name, value->str);
    g_string_truncate(value, 0);
}

static void figures(GString *out, const ReportSummary *s)
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
    if (s->quantum_auto)
        g_string_append(v, " (auto)");
    figure(out, "quantum", v);
    svg_count(v, (int64_t)s->barriers);
    figure(out, "barriers", v);
    svg_count(v, (int64_t)s->missed);
    figure(out, "missed", v);
    svg_text(v, s->mode);
    figure(out, "mode", v);
    svg_count(v, s->nodes ? s->nodes->len : 0);
    figure(out, "nodes", v);
    svg_count(v, (int64_t)s->packets.sent);
    figure(out, "packets sent", v);
    g_string_append(out, "</dl>\n");
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
    if (s->verdict && outcome_exit_code(s->verdict->outcome) > 0)
        g_string_append_printf(out, " – %s", outcome_name(s->verdict->outcome));
    g_string_append(out, "</title>\n<style>\n");
    g_string_append(out, page_css);
    g_string_append(out, "</style></head>\n<body><main>\n");
}

static void fact(GString *out, const char *name, const char *value)
{
    if (!value)
        return;
    g_string_append_printf(out, "<li>%s <b>", name);
    svg_text(out, value);
    g_string_append(out, "</b></li>");
}

/* The facts of the run: scenario, start, version, command line. They follow the outcome. */
static void facts(GString *out, const ReportSummary *s)
{
    g_string_append(out, "<ul class=\"facts\">");
    fact(out, "scenario", s->scenario);
    fact(out, "started", s->started);
    fact(out, "metronome", METRONOME_VERSION);
    g_string_append(out, "</ul>\n");
    if (!s->command_line)
        return;
    g_string_append_printf(out,
                           "<details class=\"command\"%s><summary>Command line</summary><code>",
                           strlen(s->command_line) <= SHORT_COMMAND ? " open" : "");
    svg_text(out, s->command_line);
    g_string_append(out, "</code></details>\n");
}

/* The scenario's variables, in the order of their names. */
static void variables(GString *out, GHashTable *table)
{
    g_autoptr(GList) names =
        table ? g_list_sort(g_hash_table_get_keys(table), (GCompareFunc)strcmp) : NULL;

    if (!names)
        return;
    g_string_append(out, "<details class=\"command\"><summary>Variables</summary><ul>");
    for (const GList *l = names; l; l = l->next) {
        g_string_append(out, "<li><code>");
        svg_text(out, l->data);
        g_string_append(out, "=");
        svg_text(out, g_hash_table_lookup(table, l->data));
        g_string_append(out, "</code></li>");
    }
    g_string_append(out, "</ul></details>\n");
}

char *page_html(const Picture *p)
{
    GString *out = g_string_new(NULL);

    head(out, p->summary);
    section_outcome(out, p);
    g_string_append(out, "<header><h1>metronome <span>report</span></h1></header>\n");
    facts(out, p->summary);
    variables(out, p->summary->variables);
    section_exactness(out, p);
    figures(out, p->summary);
    section_checks(out, p);
    section_consoles(out, p);
    section_nodes(out, p);
    chart_spacetime(out, p);
    chart_host_cost(out, p);
    chart_clocks(out, p);
    chart_overshoot(out, p);
    g_string_append(out, "</main>\n<div id=\"tip\" role=\"status\" hidden></div>\n<script>");
    g_string_append(out, page_js);
    g_string_append(out, "</script>\n</body></html>\n");
    return g_string_free(out, FALSE);
}
