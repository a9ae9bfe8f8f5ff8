/* SPDX-License-Identifier: GPL-3.0-or-later */
/* section-outcome.c: how the run ended, whether the run was exact, which checks were made. */
#include "controller/report/charts.h"
#include "controller/report/svg.h"

#include <string.h>

#define MAX_TEXT  4000 /* bytes of a message */
#define MAX_SHOWN 40   /* checks shown without a click */
#define MAX_ROWS  1000 /* checks shown in the unfolded list */

/* --- outcome --- */

static const struct {
    const char *class, *text;
} looks[] = {
    [OUTCOME_RUNNING] = {"fair", "Not over yet."},
    [OUTCOME_PASSED] = {"good", "Passed."},
    [OUTCOME_FAILED] = {"bad", "Failed."},
    [OUTCOME_USAGE] = {"bad", "Stopped by an error in the commands."},
    [OUTCOME_OUTPUT_LOST] = {"bad", "Output was lost."},
    [OUTCOME_NODE_FAILED] = {"bad", "A node or a host failed."},
    [OUTCOME_EXACTNESS_LOST] = {"bad", "Exactness was lost."},
    [OUTCOME_INTERRUPTED] = {"bad", "Interrupted."},
};

/* Shows the outcome in words as well as by colour. */
void section_outcome(GString *out, const Picture *p)
{
    const Verdict *v = p->summary->verdict ? p->summary->verdict : &(const Verdict){0};

    g_string_append_printf(out,
                           "<div id=\"outcome\" class=\"verdict %s\"><p><strong>%s</strong> "
                           "<span class=\"code\">outcome <b>%s</b>",
                           looks[v->outcome].class, looks[v->outcome].text,
                           outcome_name(v->outcome));
    if (v->outcome != OUTCOME_RUNNING)
        g_string_append_printf(out, ", exit code %d", outcome_exit_code(v->outcome));
    g_string_append(out, "</span></p>");
    if (v->where || v->message) {
        g_string_append(out, "<p class=\"message\">");
        if (v->where) {
            g_string_append(out, "<code class=\"where\">");
            svg_text_cut(out, v->where, MAX_TEXT);
            g_string_append(out, "</code>: ");
        }
        svg_text_cut(out, v->message ? v->message : "", MAX_TEXT);
        g_string_append(out, "</p>");
    }
    g_string_append(out, "</div>\n");
}

/* --- exactness --- */

static int64_t overshoot(const ReportSummary *s)
{
    int64_t most = 0;

    for (unsigned i = 0; s->nodes && i < s->nodes->len; i++)
        most = MAX(most, ((const ReportNode *)s->nodes->pdata[i])->overshoot.max);
    return most;
}

static void failed_nodes(GString *out, const ReportSummary *s)
{
    for (unsigned i = 0; s->nodes && i < s->nodes->len; i++) {
        const ReportNode *n = s->nodes->pdata[i];

        if (!n->state || strcmp(n->state, "failed") != 0)
            continue;
        g_string_append(out, "<p class=\"verdict bad\"><strong>Node ");
        svg_text(out, n->name);
        g_string_append(out, " failed.</strong> What follows is what was seen until then.</p>\n");
    }
}

void section_exactness(GString *out, const Picture *p)
{
    const ReportSummary *s = p->summary;
    bool promised = strcmp(s->mode, "best effort") != 0;
    bool lost = s->missed > 0 || s->packets.late > 0 || overshoot(s) > 0 ||
                (s->verdict && s->verdict->outcome == OUTCOME_EXACTNESS_LOST);

    if (lost && promised)
        g_string_append(out, "<p class=\"verdict bad\"><strong>Exactness was lost.</strong> ");
    else if (!promised)
        g_string_append(out, "<p class=\"verdict fair\"><strong>Best effort.</strong> ");
    else if (s->now.ns == 0)
        g_string_append(out, "<p class=\"verdict fair\"><strong>Nothing ran.</strong> No virtual "
                             "time has passed.</p>\n");
    else
        g_string_append(out, "<p class=\"verdict good\"><strong>Exact.</strong> ");
    if (lost || !promised) {
        svg_count(out, (int64_t)s->missed);
        g_string_append(out, " boundaries were missed, ");
        svg_count(out, (int64_t)s->packets.late);
        g_string_append(out, " packets came late, the largest overshoot is ");
        svg_duration(out, overshoot(s));
        g_string_append(out, ".</p>\n");
    } else if (s->now.ns > 0) {
        g_string_append(out, "No node executed an instruction past any of ");
        svg_count(out, (int64_t)s->barriers);
        g_string_append(out, s->packets.received ? " boundaries, and no packet came late.</p>\n"
                                                 : " boundaries.</p>\n");
    }
    failed_nodes(out, s);
}

/* --- checks --- */

static void row(GString *out, const Check *c)
{
    g_string_append_printf(out,
                           "<tr class=\"%s\"><th scope=\"row\" data-label=\"result\">%s</th>"
                           "<td class=\"text\" data-label=\"line\">",
                           c->passed ? "passed" : "failed", c->passed ? "✓ passed" : "✗ failed");
    svg_text_cut(out, c->line ? c->line : "–", MAX_TEXT);
    g_string_append(out, "</td><td class=\"text\" data-label=\"check\"><code>");
    svg_text_cut(out, c->what, MAX_TEXT);
    g_string_append(out, "</code></td><td class=\"text\" data-label=\"found\">");
    svg_text_cut(out, c->found ? c->found : "–", MAX_TEXT);
    g_string_append_printf(out, "</td><td data-label=\"at\">%.9f s</td></tr>\n",
                           (double)c->at.ns / 1e9);
}

static bool is_shown(const GPtrArray *checks, unsigned i, bool all)
{
    return all || !((const Check *)checks->pdata[i])->passed;
}

/* A table of the last `most` checks: of all checks, or of the failed ones only. */
static void table(GString *out, const GPtrArray *checks, bool all, unsigned most)
{
    unsigned n = 0, first = checks->len;

    while (first > 0 && n < most)
        n += is_shown(checks, --first, all);
    g_string_append(out, "<table class=\"cards checks\"><thead><tr><th>result</th><th>line</th>"
                         "<th>check</th><th>found</th><th>at</th></tr></thead><tbody>\n");
    for (unsigned i = first; i < checks->len; i++)
        if (is_shown(checks, i, all))
            row(out, checks->pdata[i]);
    g_string_append(out, "</tbody></table>\n");
}

static void count(GString *out, uint64_t n, const char *what)
{
    svg_count(out, (int64_t)n);
    g_string_append(out, what);
}

void section_checks(GString *out, const Picture *p)
{
    const Verdict *v = p->summary->verdict;
    unsigned n = v && v->checks ? v->checks->len : 0, failed = 0;

    if (n == 0) {
        g_string_append(out, "<section id=\"checks\" class=\"quiet\"><h2>Checks</h2> <p>No assert "
                             "and no wait for a line was carried out.</p></section>\n");
        return;
    }
    for (unsigned i = 0; i < n; i++)
        failed += !((const Check *)v->checks->pdata[i])->passed;
    g_string_append(out,
                    "<section id=\"checks\"><h2>Checks</h2>\n<p>Asserts and waits for a line: ");
    count(out, n - failed, " passed, ");
    count(out, failed, " failed.");
    if (v->left_out > 0) {
        g_string_append(out, " There were ");
        count(out, v->left_out, " more before them, which are not in the report.");
    }
    g_string_append(out, "</p>\n");
    if (n <= MAX_SHOWN) {
        table(out, v->checks, true, MAX_SHOWN);
    } else {
        if (failed > 0)
            table(out, v->checks, false, MAX_SHOWN);
        g_string_append(out, "<details><summary>");
        g_string_append(out, n > MAX_ROWS ? "The last 1,000; <code>report.json</code> has all"
                                          : "All of them");
        g_string_append(out, "</summary>\n");
        table(out, v->checks, true, MAX_ROWS);
        g_string_append(out, "</details>\n");
    }
    g_string_append(out, "</section>\n");
}
