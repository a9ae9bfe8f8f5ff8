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

static void test_hostile(void)
{
    static const char *const names[] = {HOSTILE, "b"};
    g_autofree char *log = g_build_filename(g_get_tmp_dir(), "test-page-XXXXXX", NULL);
    g_autofree char *page = NULL;
    int fd = g_mkstemp(log);
    Run r;

    run_init(&r, names, 2);
    g_assert_true(g_close(fd, NULL));
    g_assert_true(g_file_set_contents(
        log, "\033[1mbold\033[0m " HOSTILE "\r\n\001\xff\xfe tail \"quoted\"\n", -1, NULL));
    ((ReportNode *)r.summary.nodes->pdata[0])->console_log = g_strdup(log);
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
    has(page, "bold &lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;&lt;/script&gt;");
    has(page, "tail &quot;quoted&quot;");
    has(page,
        "\\u003cimg src=x onerror=\\u0022alert('1')\\u0022\\u003e\\u0026\\u003c/script\\u003e");
    g_assert_true(g_utf8_validate(page, -1, NULL));
    g_unlink(log);
    run_clear(&r);
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
                                           "The run failed"};
        g_autofree char *page = NULL;
        ReportNode *n;

        run_init(&r, names, 1);
        n = r.summary.nodes->pdata[0];
        r.summary.missed = i == 1;
        n->packets.late = i == 2;
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
    has(page, "123,456 before them are left out");
    run_clear(&r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/page/series", test_series);
    g_test_add_func("/page/series/changes", test_series_changes);
    g_test_add_func("/page/curve", test_curve);
    g_test_add_func("/page/numbers", test_numbers);
    g_test_add_func("/page/hostile", test_hostile);
    g_test_add_func("/page/alone", test_alone);
    g_test_add_func("/page/verdicts", test_verdicts);
    g_test_add_func("/page/empty", test_empty);
    g_test_add_func("/page/overshoot", test_overshoot);
    g_test_add_func("/page/bounded", test_bounded);
    return g_test_run();
}
