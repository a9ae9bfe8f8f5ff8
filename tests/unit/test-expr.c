/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-expr.c: comparisons of times and counts. */
#include "controller/run/expr.h"

#include "controller/base/units.h"

#include <string.h>

static const char *const states[] = {"paused", "off", "panicked", NULL};
static const char *const colours[] = {"paused", "red", NULL};

static const struct {
    const char *name;
    ExprValue value;
} names[] = {
    {"a.icount", {EXPR_COUNT, 3000000, NULL}}, {"a.time", {EXPR_TIME, 2000000000, NULL}},
    {"b.time", {EXPR_TIME, 1999999000, NULL}}, {"b.overshoot", {EXPR_TIME, 0, NULL}},
    {"missed", {EXPR_COUNT, 0, NULL}},         {"web-1.icount", {EXPR_COUNT, 7, NULL}},
    {"a.reg.x0", {EXPR_WORD, -1, NULL}},       {"a.mem[a[1]+x]", {EXPR_WORD, 5, NULL}},
    {"big", {EXPR_COUNT, INT64_MAX, NULL}},    {"a.state", {EXPR_NAME, 1, states}},
    {"b.state", {EXPR_NAME, 0, states}},       {"a.colour", {EXPR_NAME, 0, colours}},
};

static bool lookup(const char *name, ExprValue *out, void *data, GError **error)
{
    (void)data;
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            *out = names[i].value;
            return true;
        }
    }
    g_set_error(error, EXPR_ERROR, 42, "no '%s'", name);
    return false;
}

static void check(const char *text, bool holds, ExprKind kind, int64_t left, int64_t right)
{
    g_autoptr(GError) error = NULL;
    ExprResult result;
    bool ok = expr_evaluate(text, lookup, NULL, &result, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_true(result.holds == holds);
    g_assert_cmpint(result.left.kind, ==, kind);
    g_assert_cmpint(result.left.value, ==, left);
    g_assert_cmpint(result.right.value, ==, right);
}

static void check_error(const char *text, GQuark domain, const char *message)
{
    g_autoptr(GError) error = NULL;
    ExprResult result = {.left.value = 77};

    g_assert_false(expr_evaluate(text, lookup, NULL, &result, &error));
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_true(error->domain == domain);
    g_assert_cmpint(result.left.value, ==, 77); /* untouched */
}

static void test_operators(void)
{
    static const struct {
        const char *op;
        bool less, equal, greater;
    } ops[] = {{"==", false, true, false}, {"!=", true, false, true}, {"<", true, false, false},
               {"<=", true, true, false},  {">", false, false, true}, {">=", false, true, true}};

    for (unsigned i = 0; i < G_N_ELEMENTS(ops); i++) {
        g_autofree char *less = g_strdup_printf("1 %s 2", ops[i].op);
        g_autofree char *equal = g_strdup_printf("2 %s 2", ops[i].op);
        g_autofree char *greater = g_strdup_printf("3%s2", ops[i].op);

        check(less, ops[i].less, EXPR_COUNT, 1, 2);
        check(equal, ops[i].equal, EXPR_COUNT, 2, 2);
        check(greater, ops[i].greater, EXPR_COUNT, 3, 2);
    }
}

static void test_values(void)
{
    check("a.icount == 3000000", true, EXPR_COUNT, 3000000, 3000000);
    check("a.icount == 3e6insn", true, EXPR_COUNT, 3000000, 3000000);
    check("a.icount==3000001insns", false, EXPR_COUNT, 3000000, 3000001);
    check("b.time < 2s", true, EXPR_TIME, 1999999000, 2000000000);
    check("  a.time\t== 2000ms ", true, EXPR_TIME, 2000000000, 2000000000);
    check("1.5us == 1500ns", true, EXPR_TIME, 1500, 1500);
    check(".5us == 500ns", true, EXPR_TIME, 500, 500);
    check("big == 9223372036854775807", true, EXPR_COUNT, INT64_MAX, INT64_MAX);
    check("web-1.icount == 7", true, EXPR_COUNT, 7, 7);
}

static void test_sums(void)
{
    check("a.time - b.time < 1ms", true, EXPR_TIME, 1000, 1000000);
    check("a.time - b.time == 1us", true, EXPR_TIME, 1000, 1000);
    check("1 + 2 - 4 == 0", false, EXPR_COUNT, -1, 0);
    check("10-3-2 == 1+4", true, EXPR_COUNT, 5, 5); /* from left to right */
    check("1s+1ms == 1001ms", true, EXPR_TIME, 1001000000, 1001000000);
}

/* 0 is a time where times are, a count where counts are. */
static void test_zero(void)
{
    check("b.overshoot == 0", true, EXPR_TIME, 0, 0);
    check("0 == b.overshoot", true, EXPR_TIME, 0, 0);
    check("missed == 0", true, EXPR_COUNT, 0, 0);
    check("0 + a.time > 0", true, EXPR_TIME, 2000000000, 0);
    check("0 == 0", true, EXPR_ANY, 0, 0);
    check("000 < 1", true, EXPR_COUNT, 0, 1);
}

#define MIXED "a time and a count can't be compared or added: give both a unit of the same kind"

/* Where a value is expected, a minus is a sign; behind a value it is the operator. */
static void test_negative(void)
{
    check("b.overshoot > -1us", true, EXPR_TIME, 0, -1000);
    check("a.icount >= -3insn", true, EXPR_COUNT, 3000000, -3);
    check("-5 < -0", true, EXPR_COUNT, -5, 0);
    check("-.5us == 0 - 500ns", true, EXPR_TIME, -500, -500);
    check("5 - -3 == 8", true, EXPR_COUNT, 8, 8);
    check("5--3 == 8", true, EXPR_COUNT, 8, 8);
    check("5 + -3 == 2", true, EXPR_COUNT, 2, 2);
    check("5 -3 == 2", true, EXPR_COUNT, 2, 2);
    check("-0 == b.overshoot", true, EXPR_TIME, 0, 0);
    check("-9223372036854775807 - 1 < 0", true, EXPR_COUNT, INT64_MIN, 0);
    check_error("a.time > -5", EXPR_ERROR, MIXED);
    check_error("1 > - 5", EXPR_ERROR, "a value is expected at '- 5'");
    check_error("1 > --5", EXPR_ERROR, "a value is expected at '--5'");
    check_error("-a.time < 0", EXPR_ERROR, "a value is expected at '-a.time < 0'");
    check_error("- < 0", EXPR_ERROR, "a value is expected at '- < 0'");
    check_error("a.time > -1d", UNITS_ERROR,
                "'1d' has an unknown unit: ns, us, ms, s, m or h is expected");
}

#define COMPARED                                                                                   \
    "a state can only be compared by == and !=, with the name of one or the state of another node"

static void test_names(void)
{
    check("a.state == off", true, EXPR_NAME, 1, 1);
    check("a.state != off", false, EXPR_NAME, 1, 1);
    check("a.state==panicked", false, EXPR_NAME, 1, 2);
    check("paused == b.state", true, EXPR_NAME, 0, 0);
    check(" a.state !=  b.state ", true, EXPR_NAME, 1, 0);
    check_error("a.state == offf", EXPR_ERROR, "'offf' is no state: paused, off, panicked");
    check_error("of == a.state", EXPR_ERROR, "'of' is no state: paused, off, panicked");
    check_error("a.state == red", EXPR_ERROR, "'red' is no state: paused, off, panicked");
    check_error("a.state < off", EXPR_ERROR, COMPARED);
    check_error("off >= a.state", EXPR_ERROR, COMPARED);
    check_error("a.state == 1", EXPR_ERROR, COMPARED);
    check_error("0 != a.state", EXPR_ERROR, COMPARED);
    check_error("a.state == a.colour", EXPR_ERROR, COMPARED);
    check_error("a.state + 1 == 2", EXPR_ERROR, COMPARED);
    check_error("a.state == b.state + 0", EXPR_ERROR, COMPARED);
    check_error("a.state == off off", EXPR_ERROR, "'off' is too much: one comparison is expected");
    check_error("a.state == ", EXPR_ERROR, "a value is missing at the end");
    check_error("a.state", EXPR_ERROR, "a comparison (== != < <= > >=) is expected at ''");
}

/* A word is a name only where the other side is one. */
static void test_no_names(void)
{
    g_autoptr(GError) error = NULL;
    ExprResult result;

    g_assert_false(expr_evaluate("off == off", lookup, NULL, &result, &error));
    g_assert_error(error, EXPR_ERROR, 42);
    g_assert_cmpstr(error->message, ==, "no 'off'");
    g_clear_error(&error);
    g_assert_false(expr_evaluate("missed == off", lookup, NULL, &result, &error));
    g_assert_cmpstr(error->message, ==, "no 'off'");
    g_clear_error(&error);
    g_assert_false(expr_evaluate("off", lookup, NULL, &result, &error));
    g_assert_cmpstr(error->message, ==, "no 'off'");
    g_clear_error(&error);
    g_assert_false(expr_evaluate("c.state == off", lookup, NULL, &result, &error));
    g_assert_cmpstr(error->message, ==, "no 'c.state'");
}

static void test_kinds(void)
{
    check_error("a.time == 5", EXPR_ERROR, MIXED);
    check_error("5 == a.time", EXPR_ERROR, MIXED);
    check_error("a.icount < 5ms", EXPR_ERROR, MIXED);
    check_error("a.time + a.icount == 0", EXPR_ERROR, MIXED);
    check_error("0 + 1 + 1ms == 0", EXPR_ERROR, MIXED);
    check_error("missed == 0insn + 0ns", EXPR_ERROR, MIXED);
}

static void test_syntax(void)
{
    check_error("", EXPR_ERROR, "a value is missing at the end");
    check_error("a.icount ==", EXPR_ERROR, "a value is missing at the end");
    check_error("a.icount + == 1", EXPR_ERROR, "a value is expected at '== 1'");
    check_error("== 1", EXPR_ERROR, "a value is expected at '== 1'");
    check_error("a.icount", EXPR_ERROR, "a comparison (== != < <= > >=) is expected at ''");
    check_error("a.icount = 1", EXPR_ERROR, "a comparison (== != < <= > >=) is expected at '= 1'");
    check_error("1 === 1", EXPR_ERROR, "a comparison (== != < <= > >=) is expected at '=== 1'");
    check_error("1 =< 1", EXPR_ERROR, "a comparison (== != < <= > >=) is expected at '=< 1'");
    check_error("1 1", EXPR_ERROR, "a comparison (== != < <= > >=) is expected at '1'");
    check_error("1 < 2 < 3", EXPR_ERROR, "'< 3' is too much: one comparison is expected");
    check_error("1 < 2 x", EXPR_ERROR, "'x' is too much: one comparison is expected");
    check_error("(1) < 2", EXPR_ERROR, "a value is expected at '(1) < 2'");
}

static void test_unknown_name(void)
{
    check_error("c.time == 0", EXPR_ERROR, "no 'c.time'");
    check_error("0 == nix", EXPR_ERROR, "no 'nix'");
}

static void test_bad_literals(void)
{
    check_error("a.time < 5d", UNITS_ERROR,
                "'5d' has an unknown unit: ns, us, ms, s, m or h is expected");
    check_error("a.time < 0.5ns", UNITS_ERROR, "'0.5ns' is no whole number of nanoseconds");
    check_error("a.icount < 1.5insn", UNITS_ERROR,
                "'1.5insn' is not a whole number of instructions below 2^63");
    check_error("a.icount < 1.5", UNITS_ERROR,
                "'1.5' has no unit: write ns, us, ms, s, m or h behind the number");
}

static void test_overflow(void)
{
    check_error("big + 1 == 0", EXPR_ERROR, "the sum is too large");
    check_error("0 - big - 2 == 0", EXPR_ERROR, "the sum is too large");
    check("0 - big - 1 < 0", true, EXPR_COUNT, INT64_MIN, 0);
    /* Not quietly the largest number there is. */
    check_error("big == 9223372036854775808", EXPR_ERROR,
                "'9223372036854775808' is too large: decimal numbers end at 9223372036854775807; "
                "0x… can have 64 bits");
}

/* Words are unsigned, and wrap. */
static void test_words(void)
{
    check("a.reg.x0 == 0xffffffffffffffff", true, EXPR_WORD, -1, -1);
    check("a.reg.x0 > 5", true, EXPR_WORD, -1, 5);
    check("5 < a.reg.x0", true, EXPR_WORD, 5, -1);
    check("a.reg.x0 + 2 == 1", true, EXPR_WORD, 1, 1);
    check("1 - a.reg.x0 == 2", true, EXPR_WORD, 2, 2);
    check("a.reg.x0 == -1", true, EXPR_WORD, -1, -1);
    check("a.reg.x0 != 0", true, EXPR_WORD, -1, 0);
    check("0x10 == 16", true, EXPR_WORD, 16, 16);
    check("-0x8000000000000000 == 0x8000000000000000", true, EXPR_WORD, INT64_MIN, INT64_MIN);
    check("a.mem[a[1]+x] == 5", true, EXPR_WORD, 5, 5);
    check("a.mem[a[1]+x]+1 >= 6", true, EXPR_WORD, 6, 6);
    check_error("a.reg.x0 == 1ms", EXPR_ERROR,
                "a time and a count can't be compared or added: give both a unit of the same kind");
    check_error("0x == 1", EXPR_ERROR, "'0x' is no number of 64 bits");
    check_error("0x10000000000000000 == 1", EXPR_ERROR,
                "'0x10000000000000000' is no number of 64 bits");
    check_error("0x1g == 1", EXPR_ERROR, "'0x1g' is no number of 64 bits");
    check_error("a.mem[a == 5", EXPR_ERROR, "a ] is missing behind '[a == 5'");
    check_error("a[[[[[[[[[1]]]]]]]]] == 5", EXPR_ERROR,
                "there are too many brackets in each other");
}

static void test_sum(void)
{
    g_autoptr(GError) error = NULL;
    ExprValue value = {0};

    g_assert_true(expr_sum(" a.reg.x0 + 0x11 ", lookup, NULL, &value, &error));
    g_assert_cmpint(value.kind, ==, EXPR_WORD);
    g_assert_cmpint(value.value, ==, 16);
    g_assert_false(expr_sum("1 == 1", lookup, NULL, &value, &error));
    g_assert_cmpstr(error->message, ==, "'== 1' is too much: a sum is expected");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/expr/operators", test_operators);
    g_test_add_func("/expr/values", test_values);
    g_test_add_func("/expr/sums", test_sums);
    g_test_add_func("/expr/negative", test_negative);
    g_test_add_func("/expr/zero", test_zero);
    g_test_add_func("/expr/kinds", test_kinds);
    g_test_add_func("/expr/names", test_names);
    g_test_add_func("/expr/no-names", test_no_names);
    g_test_add_func("/expr/syntax", test_syntax);
    g_test_add_func("/expr/unknown-name", test_unknown_name);
    g_test_add_func("/expr/bad-literals", test_bad_literals);
    g_test_add_func("/expr/overflow", test_overflow);
    g_test_add_func("/expr/words", test_words);
    g_test_add_func("/expr/sum", test_sum);
    return g_test_run();
}
