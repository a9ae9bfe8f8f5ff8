/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-compare.c: where the samples of two runs first differ. */
#include "controller/verify/compare.h"

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/compare/equal", test_equal);
    g_test_add_func("/compare/field", test_field);
    g_test_add_func("/compare/first-sample", test_first_sample);
    g_test_add_func("/compare/other-course", test_other_course);
    g_test_add_func("/compare/notes", test_notes);
    return g_test_run();
}
