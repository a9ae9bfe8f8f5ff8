/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-compare.c: where the samples of two runs first differ. */
#include "controller/verify/compare.h"

#include <string.h>

static const char base[] = "1000 a icount=10 bias=0 console=x\n"
                           "1000 b icount=5 bias=1 console=y\n"
                           "2000 a icount=20 bias=0 console=x\n"
                           "2000 b icount=9 bias=1 console=y\n";

static Difference *compare(const char *b, uint64_t *samples)
{
    return compare_samples(base, b, samples);
}

static void test_equal(void)
{
    uint64_t samples;

    g_assert_null(compare(base, &samples));
    g_assert_cmpuint(samples, ==, 4);
    g_assert_null(compare_samples("", "", &samples));
    g_assert_cmpuint(samples, ==, 0);
}

static void test_field(void)
{
    uint64_t samples;
    g_autoptr(Difference) d = compare("1000 a icount=10 bias=0 console=x\n"
                                      "1000 b icount=5 bias=1 console=y\n"
                                      "2000 a icount=20 bias=0 console=x\n"
                                      "2000 b icount=9 bias=1 console=z\n",
                                      &samples);

    g_assert_nonnull(d);
    g_assert_cmpint(d->before.ns, ==, 1000);
    g_assert_cmpint(d->at.ns, ==, 2000);
    g_assert_cmpstr(d->node, ==, "b");
    g_assert_cmpstr(d->field, ==, "console");
    g_assert_cmpstr(d->a, ==, "y");
    g_assert_cmpstr(d->b, ==, "z");
    g_assert_cmpstr(d->from_a, ==, "5");
    g_assert_cmpstr(d->to_a, ==, "9");
    g_assert_cmpuint(d->samples, ==, 3);
}

static void test_first_sample(void)
{
    uint64_t samples;
    g_autoptr(Difference) d = compare("1000 a icount=11 bias=0 console=x\n", &samples);

    g_assert_cmpint(d->before.ns, ==, 0);
    g_assert_cmpint(d->at.ns, ==, 1000);
    g_assert_cmpstr(d->field, ==, "icount");
    g_assert_cmpstr(d->from_a, ==, "0");
}

static void test_other_course(void)
{
    static const char *const others[] = {
        "1000 a icount=10 bias=0 console=x\n1000 b icount=5 bias=1 console=y\n",
        ("1000 a icount=10 bias=0 console=x\n1000 b icount=5 bias=1 console=y\n"
         "1500 a icount=15 bias=0 console=x\n"),
        "",
        "no sample at all",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        uint64_t samples, back;
        g_autoptr(Difference) d = compare(others[i], &samples);
        g_autoptr(Difference) reversed = compare_samples(others[i], base, &back);

        g_assert_nonnull(d);
        g_assert_null(d->node);
        g_assert_nonnull(reversed);
        g_assert_null(reversed->node);
        g_assert_cmpuint(samples, ==, back);
    }
}

/* Notes are not compared; verify shows them. */
static void test_notes(void)
{
    const char *with = "# gateway g: not repeatable\n0 a icount=1\n#\n5 a icount=2\n# end",
               *p = with;
    uint64_t samples;
    g_autofree char *first = NULL, *second = NULL;

    g_assert_null(compare_samples(with, "0 a icount=1\n# other\n5 a icount=2\n", &samples));
    g_assert_cmpuint(samples, ==, 2);
    first = compare_next_note(&p);
    second = compare_next_note(&p);
    g_assert_cmpstr(first, ==, "gateway g: not repeatable");
    g_assert_cmpstr(second, ==, "end");
    g_assert_null(compare_next_note(&p));
}

/* --- how far a file has got --- */

static void last_time_is(const char *end, int64_t expected)
{
    g_assert_cmpint(compare_last_time(end).ns, ==, expected);
}

static void test_last_time(void)
{
    last_time_is("", 0);
    last_time_is("\n", 0);
    last_time_is("\n1000 a icount=1\n", 1000);
    last_time_is("\n1000 a icount=1\n2000 a ic", 1000);
    last_time_is("\n1000 a icount=1\n2000 a icount=2\n# a note\n", 2000);
    last_time_is("00 a icount=1\n", 0); /* of a line that began before */
    last_time_is("00 a icount=1\n3000 b icount=1\n3", 3000);
    last_time_is("1000", 0);
}

/* --- consoles --- */

/* a and b: NULL for a console that has ended before the line; line 0: they are equal. */
static void consoles_differ(const char *one, const char *other, uint64_t line, const char *a,
                            const char *b, bool longer)
{
    g_autoptr(ConsoleDifference) d = compare_consoles(one, strlen(one), other, strlen(other));
    g_autoptr(ConsoleDifference) back = compare_consoles(other, strlen(other), one, strlen(one));

    g_assert_true(!d == (line == 0) && !back == !d);
    if (!d)
        return;
    g_assert_cmpuint(d->line, ==, line);
    g_assert_cmpstr(d->a, ==, a);
    g_assert_cmpstr(d->b, ==, b);
    g_assert_true(d->longer == longer);
    g_assert_cmpstr(back->a, ==, b);
    g_assert_cmpstr(back->b, ==, a);
}

static void test_consoles(void)
{
    consoles_differ("", "", 0, NULL, NULL, false);
    consoles_differ("one\ntwo\n", "one\ntwo\n", 0, NULL, NULL, false);
    consoles_differ("one\ntwo\nthree\n", "one\ntow\nthree\n", 2, "two", "tow", false);
    consoles_differ("one\r\ntwo\r\n", "one\r\ntwx\r\n", 2, "two", "twx", false);
    consoles_differ("one\r\n", "one\n", 1, "one\\x0d", "one", false);
    consoles_differ("one", "one\ntwo", 1, "one", "one", true);
    consoles_differ("one\n", "one\ntwo\n", 2, NULL, "two", true);
    consoles_differ("", "x", 1, NULL, "x", true);
    consoles_differ("\033[1mone\n", "\033[2mone\n", 1, "\\x1b[1mone", "\\x1b[2mone", false);
}

/* What is far from the difference is left out. */
static void test_long_lines(void)
{
    g_autofree char *blanks = g_strnfill(5000, '-'), *behind = g_strnfill(5000, '=');
    g_autofree char *one = g_strconcat("x\n", blanks, "A", behind, "\n", NULL);
    g_autofree char *other = g_strconcat("x\n", blanks, "B", behind, "\n", NULL);
    g_autoptr(ConsoleDifference) d = compare_consoles(one, strlen(one), other, strlen(other));

    g_assert_cmpuint(d->line, ==, 2);
    g_assert_true(g_str_has_prefix(d->a, "…-") && g_str_has_suffix(d->a, "=…"));
    g_assert_nonnull(strstr(d->a, "-A="));
    g_assert_nonnull(strstr(d->b, "-B="));
    g_assert_cmpuint(strlen(d->a), <, 400);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/compare/equal", test_equal);
    g_test_add_func("/compare/field", test_field);
    g_test_add_func("/compare/first-sample", test_first_sample);
    g_test_add_func("/compare/other-course", test_other_course);
    g_test_add_func("/compare/notes", test_notes);
    g_test_add_func("/compare/last-time", test_last_time);
    g_test_add_func("/compare/consoles", test_consoles);
    g_test_add_func("/compare/long-lines", test_long_lines);
    return g_test_run();
}
