/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-stats.c: distributions whose zeros are only counted must say the same as sorted samples. */
#include "controller/engine/stats.h"

static void dist_fill(Dist *d, const int64_t *values, unsigned n)
{
    *d = (Dist){0};
    for (unsigned i = 0; i < n; i++)
        dist_add(d, values[i]);
}

static void summary_is(DistSummary s, uint64_t count, int64_t min, int64_t median, int64_t max,
                       double mean)
{
    g_assert_cmpuint(s.count, ==, count);
    g_assert_cmpint(s.min, ==, min);
    g_assert_cmpint(s.median, ==, median);
    g_assert_cmpint(s.max, ==, max);
    g_assert_cmpfloat_with_epsilon(s.mean, mean, 1e-9);
}

static void test_empty(void)
{
    Dist d = {0};

    summary_is(dist_summary(&d), 0, 0, 0, 0, 0);
    g_assert_cmpint(dist_max(&d), ==, 0);
    dist_clear(&d);
}

/* The barrier path must not allocate as long as all is exact. */
static void test_zeros_allocate_nothing(void)
{
    Dist d = {0};

    for (unsigned i = 0; i < 1000; i++)
        dist_add(&d, 0);
    g_assert_null(d.others);
    g_assert_cmpuint(d.zeros, ==, 1000);
    summary_is(dist_summary(&d), 1000, 0, 0, 0, 0);
    g_assert_cmpuint(dist_summary(&d).outliers, ==, 0);
    g_assert_cmpint(dist_max(&d), ==, 0);
}

static void test_one(void)
{
    static const int64_t values[] = {42};
    Dist d;

    dist_fill(&d, values, 1);
    summary_is(dist_summary(&d), 1, 42, 42, 42, 42);
    g_assert_cmpint(dist_max(&d), ==, 42);
    dist_clear(&d);
}

static void test_unsorted(void)
{
    static const int64_t values[] = {5, 1, 4, 2, 3};
    Dist d;

    dist_fill(&d, values, 5);
    summary_is(dist_summary(&d), 5, 1, 3, 5, 3);
    g_assert_cmpint(g_array_index(d.others, int64_t, 0), ==, 5); /* summing up changes nothing */
    dist_clear(&d);
}

static void test_signs(void)
{
    static const int64_t values[] = {-10, 0, 7, 0, -2, 0};
    Dist d;

    dist_fill(&d, values, 6);
    summary_is(dist_summary(&d), 6, -10, 0, 7, -5.0 / 6);
    g_assert_cmpint(dist_max(&d), ==, 7);
    dist_clear(&d);
}

static void test_all_negative(void)
{
    static const int64_t values[] = {-3, -1, -2};
    Dist d;

    dist_fill(&d, values, 3);
    summary_is(dist_summary(&d), 3, -3, -2, -1, -2);
    dist_clear(&d);
}

/* Of an even number of samples the lower one of the middle. */
static void test_even_median(void)
{
    static const int64_t values[] = {40, 10, 30, 20};
    Dist d;

    dist_fill(&d, values, 4);
    summary_is(dist_summary(&d), 4, 10, 20, 40, 25);
    dist_clear(&d);
}

static void test_one_late_among_zeros(void)
{
    Dist d = {.zeros = 999999};

    dist_add(&d, 1000);
    summary_is(dist_summary(&d), 1000000, 0, 0, 1000, 0.001);
    g_assert_cmpuint(dist_summary(&d).outliers, ==, 1);
    dist_clear(&d);
}

static void test_outliers(void)
{
    /* Quartiles 12 and 16: 6 to 22 is the ordinary. */
    static const int64_t values[] = {10, 11, 12, 13, 14, 15, 16, 22, 23};
    Dist d;

    dist_fill(&d, values, G_N_ELEMENTS(values));
    g_assert_cmpuint(dist_summary(&d).outliers, ==, 1);
    /* Quartiles 11 and 15: 5 to 21. */
    dist_add(&d, -100);
    g_assert_cmpuint(dist_summary(&d).outliers, ==, 3);
    dist_clear(&d);
}

static void test_zero_as_outlier(void)
{
    Dist d = {0};

    for (unsigned i = 0; i < 20; i++)
        dist_add(&d, 100 + i % 2);
    dist_add(&d, 0);
    g_assert_cmpuint(dist_summary(&d).outliers, ==, 1);
    dist_clear(&d);
}

static void test_clear(void)
{
    static const int64_t values[] = {0, 1};
    Dist d;

    dist_fill(&d, values, 2);
    dist_clear(&d);
    g_assert_null(d.others);
    g_assert_cmpuint(dist_summary(&d).count, ==, 0);
    dist_add(&d, 9);
    g_assert_cmpuint(dist_summary(&d).count, ==, 1);
    dist_clear(&d);
}

/* --- against plain sorting --- */

static gint compare(gconstpointer a, gconstpointer b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t plain_outliers(const int64_t *sorted, unsigned n)
{
    double q1 = (double)sorted[(n - 1) / 4], q3 = (double)sorted[(n - 1) * 3 / 4];
    uint64_t count = 0;

    for (unsigned i = 0; i < n; i++)
        count +=
            (double)sorted[i] < q1 - 1.5 * (q3 - q1) || (double)sorted[i] > q3 + 1.5 * (q3 - q1);
    return count;
}

static void check_random(GRand *rand, unsigned n)
{
    g_autofree int64_t *values = g_new(int64_t, n);
    double sum = 0;
    DistSummary s;
    Dist d;

    for (unsigned i = 0; i < n; i++) {
        values[i] = g_rand_int_range(rand, -5, 12);
        if (g_rand_int_range(rand, 0, 10) == 0)
            values[i] *= 1000;
        sum += (double)values[i];
    }
    dist_fill(&d, values, n);
    s = dist_summary(&d);
    qsort(values, n, sizeof(values[0]), compare);
    summary_is(s, n, values[0], values[(n - 1) / 2], values[n - 1], sum / n);
    g_assert_cmpuint(s.outliers, ==, plain_outliers(values, n));
    g_assert_cmpint(dist_max(&d), ==, MAX(0, values[n - 1]));
    dist_clear(&d);
}

static void test_random(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);

    for (unsigned n = 1; n <= 300; n++)
        check_random(rand, n);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stats/empty", test_empty);
    g_test_add_func("/stats/zeros-allocate-nothing", test_zeros_allocate_nothing);
    g_test_add_func("/stats/one", test_one);
    g_test_add_func("/stats/unsorted", test_unsorted);
    g_test_add_func("/stats/signs", test_signs);
    g_test_add_func("/stats/all-negative", test_all_negative);
    g_test_add_func("/stats/even-median", test_even_median);
    g_test_add_func("/stats/one-late-among-zeros", test_one_late_among_zeros);
    g_test_add_func("/stats/outliers/others", test_outliers);
    g_test_add_func("/stats/outliers/zeros", test_zero_as_outlier);
    g_test_add_func("/stats/clear", test_clear);
    g_test_add_func("/stats/random", test_random);
    return g_test_run();
}
