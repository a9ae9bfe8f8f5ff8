/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-page.c: report.html: bounded, self-contained, proof against what names and consoles say. */
#include "controller/report/page.h"
#include "controller/report/svg.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#define HOSTILE "<img src=x onerror=\"alert('1')\">&</script>"

typedef struct {
    ReportSummary summary;
    Series *series;
    GPtrArray *curves;
} Run;

static void run_init(Run *r, const char *const *names, unsigned n)
{
    *r = (Run){.summary = {.command_line = g_strdup("metronome run x.mtr"),
                           .mode = "strict",
                           .quantum = {100000},
                           .now = {INT64_C(1000000000)},
                           .barriers = 10000,
                           .host_seconds = 2}};
    r->series = series_new();
    r->curves = g_ptr_array_new_with_free_func(curve_free);
    series_columns(r->series, names, n);
    for (unsigned i = 0; i < n; i++) {
        ReportNode *node = report_summary_add(&r->summary);

        node->name = g_strdup(names[i]);
        node->state = g_strdup("paused");
        node->icount_mode = g_strdup("shift=0,sleep=off");
        node->overshoot_zeros = 10000;
    }
}

static void run_clear(Run *r)
{
    report_summary_clear(&r->summary);
    series_free(r->series);
    g_ptr_array_unref(r->curves);
}

static char *page_of(const Run *r)
{
    return page_html(&(Picture){.summary = &r->summary, .series = r->series, .curves = r->curves});
}

static void add_packet(Run *r, unsigned from, unsigned to, int64_t sent, ReportFate fate)
{
    ReportTrace *t = &r->summary.trace;
    ReportPacket p = {.fate = fate,
                      .from = from,
                      .to = to,
                      .size = 98,
                      .sent = vtime(sent),
                      .due = vtime(sent + 1000000),
                      .when = vtime(sent + 1000000)};

    p.send = t->packets->len * 2 + 1;
    p.end = p.send + 1;
    p.send_clock = t->clocks->len;
    p.end_clock = p.send_clock + t->names->len;
    for (unsigned i = 0; i < 2 * t->names->len; i++) {
        uint64_t n = i < t->names->len ? p.send : p.end;

        g_array_append_val(t->clocks, n);
    }
    g_array_append_val(t->packets, p);
}

static void has(const char *page, const char *what)
{
    if (!strstr(page, what))
        g_error("the page lacks '%s'", what);
}

static void lacks(const char *page, const char *what)
{
    if (strstr(page, what))
        g_error("the page has '%s'", what);
}

/* --- series --- */

/* Nothing is lost when spans are joined, over more barriers than there are spans. */
static void test_series(void)
{
    static const char *const names[] = {"a", "b"};
    g_autoptr(Series) s = series_new();
    uint64_t barriers = 0, waited[2] = {0};
    int64_t host = 0, longest = 0, offset = 0;

    series_columns(s, names, 2);
    for (int64_t i = 1; i <= 100001; i++)
        series_add(s, vtime(i * 10000), i == 777 ? 9999 : 5,
                   (int64_t[]){i * 10, i == 4242 ? i * 10 + 3 : i * 10},
                   (int64_t[]){i % 4 ? 0 : 9, i % 4 ? 9 : 0});
    g_assert_cmpuint(s->spans->len, <=, SERIES_MAX);
    g_assert_cmpuint(s->spans->len, >, SERIES_MAX / 2 - 1);
    for (unsigned i = 0; i < s->spans->len; i++) {
        const SeriesSpan *span = &g_array_index(s->spans, SeriesSpan, i);

        g_assert_cmpint(span->from.ns, ==, ((int64_t)barriers + 1) * 10000);
        barriers += span->count;
        host += span->host_ns;
        longest = MAX(longest, span->host_max);
        offset = MAX(offset, series_node(span, 1).offset_ns);
        for (unsigned k = 0; k < 2; k++)
            waited[k] += series_node(span, k).waited_for;
        g_assert_cmpuint(series_slowest(s, span), ==, 0);
    }
    g_assert_cmpuint(barriers, ==, 100001);
    g_assert_cmpint(host, ==, 5 * 100000 + 9999);
    g_assert_cmpint(longest, ==, 9999);
    g_assert_cmpint(offset, ==, 3000);
    g_assert_cmpuint(waited[0], ==, 75001);
    g_assert_cmpuint(waited[1], ==, 25000);
    g_assert_cmpuint(s->stretches->len, ==, 1);
}

/* What is behind a time is forgotten, and what follows is counted as ever. */
static void test_series_rewind(void)
{
    static const char *const names[] = {"a"};
    g_autoptr(Series) s = series_new();
    uint64_t barriers = 0;

    series_rewind(s, vtime(5));
    series_columns(s, names, 1);
    for (int64_t i = 1; i <= 2048; i++)
        series_add(s, vtime(i * 1000), 1, (int64_t[]){i}, (int64_t[]){0});
    series_rewind(s, vtime(1030000));
    for (int64_t i = 1031; i <= 1100; i++)
        series_add(s, vtime(i * 1000), 1, (int64_t[]){i}, (int64_t[]){0});
    for (unsigned i = 0; i < s->spans->len; i++)
        barriers += g_array_index(s->spans, SeriesSpan, i).count;
    g_assert_cmpuint(barriers, ==, 1100);
    g_assert_cmpuint(s->stretches->len, ==, 1);
    g_assert_cmpuint(g_array_index(s->stretches, SeriesStretch, 0).count, ==, 1100);
    series_rewind(s, vtime(0));
    g_assert_cmpuint(s->spans->len + s->stretches->len, ==, 0);
}

/* Another quantum is another stretch; a node that comes later has its own place. */
static void test_series_changes(void)
{
    static const char *const one[] = {"a"}, *const two[] = {"b", "a"};
    g_autoptr(Series) s = series_new();
    const SeriesStretch *stretch;

    series_columns(s, one, 1);
    for (int64_t i = 1; i <= 10; i++)
        series_add(s, vtime(i * 1000), 1, (int64_t[]){i}, (int64_t[]){0});
    series_columns(s, two, 2);
    for (int64_t i = 1; i <= 4; i++)
        series_add(s, vtime(10000 + i * 500), 1, (int64_t[]){10, -1}, (int64_t[]){0, 0});
    g_assert_cmpuint(s->stretches->len, ==, 2);
    stretch = &g_array_index(s->stretches, SeriesStretch, 1);
    g_assert_cmpint(stretch->first.ns, ==, 10500);
    g_assert_cmpint(stretch->step, ==, 500);
    g_assert_cmpuint(stretch->count, ==, 4);
    g_assert_cmpuint(series_slowest(s, &g_array_index(s->spans, SeriesSpan, 13)), ==, 1);
    g_assert_cmpuint(series_node(&g_array_index(s->spans, SeriesSpan, 13), 0).seen, ==, 0);
    g_assert_cmpuint(series_node(&g_array_index(s->spans, SeriesSpan, 0), 1).seen, ==, 0);
}

static void test_curve(void)
{
    Curve *c = curve_new("a");

    for (int64_t i = 0; i < 100000; i++)
        curve_add(c, vtime(i), -i);
    g_assert_cmpuint(c->points->len, <=, CURVE_MAX);
    g_assert_cmpuint(c->points->len, >=, CURVE_MAX / 2);
    for (unsigned i = 0; i < c->points->len; i++) {
        const CurvePoint *p = &g_array_index(c->points, CurvePoint, i);

        g_assert_cmpint(p->at.ns, ==, (int64_t)(i * c->stride));
        g_assert_cmpint(p->offset_ns, ==, -p->at.ns);
    }
    curve_free(c);
}

/* --- numbers --- */

static void test_numbers(void)
{
    static const struct {
        int64_t range, step;
    } steps[] = {{8, 1}, {9, 2}, {17, 5}, {41, 10}, {INT64_C(1000000000), 200000000}};
    g_autoptr(GString) s = g_string_new(NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++)
        g_assert_cmpint(svg_step(steps[i].range, 8), ==, steps[i].step);
    svg_count(s, -1234567);
    g_string_append_c(s, '|');
    svg_time(s, 612000000, 2000000);
    g_string_append_c(s, '|');
    svg_time(s, 1500000000, 500000000);
    g_string_append_c(s, '|');
    svg_time(s, -7, 1);
    g_string_append_c(s, '|');
    svg_duration(s, 1234567);
    g_string_append_c(s, '|');
    svg_duration(s, -42);
    g_assert_cmpstr(s->str, ==, "−1,234,567|612 ms|1.5 s|-7 ns|1.23 ms|-42 ns");
}

/* --- the page --- */

/* Of a guest, of names, of the verdict and its checks. */
static void test_hostile(void)
{
    static const char *const names[] = {HOSTILE, "b"};
    static const char line[] = "\033[1mbold\033[0m " HOSTILE,
                      bytes[] = "\001\xff\xfe tail \"quoted\"";
    g_autofree char *log = g_build_filename(g_get_tmp_dir(), "test-page-XXXXXX", NULL);
    g_autofree char *page = NULL;
    g_autoptr(Recent) recent = recent_new();
    g_auto(Verdict) verdict = {0};
    int fd = g_mkstemp(log);
    Run r;

    run_init(&r, names, 2);
    g_assert_true(g_close(fd, NULL));
    g_assert_true(g_file_set_contents(log, "a line\nprompt " HOSTILE, -1, NULL));
    recent_add(recent, line, strlen(line), vtime(7));
    recent_add(recent, bytes, strlen(bytes), vtime(8));
    ((ReportNode *)r.summary.nodes->pdata[0])->console_log = g_strdup(log);
    ((ReportNode *)r.summary.nodes->pdata[0])->console = recent;
    ((ReportNode *)r.summary.nodes->pdata[0])->console_open = true;
    ((ReportNode *)r.summary.nodes->pdata[0])->console_open_at = vtime(9);
    verdict_check(&verdict, HOSTILE ":1", "assert " HOSTILE, HOSTILE, vtime(1), false);
    verdict_note(&verdict, OUTCOME_FAILED, HOSTILE ":1", HOSTILE);
    r.summary.verdict = &verdict;
    r.summary.scenario = HOSTILE;
    g_free(r.summary.command_line);
    r.summary.command_line = g_strdup("metronome -c '" HOSTILE "'");
    report_trace_init(&r.summary.trace);
    g_ptr_array_add(r.summary.trace.names, g_strdup(names[0]));
    g_ptr_array_add(r.summary.trace.names, g_strdup(names[1]));
    add_packet(&r, 0, 1, 1000, REPORT_DELIVERED);
    series_add(r.series, vtime(1000), 5, (int64_t[]){1, 1}, (int64_t[]){0, 1});
    curve_add((g_ptr_array_add(r.curves, curve_new(HOSTILE)), r.curves->pdata[0]), vtime(1), 2);
    page = page_of(&r);
    lacks(page, "<img");
    lacks(page, "onerror=\"");
    lacks(page, "</script>\"");
    has(page, "<span>0.000000007s</span><code>bold &lt;img src=x "
              "onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;&lt;/script&gt;</code>");
    has(page, "<span>0.000000008s</span><code>\\xff\\xfe tail &quot;quoted&quot;</code>");
    has(page, "<span>0.000000009s</span><code>prompt &lt;img"); /* not ended yet */
    has(page, "\\u003cimg src=x onerror=\\\"alert('1')\\\"\\u003e\\u0026\\u003c\\/script\\u003e");
    g_assert_true(g_utf8_validate(page, -1, NULL));
    g_unlink(log);
    run_clear(&r);
}

/* What is looked for comes in this order. */
static void follows(const char *page, const char *const *parts, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        page = strstr(page, parts[i]);
        if (!page)
            g_error("the page lacks '%s' there", parts[i]);
    }
}

/* How it ended comes first, then exactness, checks and consoles, then the charts. */
static void test_outcome(void)
{
    static const char *const names[] = {"a"};
    static const struct {
        Outcome outcome;
        const char *looks;
    } rows[] = {
        {OUTCOME_RUNNING, "verdict fair\"><p><strong>Not over yet.</strong>"},
        {OUTCOME_PASSED, "verdict good\"><p><strong>Passed.</strong>"},
        {OUTCOME_FAILED, "verdict bad\"><p><strong>Failed.</strong>"},
        {OUTCOME_USAGE, "verdict bad\"><p><strong>Stopped by an error in the commands.</strong>"},
        {OUTCOME_OUTPUT_LOST, "verdict bad\"><p><strong>Output was lost.</strong>"},
        {OUTCOME_NODE_FAILED, "verdict bad\"><p><strong>A node or a host failed.</strong>"},
        {OUTCOME_EXACTNESS_LOST, "verdict bad\"><p><strong>Exactness was lost.</strong>"},
        {OUTCOME_INTERRUPTED, "verdict bad\"><p><strong>Interrupted.</strong>"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Verdict) verdict = {0};
        g_autofree char *page = NULL, *name = NULL;
        const char *parts[] = {"<main>\n<div id=\"outcome\" class=\"",
                               rows[i].looks,
                               NULL,
                               "<strong>",
                               "id=\"checks\"",
                               "id=\"consoles\"",
                               "id=\"nodes\"",
                               "id=\"space-time\"",
                               "id=\"overshoot\""};
        Run r;

        run_init(&r, names, 1);
        verdict_note(&verdict, rows[i].outcome, "a.mtr:7", "for this reason");
        if (rows[i].outcome == OUTCOME_PASSED)
            verdict_end(&verdict);
        r.summary.verdict = &verdict;
        name = g_strdup_printf("outcome <b>%s</b>", outcome_name(rows[i].outcome));
        parts[2] = name;
        page = page_of(&r);
        follows(page, parts, G_N_ELEMENTS(parts));
        if (outcome_exit_code(rows[i].outcome) > 0)
            has(page, "<code class=\"where\">a.mtr:7</code>: for this reason</p>");
        else
            lacks(page, "for this reason");
        run_clear(&r);
    }
}

static void test_checks(void)
{
    static const char *const names[] = {"a"};
    g_auto(Verdict) verdict = {0};
    g_autofree char *few = NULL, *many = NULL;
    Run r;

    run_init(&r, names, 1);
    r.summary.verdict = &verdict;
    verdict_check(&verdict, "a.mtr:1", "assert a.icount == 5", "7 against 5", vtime(1500), false);
    verdict_check(&verdict, NULL, "wait-line a x", NULL, vtime(2500), true);
    few = page_of(&r);
    has(few, "1 passed, 1 failed.");
    has(few, "✗ failed</th><td class=\"text\" data-label=\"line\">a.mtr:1</td>");
    has(few, "<code>assert a.icount == 5</code></td><td class=\"text\" data-label=\"found\">7 "
             "against 5</td><td data-label=\"at\">0.000001500 s</td>");
    has(few, "✓ passed</th><td class=\"text\" data-label=\"line\">–</td>");
    for (unsigned i = 0; i < 5000; i++)
        verdict_check(&verdict, "a.mtr:3", "assert 1 == 1", "1 against 1", vtime(3500), true);
    many = page_of(&r);
    has(many, "5,001 passed, 1 failed.");
    has(many, "✗ failed");
    g_assert_cmpuint(strlen(many), <, strlen(few) + 400000);
    run_clear(&r);
}

/* A chart that could only say zero is a sentence. */
static void test_folded(void)
{
    static const char *const names[] = {"a", "b"};
    static const char *const sentences[] = {
        "No packet was sent.",
        "All nodes stood at all barriers to the microsecond.",
        "None: all 20,000 boundaries and stops were exact to the instruction.",
        "No assert and no wait for a line was carried out.",
        "No guest has written anything.",
    };
    g_autofree char *page = NULL;
    Run r;

    run_init(&r, names, 2);
    series_add(r.series, vtime(1000), 5, (int64_t[]){1, 1}, (int64_t[]){0, 1});
    page = page_of(&r);
    for (unsigned i = 0; i < G_N_ELEMENTS(sentences); i++)
        has(page, sentences[i]);
    has(page, "aria-label=\"Host time of barriers\"");
    lacks(page, "aria-label=\"Histogram");
    lacks(page, "aria-label=\"Offsets");
    lacks(page, "aria-label=\"Space-time");
    run_clear(&r);
}

/* The sums are those of report.json; what the diagram leaves out is said. */
static void test_sums(void)
{
    static const char *const names[] = {"a"};
    g_autofree char *page = NULL;
    Run r;

    run_init(&r, names, 1);
    r.summary.packets = (ReportPackets){
        .sent = 1000, .copies = 30, .received = 1001, .dropped = 20, .filtered = 4, .under_way = 5};
    page = page_of(&r);
    has(page, "1,000 sent and 30 copies of them (switches flood, links duplicate) = 1,001 received "
              "+ 20 dropped + 4 that ended in a switch with no other exit for them + 5 under way.");
    run_clear(&r);
}

static void label_is(const char *const *names, unsigned n, unsigned index, const char *expected)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autofree char *label = NULL;

    for (unsigned i = 0; i < n; i++)
        g_ptr_array_add(all, (void *)names[i]);
    label = svg_label(all, index, 10);
    g_assert_cmpstr(label, ==, expected);
    g_assert_cmpint(g_utf8_strlen(label, -1), <=, 10);
}

/* Names that are too long for their place stay different. */
static void test_labels(void)
{
    static const char *const rack[] = {"node1-in-the-rack", "node16-in-the-rack"};
    static const char *const hosts[] = {"datacenter-a1", "datacenter-b7", "datacenter-c"};
    static const char *const mixed[] = {"a", "b-with-a-long-name-indeed"};

    label_is(rack, 2, 0, "node1…");
    label_is(rack, 2, 1, "node16…");
    label_is(hosts, 3, 0, "…a1");
    label_is(hosts, 3, 2, "…c");
    label_is(mixed, 2, 0, "a");
    label_is(mixed, 2, 1, "b-wit…deed");
    label_is(mixed + 1, 1, 0, "b-wit…deed");
}

static void short_count_is(uint64_t n, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    svg_short_count(text, n);
    g_assert_cmpstr(text->str, ==, expected);
}

static void test_short_counts(void)
{
    short_count_is(0, "0");
    short_count_is(9999, "9999");
    short_count_is(10000, "10.0k");
    short_count_is(123456, "123k");
    short_count_is(999499, "999k");
    short_count_is(999500, "1.00M");
    short_count_is(UINT64_MAX, "18.4E");
}

/* Nothing is fetched from anywhere, and nothing but the page's own script may run. */
static void test_alone(void)
{
    static const char *const names[] = {"a"};
    static const char *const foreign[] = {" src=", " href=", "url(h", "@import", "import("};
    g_autofree char *page = NULL;
    Run r;

    run_init(&r, names, 1);
    page = page_of(&r);
    for (unsigned i = 0; i < G_N_ELEMENTS(foreign); i++)
        lacks(page, foreign[i]);
    has(page, "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-");
    has(page, "prefers-color-scheme: dark");
    run_clear(&r);
}

static void test_verdicts(void)
{
    static const char *const names[] = {"a"};
    Run r;

    for (unsigned i = 0; i < 5; i++) {
        static const char *const says[] = {"<strong>Exact.</strong>", "Exactness was lost",
                                           "Exactness was lost", "<strong>Best effort.</strong>",
                                           "<strong>Node a failed.</strong>"};
        g_autofree char *page = NULL;
        ReportNode *n;

        run_init(&r, names, 1);
        n = r.summary.nodes->pdata[0];
        r.summary.missed = i == 1;
        r.summary.packets.late = i == 2;
        r.summary.mode = i == 3 ? "best effort" : "strict";
        if (i == 4) {
            g_free(n->state);
            n->state = g_strdup("failed");
        }
        page = page_of(&r);
        has(page, says[i]);
        if (i != 0 && i != 4)
            lacks(page, says[0]);
        run_clear(&r);
    }
}

/* Of a run that ended before it began there is a page as well. */
static void test_empty(void)
{
    Run r;
    g_autofree char *page = NULL;

    run_init(&r, NULL, 0);
    page = page_of(&r);
    has(page, "</html>");
    has(page, "No barrier was recorded");
    has(page, "No clock was recorded");
    run_clear(&r);
}

static void test_overshoot(void)
{
    static const char *const names[] = {"a"};
    const int64_t values[] = {-5, 1, 9, 10, 12345, INT64_C(99000000000)};
    g_autofree char *page = NULL;
    ReportNode *n;
    Run r;

    run_init(&r, names, 1);
    n = r.summary.nodes->pdata[0];
    n->overshoots = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_array_append_vals(n->overshoots, values, G_N_ELEMENTS(values));
    page = page_of(&r);
    has(page, "10,000 of 10,006 were exact");
    has(page, ">2</text><text class=\"label\"");
    has(page, ">10.0k</text>");
    run_clear(&r);
}

/* As many barriers and packets as you like: the page does not grow beyond a few megabytes. */
static void test_bounded(void)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    g_autofree char *page = NULL;
    unsigned room = report_trace_room(8);
    Run r;

    run_init(&r, names, 8);
    report_trace_init(&r.summary.trace);
    for (unsigned i = 0; i < 8; i++)
        g_ptr_array_add(r.summary.trace.names, g_strdup(names[i]));
    for (int64_t i = 1; i <= 300000; i++) {
        int64_t stamps[8], waited[8];

        for (unsigned k = 0; k < 8; k++) {
            stamps[k] = i * 10;
            waited[k] = (i + k) % 8;
        }
        series_add(r.series, vtime(i * 10000), 5000, stamps, waited);
    }
    g_assert_cmpuint(room, >=, 10000);
    for (unsigned i = 0; i < room; i++)
        add_packet(&r, i % 8, (i + 1) % 8, i * INT64_C(10000),
                   i % 9 ? REPORT_DELIVERED : REPORT_DROPPED);
    r.summary.trace.left_out = 123456;
    page = page_of(&r);
    g_assert_cmpuint(strlen(page), <, 5u << 20);
    has(page, "123,456 are left out");
    has(page, "As a table: the first 100 of ");
    run_clear(&r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/page/series", test_series);
    g_test_add_func("/page/series/rewind", test_series_rewind);
    g_test_add_func("/page/series/changes", test_series_changes);
    g_test_add_func("/page/curve", test_curve);
    g_test_add_func("/page/numbers", test_numbers);
    g_test_add_func("/page/hostile", test_hostile);
    g_test_add_func("/page/outcome", test_outcome);
    g_test_add_func("/page/checks", test_checks);
    g_test_add_func("/page/folded", test_folded);
    g_test_add_func("/page/sums", test_sums);
    g_test_add_func("/page/labels", test_labels);
    g_test_add_func("/page/short-counts", test_short_counts);
    g_test_add_func("/page/alone", test_alone);
    g_test_add_func("/page/verdicts", test_verdicts);
    g_test_add_func("/page/empty", test_empty);
    g_test_add_func("/page/overshoot", test_overshoot);
    g_test_add_func("/page/bounded", test_bounded);
    return g_test_run();
}
