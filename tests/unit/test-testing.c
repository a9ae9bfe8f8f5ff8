/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-testing.c: headers of cases, texts for XML and TAP, places, folders, and what report.json says. */
#include "controller/base/units.h"
#include "controller/session/session-error.h"
#include "controller/testing/collect.h"
#include "controller/testing/header.h"
#include "controller/testing/junit.h"
#include "controller/testing/kept.h"
#include "controller/testing/places.h"
#include "controller/testing/result.h"
#include "controller/testing/tap.h"

#include <glib/gstdio.h>
#include <string.h>

/* --- headers --- */

static void test_header(void)
{
    Header h;
    g_autoptr(GError) error = NULL;

    g_assert_true(header_parse("# from: boot.mtr\n#timeout:  1.5s \n# virtual-timeout:20ms\r\n"
                               "# a comment: with a colon\n\n# from: no header\n",
                               &h, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(h.from, ==, "boot.mtr");
    g_assert_cmpint(h.timeout.ns, ==, 1500 * NS_PER_MS);
    g_assert_cmpint(h.limit.ns, ==, 20 * NS_PER_MS);
    header_clear(&h);
    g_assert_true(header_parse("run 1ms\n# timeout: 1s\n", &h, NULL) && h.timeout.ns == 0);
    g_assert_true(header_parse("", &h, NULL) && !h.from);
    g_assert_true(header_parse("\xef\xbb\xbf# from: x", &h, NULL));
    g_assert_cmpstr(h.from, ==, "x");
    header_clear(&h);
}

static void test_header_errors(void)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"# timeout: soon\n", "1: # timeout: 'soon' is not a duration*"},
        {"#\n# timeout: 0s\n", "2: # timeout: a time above 0 is expected"},
        {"# timeout: 1s\n# timeout: 1s\n", "2: # timeout: it is given twice"},
        {"# virtual-timeout: -1s\n", "1: # virtual-timeout: '-1s' is not a duration*"},
        {"# from:\n", "1: # from: the scenario that boots, or the folder of a save, is expected"},
        {"# from: a\n# from: b\n", "2: # from: it is given twice"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        Header h;

        g_assert_false(header_parse(wrong[i].text, &h, &error));
        g_assert_true(g_pattern_match_simple(wrong[i].message, error->message));
        header_clear(&h);
    }
}

/* --- XML --- */

/* Whether XML 1.0 has the character (section 2.2). */
static bool is_char(gunichar c)
{
    return c == '\t' || c == '\n' || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) ||
           c >= 0x10000;
}

static void assert_xml(const char *bytes, gsize size)
{
    g_autofree char *text = junit_escape(bytes, size);

    g_assert_true(g_utf8_validate(text, -1, NULL));
    g_assert_null(strpbrk(text, "<>\""));
    for (const char *p = text; *p; p = g_utf8_next_char(p))
        g_assert_true(is_char(g_utf8_get_char(p)));
    for (const char *p = text; (p = strchr(p, '&')); p++)
        g_assert_true(g_str_has_prefix(p, "&amp;") || g_str_has_prefix(p, "&lt;") ||
                      g_str_has_prefix(p, "&gt;") || g_str_has_prefix(p, "&quot;"));
}

static void test_xml(void)
{
    g_autofree char *escaped = junit_escape("a<b>&\"c\n\t\x01\xff]]>", 14);
    char bytes[8];
    GRand *rand = g_rand_new_with_seed(1);

    g_assert_cmpstr(escaped, ==, "a&lt;b&gt;&amp;&quot;c\n\t\\x01\\xff]]&gt;");
    for (gunichar c = 0; c < 0x110000; c++)
        if (c < 0xd800 || c > 0xdfff)
            assert_xml(bytes, (gsize)g_unichar_to_utf8(c, bytes));
    for (unsigned i = 0; i < 20000; i++) {
        for (unsigned k = 0; k < sizeof(bytes); k++)
            bytes[k] = (char)g_rand_int_range(rand, 0, 256);
        assert_xml(bytes, sizeof(bytes));
    }
    g_rand_free(rand);
}

/* A case with one run. */
static TestCase *make_case(const char *name, ResultState state, const char *kind,
                           const char *message)
{
    TestCase *c = g_new0(TestCase, 1);

    c->name = g_strdup(name);
    c->runs = c->ended = 1;
    c->results = g_new0(TestResult, 1);
    c->results[0] = (TestResult){.state = state, .kind = kind, .message = g_strdup(message)};
    c->results[0].took.ns = 1234567890;
    return c;
}

static void nothing(GMarkupParseContext *context, const char *name, const char **names,
                    const char **values, void *data, GError **error)
{
    unsigned *count = data;

    (void)context, (void)names, (void)values, (void)error;
    *count += strcmp(name, "testcase") == 0;
}

static void test_junit(void)
{
    g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(case_free);
    const GMarkupParser parser = {.start_element = nothing};
    g_autoptr(GMarkupParseContext) context = NULL;
    g_autofree char *text = NULL;
    unsigned count = 0;

    g_ptr_array_add(cases, make_case("a/<b>&\".mtr", RESULT_FAILED, "failed", "1 < 2 & \"3\"\n4"));
    g_ptr_array_add(cases, make_case("c.mtr", RESULT_NONE, NULL, NULL));
    text = junit_text(cases, "2026-01-01T00:00:00+00:00", (HTime){5 * NS_PER_S});
    context = g_markup_parse_context_new(&parser, 0, &count, NULL);
    g_assert_true(g_markup_parse_context_parse(context, text, -1, NULL));
    g_assert_true(g_markup_parse_context_end_parse(context, NULL));
    g_assert_cmpuint(count, ==, 2);
    g_assert_nonnull(strstr(text, "<testsuites name=\"metronome\" tests=\"2\" failures=\"1\" "
                                  "errors=\"0\" time=\"5.000\">"));
    g_assert_nonnull(strstr(text, "<testcase name=\"&lt;b&gt;&amp;&quot;\" classname=\"a\" "
                                  "time=\"1.234\">"));
    g_assert_nonnull(strstr(text, "<failure type=\"failed\" message=\"1 &lt; 2 &amp; "
                                  "&quot;3&quot;\\n4\">1 &lt; 2"));
    g_assert_nonnull(strstr(text, "classname=\"scenarios\""));
    g_assert_nonnull(strstr(text, "<skipped type=\"not-run\" message=\"not run\">"));
}

/* --- TAP --- */

static void test_tap(void)
{
    TestCase *c = make_case("a # TODO \\ \"x\"\n.mtr", RESULT_ERROR, "usage", "say \"\\\"\n");
    g_autofree char *text = tap_case(c, 7);

    g_assert_true(g_str_has_prefix(text, "not ok 7 - a \\# TODO \\\\ \"x\"\\\\n.mtr\n  ---\n"));
    g_assert_nonnull(strstr(text, "  message: \"say \\\"\\\\\\\"\\\\n\"\n"));
    g_assert_nonnull(strstr(text, "  duration_ms: 1234\n"));
    g_assert_true(g_str_has_suffix(text, "  ...\n"));
    case_free(c);
}

/* --- places and folders --- */

static void test_places(void)
{
    unsigned cpus = places_cpus();

    for (unsigned wanted = 0; wanted <= cpus + 1; wanted++) {
        for (unsigned most = 1; most <= cpus + 1; most++) {
            g_autoptr(GArray) places = places_new(wanted, most);
            unsigned sum = 0;
            cpu_set_t all;

            CPU_ZERO(&all);
            g_assert_cmpuint(places->len, ==, MIN(wanted ? MIN(wanted, cpus) : cpus, most));
            for (unsigned i = 0; i < places->len; i++) {
                g_assert_cmpint(CPU_COUNT(&g_array_index(places, cpu_set_t, i)), >, 0);
                sum += (unsigned)CPU_COUNT(&g_array_index(places, cpu_set_t, i));
                CPU_OR(&all, &all, &g_array_index(places, cpu_set_t, i));
            }
            g_assert_cmpuint(sum, ==, cpus);
            g_assert_cmpint(CPU_COUNT(&all), ==, cpus);
        }
    }
}

static void test_folders(void)
{
    static const struct {
        const char *name;
        unsigned run;
        const char *folder;
    } all[] = {
        {"a.mtr", 1, "K/a.mtr"},
        {"./x/a.mtr", 1, "K/x/a.mtr"},
        {"../../a.mtr", 1, "K/__/__/a.mtr"},
        {"/abs//a.mtr", 1, "K/abs/a.mtr"},
        {"a.mtr", 3, "K/a.mtr.run-3"},
        {"a.mtr", KEPT_BOOT, "K/a.mtr.boot"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autofree char *folder = kept_folder("K", all[i].name, all[i].run);

        g_assert_cmpstr(folder, ==, all[i].folder);
    }
}

/* --- results --- */

static void test_report(void)
{
    static const char text[] =
        "{\"version\":3,\"outcome\":\"failed\",\"where\":\"a:7\",\"message\":\"m\",\"seed\":5,"
        "\"virtual_ns\":42,\"checks_left_out\":2,\"checks\":[{\"line\":\"a:6\",\"what\":\"w\","
        "\"virtual_ns\":1,\"result\":\"passed\",\"found\":null},{\"line\":null,\"what\":\"v\","
        "\"virtual_ns\":2,\"result\":\"failed\",\"found\":\"f\"}]}";
    static const char *const wrong[] = {"",
                                        "[]",
                                        "{}",
                                        "null",
                                        "{\"version\":2,\"outcome\":\"failed\"}",
                                        "{\"version\":3,\"outcome\":\"odd\"}",
                                        "{\"version\":3,\"outcome\":7}",
                                        "{\"version\":3"};
    ReportEnd end;

    g_assert_true(report_end_read(text, strlen(text), &end, NULL));
    g_assert_cmpint(end.verdict.outcome, ==, OUTCOME_FAILED);
    g_assert_cmpstr(end.verdict.where, ==, "a:7");
    g_assert_cmpstr(end.verdict.message, ==, "m");
    g_assert_cmpint(end.now.ns, ==, 42);
    g_assert_cmpint(end.seed, ==, 5);
    g_assert_cmpuint(end.verdict.checks->len, ==, 2);
    g_assert_cmpuint(end.verdict.left_out, ==, 2);
    g_assert_false(((const Check *)end.verdict.checks->pdata[1])->passed);
    report_end_clear(&end);
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(report_end_read(wrong[i], strlen(wrong[i]), &end, &error));
        g_assert_nonnull(error);
        report_end_clear(&end);
    }
}

static void test_output(void)
{
    g_autofree char *path = NULL, *bytes = g_malloc(1000000);
    const TestEnd end = {.code = -9, .report = "/nowhere", .output = "/nowhere"};
    TestEnd long_end = end;
    TestResult r;
    int fd = g_file_open_tmp("test-testing-XXXXXX", &path, NULL);

    result_read(&end, &r);
    g_assert_cmpint(r.state, ==, RESULT_ERROR);
    g_assert_cmpstr(r.kind, ==, "killed");
    g_assert_cmpint(r.exit_code, ==, 3);
    result_clear(&r);
    memset(bytes, 'x', 1000000);
    bytes[0] = 'a';
    bytes[999999] = 'z';
    g_assert_true(g_file_set_contents(path, bytes, 1000000, NULL));
    long_end.output = path;
    long_end.code = 2;
    result_read(&long_end, &r);
    g_assert_cmpstr(r.kind, ==, "usage");
    g_assert_cmpuint(r.output_size, <, 300000);
    g_assert_nonnull(g_strstr_len(r.output, (gssize)r.output_size, "bytes left out]\n"));
    g_assert_true(r.output[0] == 'a' && r.output[r.output_size - 1] == 'z');
    result_clear(&r);
    g_unlink(path);
    g_close(fd, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/testing/header", test_header);
    g_test_add_func("/testing/header-errors", test_header_errors);
    g_test_add_func("/testing/xml", test_xml);
    g_test_add_func("/testing/junit", test_junit);
    g_test_add_func("/testing/tap", test_tap);
    g_test_add_func("/testing/places", test_places);
    g_test_add_func("/testing/folders", test_folders);
    g_test_add_func("/testing/report", test_report);
    g_test_add_func("/testing/output", test_output);
    return g_test_run();
}
