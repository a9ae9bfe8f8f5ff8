/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-units.c: durations, counts, sizes and numbers, there and back, and what is refused. */
#include "controller/base/units.h"

static void duration_is(const char *text, int64_t ns)
{
    g_autoptr(GError) error = NULL;
    VTime t = {-1};

    g_assert_true(units_parse_duration(text, &t, &error));
    g_assert_no_error(error);
    g_assert_cmpint(t.ns, ==, ns);
}

static void duration_fails(const char *text, int code, const char *message)
{
    g_autoptr(GError) error = NULL;
    VTime t;

    g_assert_false(units_parse_duration(text, &t, &error));
    g_assert_error(error, UNITS_ERROR, code);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_duration_units(void)
{
    duration_is("10ns", 10);
    duration_is("500us", 500000);
    duration_is("1ms", 1000000);
    duration_is("2s", 2000000000);
    duration_is("1m", INT64_C(60000000000));
    duration_is("1h", INT64_C(3600000000000));
    duration_is("0.5h", INT64_C(1800000000000));
    duration_is("0s", 0);
    duration_is("0ns", 0);
    duration_is("007ms", 7000000);
}

static void test_duration_decimals(void)
{
    duration_is("1.5s", 1500000000);
    duration_is("0.5us", 500);
    duration_is(".25ms", 250000);
    duration_is("3.s", INT64_C(3000000000));
    duration_is("1.2345678s", 1234567800);
    duration_is("0.000000001s", 1);
    duration_is("1.0ns", 1);
    duration_is("1.5m", INT64_C(90000000000));
    duration_is("1e3us", 1000000);
    duration_is("1e+3us", 1000000);
    duration_is("1.5e3ns", 1500);
    duration_is("0.1e1ns", 1);
}

/* The digits and the unit may overflow when multiplied, the value does not. */
static void test_duration_many_digits(void)
{
    duration_is("12.345678912s", INT64_C(12345678912));
    duration_is("1.000000000000s", 1000000000);
    duration_is("9223372036.854775807s", INT64_MAX);
    duration_is("9223372036854775807ns", INT64_MAX);
}

static void test_duration_range(void)
{
    duration_fails("9223372036854775808ns", UNITS_ERROR_RANGE,
                   "'9223372036854775808ns' is too long: virtual time ends at 292 years");
    duration_fails("9223372036.854775808s", UNITS_ERROR_RANGE,
                   "'9223372036.854775808s' is too long: virtual time ends at 292 years");
    duration_fails("1e19ns", UNITS_ERROR_RANGE,
                   "'1e19ns' is too long: virtual time ends at 292 years");
    duration_fails("1e999999999999ns", UNITS_ERROR_RANGE,
                   "'1e999999999999ns' is too long: virtual time ends at 292 years");
    duration_fails("2562048h", UNITS_ERROR_RANGE,
                   "'2562048h' is too long: virtual time ends at 292 years");
    duration_fails("0.5ns", UNITS_ERROR_RANGE, "'0.5ns' is no whole number of nanoseconds");
    duration_fails("1.2345us", UNITS_ERROR_RANGE, "'1.2345us' is no whole number of nanoseconds");
    duration_is("0e999999999999ns", 0);
}

#define NO_DURATION                                                                                \
    " is not a duration: a number with a unit is expected, such as 500us, 1ms or 1.5s"

static void test_duration_syntax(void)
{
    duration_fails("", UNITS_ERROR_SYNTAX, "''" NO_DURATION);
    duration_fails("ms", UNITS_ERROR_SYNTAX, "'ms'" NO_DURATION);
    duration_fails(".", UNITS_ERROR_SYNTAX, "'.'" NO_DURATION);
    duration_fails("-1ms", UNITS_ERROR_SYNTAX, "'-1ms'" NO_DURATION);
    duration_fails(" 1ms", UNITS_ERROR_SYNTAX, "' 1ms'" NO_DURATION);
    duration_fails("100", UNITS_ERROR_SYNTAX,
                   "'100' has no unit: write ns, us, ms, s, m or h behind the number");
    duration_fails("1d", UNITS_ERROR_SYNTAX,
                   "'1d' has an unknown unit: ns, us, ms, s, m or h is expected");
    duration_fails("1MS", UNITS_ERROR_SYNTAX,
                   "'1MS' has an unknown unit: ns, us, ms, s, m or h is expected");
    duration_fails("1 ms", UNITS_ERROR_SYNTAX,
                   "'1 ms' has an unknown unit: ns, us, ms, s, m or h is expected");
    duration_fails("1.2.3s", UNITS_ERROR_SYNTAX,
                   "'1.2.3s' has an unknown unit: ns, us, ms, s, m or h is expected");
    duration_fails("1es", UNITS_ERROR_SYNTAX,
                   "'1es' has an unknown unit: ns, us, ms, s, m or h is expected");
}

/* --- counts --- */

static void insns_are(const char *text, int64_t n)
{
    g_autoptr(GError) error = NULL;
    Insns insns = {-1};

    g_assert_true(units_parse_insns(text, &insns, &error));
    g_assert_no_error(error);
    g_assert_cmpint(insns.n, ==, n);
}

static void insns_fail(const char *text, int code, const char *message)
{
    g_autoptr(GError) error = NULL;
    Insns insns;

    g_assert_false(units_parse_insns(text, &insns, &error));
    g_assert_error(error, UNITS_ERROR, code);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_insns(void)
{
    insns_are("1000insn", 1000);
    insns_are("1e6insn", 1000000);
    insns_are("1e+6insns", 1000000);
    insns_are("2.5e3insn", 2500);
    insns_are("0insn", 0);
    insns_are("9223372036854775807insn", INT64_MAX);
}

static void test_insns_bad(void)
{
    insns_fail("1000", UNITS_ERROR_SYNTAX,
               "'1000' is not an instruction count: write it as 1000insn or 1e6insn");
    insns_fail("insn", UNITS_ERROR_SYNTAX,
               "'insn' is not an instruction count: write it as 1000insn or 1e6insn");
    insns_fail("5ms", UNITS_ERROR_SYNTAX,
               "'5ms' is not an instruction count: write it as 1000insn or 1e6insn");
    insns_fail("1.5insn", UNITS_ERROR_RANGE,
               "'1.5insn' is not a whole number of instructions below 2^63");
    insns_fail("9223372036854775808insn", UNITS_ERROR_RANGE,
               "'9223372036854775808insn' is not a whole number of instructions below 2^63");
}

static void test_is_insns(void)
{
    g_assert_true(units_is_insns("5insn"));
    g_assert_true(units_is_insns("5insns"));
    g_assert_false(units_is_insns("5ms"));
    g_assert_false(units_is_insns("5"));
    g_assert_false(units_is_insns(""));
}

/* --- sizes --- */

static void size_is(const char *text, int64_t bytes)
{
    g_autoptr(GError) error = NULL;
    int64_t value = -1;

    g_assert_true(units_parse_size(text, &value, &error));
    g_assert_no_error(error);
    g_assert_cmpint(value, ==, bytes);
}

static void size_fails(const char *text)
{
    g_autofree char *message =
        g_strdup_printf("'%s' is not a size: write it as 512M or 4G (K, M, G, T)", text);
    g_autoptr(GError) error = NULL;
    int64_t value;

    g_assert_false(units_parse_size(text, &value, &error));
    g_assert_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_size(void)
{
    size_is("1048576", 1048576);
    size_is("64K", 65536);
    size_is("512M", INT64_C(536870912));
    size_is("512m", INT64_C(536870912));
    size_is("4G", INT64_C(4294967296));
    size_is("1.5G", INT64_C(1610612736));
    size_is("1T", INT64_C(1099511627776));
    size_is("0", 0);
}

static void test_size_bad(void)
{
    static const char *const texts[] = {"",  "M",   "-1M",  "1P",    "1MB",
                                        "x", "1 M", "0.3K", "9e18K", "99999999999999999999"};

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
        size_fails(texts[i]);
}

/* --- whole numbers --- */

static void int_fails(const char *text, int code, const char *message)
{
    g_autoptr(GError) error = NULL;
    int64_t value = 77;

    g_assert_false(units_parse_int(text, "smp", 1, 512, &value, &error));
    g_assert_error(error, UNITS_ERROR, code);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpint(value, ==, 77); /* untouched */
}

static void int_is(const char *text, int64_t min, int64_t max, int64_t expected)
{
    g_autoptr(GError) error = NULL;
    int64_t value = 0;

    g_assert_true(units_parse_int(text, "smp", min, max, &value, &error));
    g_assert_no_error(error);
    g_assert_cmpint(value, ==, expected);
}

static void test_int(void)
{
    int_is("1", 1, 512, 1);
    int_is("512", 1, 512, 512);
    int_is("0x10", 1, 512, 16);
    int_is("-3", -5, 5, -3);
    int_is("9223372036854775807", 0, INT64_MAX, INT64_MAX);
}

static void test_int_bad(void)
{
    static const char *const texts[] = {"", " 1", "1 ", "one", "1.5", "1e3", "4x"};

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *message = g_strdup_printf("smp '%s' is not a whole number", texts[i]);
        int_fails(texts[i], UNITS_ERROR_SYNTAX, message);
    }
    int_fails("0", UNITS_ERROR_RANGE, "smp '0' is out of range: 1 to 512 is allowed");
    int_fails("513", UNITS_ERROR_RANGE, "smp '513' is out of range: 1 to 512 is allowed");
    int_fails("-1", UNITS_ERROR_RANGE, "smp '-1' is out of range: 1 to 512 is allowed");
}

/* What strtoll cuts off at the type's end is not the number that was written. */
static void test_int_too_long(void)
{
    static const char *const texts[] = {"9223372036854775808", "99999999999999999999",
                                        "-9223372036854775809"};

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *message = g_strdup_printf("n '%s' is out of range", texts[i]);
        g_autoptr(GError) error = NULL;
        int64_t value;

        g_assert_false(units_parse_int(texts[i], "n", INT64_MIN, INT64_MAX, &value, &error));
        g_assert_error(error, UNITS_ERROR, UNITS_ERROR_RANGE);
        g_assert_true(g_str_has_prefix(error->message, message));
    }
}

/* --- formats --- */

static void seconds_are(int64_t ns, const char *expected)
{
    g_autofree char *text = units_format_seconds(vtime(ns));
    g_assert_cmpstr(text, ==, expected);
}

/* --- numbers in names --- */

static void index_fails(const char *text, int code, const char *message)
{
    g_autoptr(GError) error = NULL;
    int64_t value = 77;

    g_assert_false(units_parse_index(text, "card", 7, &value, &error));
    g_assert_error(error, UNITS_ERROR, code);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpint(value, ==, 77);
}

static void test_index(void)
{
    int64_t value = -1;

    g_assert_true(units_parse_index("0", "card", 7, &value, NULL));
    g_assert_cmpint(value, ==, 0);
    g_assert_true(units_parse_index("7", "card", 7, &value, NULL));
    g_assert_cmpint(value, ==, 7);
    index_fails("01", UNITS_ERROR_SYNTAX, "card '01' is written as '1'");
    index_fails("00", UNITS_ERROR_SYNTAX, "card '00' is written as '0'");
    index_fails("", UNITS_ERROR_SYNTAX, "card '' is no number from 0");
    index_fails("+1", UNITS_ERROR_SYNTAX, "card '+1' is no number from 0");
    index_fails("-0", UNITS_ERROR_SYNTAX, "card '-0' is no number from 0");
    index_fails("0x1", UNITS_ERROR_SYNTAX, "card '0x1' is no number from 0");
    index_fails("1 ", UNITS_ERROR_SYNTAX, "card '1 ' is no number from 0");
    index_fails("8", UNITS_ERROR_RANGE, "card '8' is out of range: 0 to 7 is allowed");
    index_fails("99999999999999999999", UNITS_ERROR_RANGE,
                "card '99999999999999999999' is out of range: 0 to 7 is allowed");
}

static void test_format_seconds(void)
{
    seconds_are(0, "0.000000000s");
    seconds_are(1, "0.000000001s");
    seconds_are(1234000000, "1.234000000s");
    seconds_are(-1, "-0.000000001s");
    seconds_are(INT64_C(-1500000000), "-1.500000000s");
    seconds_are(INT64_MAX, "9223372036.854775807s");
    seconds_are(INT64_MIN, "-9223372036.854775808s");
}

static void format_is(int64_t ns, const char *expected)
{
    g_autofree char *text = units_format_duration(vtime(ns));
    g_assert_cmpstr(text, ==, expected);
}

static void test_format_duration(void)
{
    format_is(0, "0ns");
    format_is(3, "3ns");
    format_is(1000, "1us");
    format_is(1000000, "1ms");
    format_is(1500000, "1500us");
    format_is(2000000000, "2s");
    format_is(INT64_C(60000000000), "60s");
    format_is(1000001, "1000001ns");
    format_is(-2000, "-2us");
}

/* What is printed can be read again, to the nanosecond. */
static void test_round_trip(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);

    for (unsigned i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
        int64_t ns = (int64_t)(bits >> g_rand_int_range(rand, 1, 64));
        g_autofree char *seconds = units_format_seconds(vtime(ns));
        g_autofree char *shortest = units_format_duration(vtime(ns));

        duration_is(seconds, ns);
        duration_is(shortest, ns);
    }
}

static void test_floor(void)
{
    g_assert_cmpint(vtime_floor_us(vtime(1999)), ==, 1);
    g_assert_cmpint(vtime_add(vtime(3), vtime(4)).ns, ==, 7);
    g_assert_cmpint(vtime_sub(vtime(3), vtime(4)).ns, ==, -1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/units/duration/units", test_duration_units);
    g_test_add_func("/units/duration/decimals", test_duration_decimals);
    g_test_add_func("/units/duration/many-digits", test_duration_many_digits);
    g_test_add_func("/units/duration/range", test_duration_range);
    g_test_add_func("/units/duration/syntax", test_duration_syntax);
    g_test_add_func("/units/insns/good", test_insns);
    g_test_add_func("/units/insns/bad", test_insns_bad);
    g_test_add_func("/units/insns/is", test_is_insns);
    g_test_add_func("/units/size/good", test_size);
    g_test_add_func("/units/size/bad", test_size_bad);
    g_test_add_func("/units/int/good", test_int);
    g_test_add_func("/units/int/bad", test_int_bad);
    g_test_add_func("/units/int/too-long", test_int_too_long);
    g_test_add_func("/units/index", test_index);
    g_test_add_func("/units/format/seconds", test_format_seconds);
    g_test_add_func("/units/format/duration", test_format_duration);
    g_test_add_func("/units/format/round-trip", test_round_trip);
    g_test_add_func("/units/vtime", test_floor);
    return g_test_run();
}
