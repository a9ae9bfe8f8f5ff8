/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-verdict.c: which of several failures counts, what the last line says, how many checks stay.
 */
#include "controller/base/verdict.h"

static const Outcome all[] = {OUTCOME_FAILED,      OUTCOME_USAGE,          OUTCOME_OUTPUT_LOST,
                              OUTCOME_NODE_FAILED, OUTCOME_EXACTNESS_LOST, OUTCOME_INTERRUPTED};

static void test_codes(void)
{
    static const struct {
        const char *name;
        Outcome outcome;
        int code;
    } rows[] = {
        {"running", OUTCOME_RUNNING, -1},
        {"passed", OUTCOME_PASSED, 0},
        {"failed", OUTCOME_FAILED, 1},
        {"usage", OUTCOME_USAGE, 2},
        {"output-lost", OUTCOME_OUTPUT_LOST, 2},
        {"node-failed", OUTCOME_NODE_FAILED, 3},
        {"exactness-lost", OUTCOME_EXACTNESS_LOST, 4},
        {"interrupted", OUTCOME_INTERRUPTED, 130},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpstr(outcome_name(rows[i].outcome), ==, rows[i].name);
        g_assert_cmpint(outcome_exit_code(rows[i].outcome), ==, rows[i].code);
        if (rows[i].outcome != OUTCOME_OUTPUT_LOST && rows[i].code >= 0)
            g_assert_cmpint(outcome_of_exit_code(rows[i].code), ==, rows[i].outcome);
    }
    g_assert_cmpint(outcome_of_exit_code(137), ==, OUTCOME_NODE_FAILED);
}

static Outcome after(Outcome first, Outcome second)
{
    g_auto(Verdict) v = {0};

    verdict_note(&v, first, "a:1", "first");
    verdict_note(&v, second, "a:2", "second");
    verdict_end(&v);
    g_assert_cmpstr(v.where, ==, v.outcome == first ? "a:1" : "a:2");
    g_assert_cmpstr(v.message, ==, v.outcome == first ? "first" : "second");
    return v.outcome;
}

/* Every pair: who comes second in the rows' order takes the place only where the table says so. */
static void test_order(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        for (unsigned j = 0; j < G_N_ELEMENTS(all); j++) {
            Outcome first = all[i], second = all[j], expected = first;

            if (first == OUTCOME_OUTPUT_LOST ||
                (first == OUTCOME_FAILED && second == OUTCOME_EXACTNESS_LOST) ||
                (first == OUTCOME_EXACTNESS_LOST && second != OUTCOME_FAILED &&
                 second != OUTCOME_OUTPUT_LOST))
                expected = second;
            if (first == second)
                continue;
            g_assert_cmpint(after(first, second), ==, expected);
        }
    }
}

static void test_same_again(void)
{
    g_auto(Verdict) v = {0};

    verdict_note(&v, OUTCOME_FAILED, "a:1", "first");
    verdict_note(&v, OUTCOME_FAILED, NULL, "second");
    g_assert_cmpstr(v.where, ==, "a:1");
    g_assert_cmpstr(v.message, ==, "first");
}

static void test_end(void)
{
    g_auto(Verdict) v = {0};

    g_assert_cmpint(v.outcome, ==, OUTCOME_RUNNING);
    verdict_note(&v, OUTCOME_PASSED, "a:1", "no failure");
    g_assert_cmpint(v.outcome, ==, OUTCOME_RUNNING);
    verdict_end(&v);
    g_assert_cmpint(v.outcome, ==, OUTCOME_PASSED);
    g_assert_null(v.message);
    /* The report could not be written. */
    verdict_note(&v, OUTCOME_OUTPUT_LOST, NULL, "full");
    verdict_end(&v);
    g_assert_cmpint(v.outcome, ==, OUTCOME_OUTPUT_LOST);
}

static void line_is(Outcome outcome, const char *where, const char *message, const char *expected)
{
    g_auto(Verdict) v = {0};
    g_autofree char *line = NULL;

    verdict_note(&v, outcome, where, message);
    line = verdict_line(&v);
    g_assert_cmpstr(line, ==, expected);
}

static void test_line(void)
{
    line_is(OUTCOME_RUNNING, NULL, NULL, NULL);
    line_is(OUTCOME_PASSED, NULL, NULL, NULL);
    line_is(OUTCOME_FAILED, "a.mtr:3", "assert 1 == 2 failed: 1 against 2",
            "failed, exit code 1: a.mtr:3: assert 1 == 2 failed: 1 against 2");
    line_is(OUTCOME_INTERRUPTED, NULL, "interrupted", "interrupted, exit code 130: interrupted");
    line_is(OUTCOME_FAILED, "w:1", "no line matched; its console ends with:\nhello\nworld",
            "failed, exit code 1: w:1: no line matched; its console ends with");
    line_is(OUTCOME_FAILED, "w:1", "no line matched '\033[2J'\n",
            "failed, exit code 1: w:1: no line matched '\\x1b[2J'");
    line_is(OUTCOME_USAGE, "w:1", NULL, "usage, exit code 2: w:1: ");
}

static void test_checks(void)
{
    g_auto(Verdict) v = {0};
    const Check *c;

    verdict_check(&v, "a:1", "assert 1 == 2", "1 against 2", vtime(5), false);
    verdict_check(&v, NULL, "wait-line a x", NULL, vtime(7), true);
    g_assert_cmpuint(v.checks->len, ==, 2);
    c = v.checks->pdata[0];
    g_assert_cmpstr(c->line, ==, "a:1");
    g_assert_cmpstr(c->what, ==, "assert 1 == 2");
    g_assert_cmpstr(c->found, ==, "1 against 2");
    g_assert_cmpint(c->at.ns, ==, 5);
    g_assert_false(c->passed);
    c = v.checks->pdata[1];
    g_assert_null(c->line);
    g_assert_null(c->found);
    g_assert_true(c->passed);
}

/* Memory is bounded; what failed stays longest, and none is lost uncounted. */
static void test_many_checks(void)
{
    g_auto(Verdict) v = {0};
    const uint64_t n = 5 * VERDICT_MAX_CHECKS;

    verdict_check(&v, "a:1", "assert 1 == 2", "1 against 2", vtime(0), false);
    for (uint64_t i = 1; i < n; i++)
        verdict_check(&v, "a:2", "assert 1 == 1", NULL, vtime((int64_t)i), true);
    g_assert_cmpuint(v.checks->len, <=, VERDICT_MAX_CHECKS);
    g_assert_cmpuint(v.checks->len + v.left_out, ==, n);
    g_assert_false(((const Check *)v.checks->pdata[0])->passed);
    g_assert_cmpint(((const Check *)v.checks->pdata[v.checks->len - 1])->at.ns, ==, n - 1);
}

static void test_many_failed(void)
{
    g_auto(Verdict) v = {0};
    const uint64_t n = 2 * VERDICT_MAX_CHECKS;

    for (uint64_t i = 0; i < n; i++)
        verdict_check(&v, "a:2", "assert 1 == 2", NULL, vtime((int64_t)i), false);
    g_assert_cmpuint(v.checks->len, <=, VERDICT_MAX_CHECKS);
    g_assert_cmpuint(v.checks->len + v.left_out, ==, n);
}

int main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/verdict/codes", test_codes);
    g_test_add_func("/verdict/order", test_order);
    g_test_add_func("/verdict/same-again", test_same_again);
    g_test_add_func("/verdict/end", test_end);
    g_test_add_func("/verdict/line", test_line);
    g_test_add_func("/verdict/checks", test_checks);
    g_test_add_func("/verdict/many-checks", test_many_checks);
    g_test_add_func("/verdict/many-failed", test_many_failed);
    return g_test_run();
}
