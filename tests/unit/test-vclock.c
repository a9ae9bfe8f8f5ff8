/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-vclock.c: the laws of vector clocks, on chosen clocks and on random histories. */
#include "controller/network/vclock.h"

#include <stdbool.h>
#include <string.h>

static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};

static VClock clock_of(unsigned n, const uint64_t *counts)
{
    VClock clock = {0};

    for (unsigned i = 0; i < n; i++)
        for (uint64_t k = 0; k < counts[i]; k++)
            vclock_tick(&clock, i);
    return clock;
}

static void text_is(const VClock *clock, const char *expected)
{
    g_autoptr(GString) text = g_string_new("clock ");

    vclock_format(clock, names, text);
    g_assert_cmpstr(text->str + strlen("clock "), ==, expected);
}

static void test_text(void)
{
    static const uint64_t counts[] = {3, 0, 12};
    g_auto(VClock) empty = {0}, clock = clock_of(3, counts);

    text_is(&empty, "[]");
    text_is(&clock, "[a:3 c:12]");
    vclock_tick(&clock, 1);
    text_is(&clock, "[a:3 b:1 c:12]");
    clock.counts[0] = UINT64_MAX;
    text_is(&clock, "[a:18446744073709551615 b:1 c:12]");
}

static void order_is(const uint64_t *a, const uint64_t *b, VClockOrder expected)
{
    g_auto(VClock) x = clock_of(3, a), y = clock_of(3, b);

    g_assert_cmpint(vclock_compare(&x, &y), ==, expected);
}

static void test_compare(void)
{
    order_is((uint64_t[]){1, 2, 3}, (uint64_t[]){1, 2, 3}, VCLOCK_EQUAL);
    order_is((uint64_t[]){0, 0, 0}, (uint64_t[]){0, 0, 0}, VCLOCK_EQUAL);
    order_is((uint64_t[]){1, 2, 3}, (uint64_t[]){1, 3, 3}, VCLOCK_BEFORE);
    order_is((uint64_t[]){1, 3, 3}, (uint64_t[]){1, 2, 3}, VCLOCK_AFTER);
    order_is((uint64_t[]){2, 2, 3}, (uint64_t[]){1, 3, 3}, VCLOCK_CONCURRENT);
    order_is((uint64_t[]){0, 0, 0}, (uint64_t[]){0, 0, 1}, VCLOCK_BEFORE);
}

/* A node that joins later was at 0 all the time. */
static void test_lengths(void)
{
    g_auto(VClock) a = {0}, b = {0}, zero = {0};

    vclock_tick(&a, 0);
    vclock_tick(&b, 0);
    b.len = 1;
    g_assert_cmpint(vclock_compare(&a, &b), ==, VCLOCK_EQUAL);
    vclock_tick(&b, 7);
    g_assert_cmpint(vclock_compare(&a, &b), ==, VCLOCK_BEFORE);
    g_assert_cmpint(vclock_compare(&b, &a), ==, VCLOCK_AFTER);
    g_assert_cmpuint(vclock_get(&a, 7), ==, 0);
    g_assert_cmpuint(vclock_get(&b, 7), ==, 1);
    g_assert_cmpuint(vclock_get(&b, 3), ==, 0);
    g_assert_cmpint(vclock_compare(&zero, &a), ==, VCLOCK_BEFORE);
    vclock_merge(&a, &b);
    g_assert_cmpint(vclock_compare(&b, &a), ==, VCLOCK_EQUAL);
    vclock_copy(&a, &zero);
    text_is(&a, "[]");
    vclock_tick(&a, 2); /* what was there before must not show through */
    text_is(&a, "[c:1]");
}

static void random_clock(GRand *rand, VClock *clock)
{
    unsigned n = (unsigned)g_rand_int_range(rand, 0, 6);

    clock->len = 0;
    for (unsigned i = 0; i < n; i++)
        for (int k = g_rand_int_range(rand, 0, 3); k > 0; k--)
            vclock_tick(clock, i);
}

static VClockOrder mirrored(VClockOrder order)
{
    if (order == VCLOCK_BEFORE)
        return VCLOCK_AFTER;
    return order == VCLOCK_AFTER ? VCLOCK_BEFORE : order;
}

static bool at_most(const VClock *a, const VClock *b)
{
    VClockOrder order = vclock_compare(a, b);

    return order == VCLOCK_EQUAL || order == VCLOCK_BEFORE;
}

/* A partial order whose least upper bound is the merge. */
static void test_laws(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_auto(VClock) a = {0}, b = {0}, c = {0}, ab = {0}, ba = {0}, more = {0};

    for (unsigned i = 0; i < 20000; i++) {
        random_clock(rand, &a);
        random_clock(rand, &b);
        random_clock(rand, &c);
        g_assert_cmpint(vclock_compare(&a, &a), ==, VCLOCK_EQUAL);
        g_assert_cmpint(vclock_compare(&b, &a), ==, mirrored(vclock_compare(&a, &b)));
        if (at_most(&a, &b) && at_most(&b, &c))
            g_assert_true(at_most(&a, &c));
        vclock_copy(&ab, &a);
        vclock_merge(&ab, &b);
        vclock_copy(&ba, &b);
        vclock_merge(&ba, &a);
        g_assert_cmpint(vclock_compare(&ab, &ba), ==, VCLOCK_EQUAL);
        g_assert_true(at_most(&a, &ab) && at_most(&b, &ab));
        if (at_most(&a, &c) && at_most(&b, &c))
            g_assert_true(at_most(&ab, &c));
        vclock_copy(&more, &a);
        vclock_tick(&more, i % 6);
        g_assert_cmpint(vclock_compare(&a, &more), ==, VCLOCK_BEFORE);
    }
}

enum { NODES = 4, EVENTS = 120 };

/* In a random history, comparing clocks says the same as following the messages. */
static void test_history(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    static VClock at[EVENTS];
    static bool reach[EVENTS][EVENTS];
    int last[NODES] = {-1, -1, -1, -1};

    for (int e = 0; e < EVENTS; e++) {
        int node = g_rand_int_range(rand, 0, NODES);
        int cause = e > 0 && g_rand_boolean(rand) ? g_rand_int_range(rand, 0, e) : -1;

        for (int from = 0; from < e; from++)
            reach[from][e] = (last[node] >= 0 && (from == last[node] || reach[from][last[node]])) ||
                             (cause >= 0 && (from == cause || reach[from][cause]));
        if (last[node] >= 0)
            vclock_copy(&at[e], &at[last[node]]);
        if (cause >= 0)
            vclock_merge(&at[e], &at[cause]);
        vclock_tick(&at[e], (unsigned)node);
        last[node] = e;
    }
    for (int a = 0; a < EVENTS; a++)
        for (int b = a + 1; b < EVENTS; b++)
            g_assert_cmpint(vclock_compare(&at[a], &at[b]), ==,
                            reach[a][b] ? VCLOCK_BEFORE : VCLOCK_CONCURRENT);
    for (int e = 0; e < EVENTS; e++)
        vclock_clear(&at[e]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vclock/text", test_text);
    g_test_add_func("/vclock/compare", test_compare);
    g_test_add_func("/vclock/lengths", test_lengths);
    g_test_add_func("/vclock/laws", test_laws);
    g_test_add_func("/vclock/history", test_history);
    return g_test_run();
}
