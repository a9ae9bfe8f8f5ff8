/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-prng.c: random numbers and digests against published values, and seeds that are apart. */
#include "controller/network/digest.h"
#include "controller/network/prng.h"

#include <glib.h>
#include <string.h>

/* The sequence for seed 1234567 that many implementations test against. */
static void test_splitmix64(void)
{
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317),  UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),  UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821),
    };
    uint64_t state = 1234567;

    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpuint(prng_splitmix64(&state), ==, expected[i]);
}

/* State 1, 2, 3, 4: the values of the reference implementation. */
static void test_xoshiro(void)
{
    static const uint64_t expected[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    Prng prng = {{1, 2, 3, 4}};

    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpuint(prng_next(&prng), ==, expected[i]);
}

static void test_seeds(void)
{
    Prng a, b, c, d, e;

    prng_seed(&a, 1, "a-b", 0);
    prng_seed(&b, 1, "a-b", 0);
    prng_seed(&c, 1, "a-b", 1);
    prng_seed(&d, 2, "a-b", 0);
    prng_seed(&e, 1, "a-c", 0);
    for (unsigned i = 0; i < 100; i++) {
        uint64_t x = prng_next(&a);

        g_assert_cmpuint(x, ==, prng_next(&b));
        g_assert_cmpuint(x, !=, prng_next(&c));
        g_assert_cmpuint(x, !=, prng_next(&d));
        g_assert_cmpuint(x, !=, prng_next(&e));
    }
}

/* Traces of different versions are compared: what a seed gives must never change. */
static void test_seed_is_stable(void)
{
    Prng prng;
    uint64_t state = digest64("a-b", 3, 42);
    Prng by_hand;

    for (unsigned i = 0; i < 4; i++)
        by_hand.s[i] = prng_splitmix64(&state);
    prng_seed(&prng, 42, "a-b", 0);
    g_assert_cmpmem(&prng, sizeof(prng), &by_hand, sizeof(by_hand));
    for (unsigned i = 0; i < 4; i++)
        by_hand.s[i] = prng_splitmix64(&state);
    prng_seed(&prng, 42, "a-b", 1);
    g_assert_cmpmem(&prng, sizeof(prng), &by_hand, sizeof(by_hand));
}

static void test_scale(void)
{
    unsigned count[7] = {0};
    Prng prng;

    g_assert_cmpuint(prng_scale(0, 9), ==, 0);
    g_assert_cmpuint(prng_scale(UINT64_MAX, 9), ==, 9);
    g_assert_cmpuint(prng_scale(UINT64_MAX, 0), ==, 0);
    g_assert_cmpuint(prng_scale(UINT64_MAX, UINT64_MAX), ==, UINT64_MAX);
    g_assert_cmpuint(prng_scale(12345, UINT64_MAX), ==, 12345);
    g_assert_cmpuint(prng_scale(UINT64_C(1) << 63, 9), ==, 5);
    prng_seed(&prng, 7, "dice", 0);
    for (unsigned i = 0; i < 70000; i++)
        count[prng_scale(prng_next(&prng), 6)]++;
    for (unsigned i = 0; i < 7; i++) { /* 10000 each, standard deviation 93 */
        g_assert_cmpuint(count[i], >, 9600);
        g_assert_cmpuint(count[i], <, 10400);
    }
}

static void digest_is(const char *text, uint64_t expected)
{
    g_assert_cmphex(digest64(text, strlen(text), 0), ==, expected);
}

static void test_digest_vectors(void)
{
    digest_is("", UINT64_C(0xef46db3751d8e999));
    digest_is("a", UINT64_C(0xd24ec4f1a98c6e5b));
    digest_is("abc", UINT64_C(0x44bc2cf5ad770999));
    digest_is("Call me Ishmael. Some years ago--never mind how long precisely-",
              UINT64_C(0x02a2e85470d6fd96));
}

/* Every length up to two stripes takes another path; each byte and the seed must count. */
static void test_digest_lengths(void)
{
    uint8_t data[71] = {0};

    for (size_t size = 1; size <= 70; size++) {
        uint64_t before = digest64(data + 1, size, 0);

        g_assert_cmphex(before, !=, digest64(data + 1, size, 1));
        g_assert_cmphex(before, !=, digest64(data + 1, size - 1, 0));
        for (size_t i = 0; i < size; i++) {
            data[1 + i] = 0x80;
            g_assert_cmphex(before, !=, digest64(data + 1, size, 0));
            data[1 + i] = 0;
        }
        g_assert_cmphex(before, ==, digest64(data + 1, size, 0));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/prng/splitmix64", test_splitmix64);
    g_test_add_func("/prng/xoshiro256**", test_xoshiro);
    g_test_add_func("/prng/seeds", test_seeds);
    g_test_add_func("/prng/seed-is-stable", test_seed_is_stable);
    g_test_add_func("/prng/scale", test_scale);
    g_test_add_func("/digest/vectors", test_digest_vectors);
    g_test_add_func("/digest/lengths", test_digest_lengths);
    return g_test_run();
}
