/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-clocks.c: the agent's answers, complete, in pieces, late and wrong; rates. */
#include "controller/run/clocks.h"

#include <string.h>

#define FEED(a, text, error) clocks_answer_feed(a, text, strlen(text), error)

static const ClockSample *sample(const ClocksAnswer *a, unsigned i)
{
    g_assert_cmpuint(i, <, a->samples->len);
    return &g_array_index(a->samples, ClockSample, i);
}

static void test_answer(void)
{
    g_autoptr(ClocksAnswer) a = clocks_answer_new(7, 8);
    g_autoptr(GError) error = NULL;
    static const char text[] = "6 clock MONOTONIC 0 1 1\n6 end\n" /* late, of an earlier request */
                               "7 frequency 62500000\n"
                               "7 clock MONOTONIC 0 1500 100\n"
                               "7 clock CNTVCT_EL0 1 101 100\n"
                               "7 clock CNTPCT_EL0 1 forbidden 102\n"
                               "7 clock perf-instructions 0 1000 103\n"
                               "7 clock PMCCNTR_EL0 0 absent 104\n"
                               "7 end\n";

    /* Byte by byte: a line may come in any pieces. */
    for (unsigned i = 0; i < strlen(text); i++) {
        g_assert_false(a->done);
        g_assert_true(clocks_answer_feed(a, text + i, 1, &error));
    }
    g_assert_no_error(error);
    g_assert_true(a->done);
    g_assert_cmpuint(a->samples->len, ==, 5);
    g_assert_cmpstr(sample(a, 0)->name, ==, "MONOTONIC");
    g_assert_cmpint(sample(a, 0)->value, ==, 1500);
    g_assert_cmpint(sample(a, 0)->at.ns, ==, 1600);
    g_assert_cmpint(sample(a, 1)->value, ==, 1616);
    g_assert_cmpint(sample(a, 1)->cpu, ==, 1);
    g_assert_cmpstr(sample(a, 2)->why_not, ==, "forbidden");
    g_assert_cmpint(sample(a, 3)->value, ==, 8000);
    g_assert_cmpstr(sample(a, 4)->why_not, ==, "absent");
}

static void test_large(void)
{
    g_autoptr(ClocksAnswer) a = clocks_answer_new(1, 1024);
    g_autoptr(GError) error = NULL;

    /* 200 years in steps of 1 GHz and of 62.5 MHz. */
    g_assert_true(
        FEED(a, "1 frequency 62500000\n1 clock CNTVCT_EL0 0 394200000000000000 1\n", &error));
    g_assert_cmpint(sample(a, 0)->value, ==, INT64_C(6307200000000000000));
    g_assert_false(FEED(a, "1 clock perf-instructions 0 9223372036854775807 1\n", &error));
    g_assert_error(error, CLOCKS_ERROR, 0);
}

static void test_bad(void)
{
    static const char *const bad[] = {
        "1 clock MONOTONIC 0 1 1\n", /* before the frequency */
        "1 frequency 0\n",
        "1 frequency\n",
        "1 frequency 1000\n1 clock MONOTONIC 0 1\n",
        "1 frequency 1000\n1 clock MONOTONIC 0 x 1\n",
        "1 frequency 1000\n1 clock MONOTONIC 512 1 1\n",
        "1 frequency 1000\n1 clock MONOTONIC 0 1 -1\n",
        "1 error no such CPU\n",
        "1 frequency 9000000001\n", /* a second's steps, in ns, need more than 63 bits */
        "1 frequency 61\n1 clock CNTVCT_EL0 0 12500402000000000 1\n", /* later than 292 years */
        "1 frequency 61\n1 clock MONOTONIC 0 1 12500402000000000\n",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(ClocksAnswer) a = clocks_answer_new(1, 1);
        g_autoptr(GError) error = NULL;

        g_assert_false(FEED(a, bad[i], &error));
        g_assert_error(error, CLOCKS_ERROR, 0);
        g_assert_false(a->done);
    }
}

static void test_rate(void)
{
    const ClockSample first = {.at = {1000}, .value = 5000}, later = {.at = {3000}, .value = 8000};
    const ClockSample none = {.at = {3000}, .why_not = (char *)"absent"};
    double rate = 0;

    g_assert_true(clocks_rate(&first, &later, &rate));
    g_assert_cmpfloat(rate, ==, 1.5);
    g_assert_false(clocks_rate(&first, &first, &rate));
    g_assert_false(clocks_rate(&later, &first, &rate));
    g_assert_false(clocks_rate(&first, &none, &rate));
    g_assert_false(clocks_rate(&none, &later, &rate));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clocks/answer", test_answer);
    g_test_add_func("/clocks/large", test_large);
    g_test_add_func("/clocks/bad", test_bad);
    g_test_add_func("/clocks/rate", test_rate);
    return g_test_run();
}
