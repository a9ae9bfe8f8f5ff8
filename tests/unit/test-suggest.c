/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-suggest.c: what a mistyped word was meant to be. */
#include "controller/base/suggest.h"

#include <string.h>

static void distance_is(const char *a, const char *b, unsigned expected)
{
    g_assert_cmpuint(suggest_distance(a, b, 9), ==, expected);
    g_assert_cmpuint(suggest_distance(b, a, 9), ==, expected);
}

static void test_distance(void)
{
    distance_is("", "", 0);
    distance_is("run", "run", 0);
    distance_is("run", "rn", 1);
    distance_is("run", "runs", 1);
    distance_is("run", "ran", 1);
    distance_is("run", "rnu", 1); /* neighbours that are swapped */
    distance_is("latency", "latecny", 1);
    distance_is("latency", "ltaecny", 2);
    distance_is("a", "b", 1);
    distance_is("", "abc", 3);
    distance_is("ca", "abc", 3); /* no letter is moved twice */
    distance_is("kitten", "sitting", 3);
    distance_is("Run", "rUN", 0);
}

static void test_limit(void)
{
    char longer[100];

    g_assert_cmpuint(suggest_distance("kitten", "sitting", 1), ==, 2);
    g_assert_cmpuint(suggest_distance("a", "abcdef", 2), ==, 3);
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    g_assert_cmpuint(suggest_distance(longer, longer + 1, 2), ==, 3);
    g_assert_cmpuint(suggest_distance(longer + 99 - 64, longer + 99 - 63, 2), ==, 1);
}

static void best_is(const char *word, const char *list, const char *expected)
{
    g_auto(GStrv) candidates = g_strsplit(list, " ", -1);

    g_assert_cmpstr(suggest_best(word, (const char *const *)candidates), ==, expected);
}

static void test_best(void)
{
    best_is("rnu", "run check verify", "run");
    best_is("chekc", "run check verify", "check");
    best_is("onn", "on off", "on");
    best_is("of", "on off", "off");
    best_is("ON", "on off", "on");
    best_is("los", "latency loss", "loss");
    best_is("kernl", "arch kernel", "kernel");
    best_is("wati-lnie", "wait-line watch", "wait-line");
    best_is("stat", "start stats", "start"); /* both are near: the first */
    best_is("on_exit", "on-exit", "on-exit");
}

static void test_none(void)
{
    best_is("dance", "run check verify", NULL);
    best_is("b", "a c", NULL); /* a letter is no word */
    best_is("x1", "x2 y1", NULL);
    best_is("", "run check", NULL);
    best_is("run", "", NULL);
    g_assert_null(suggest_best("run", (const char *const[]){NULL}));
}

static void test_beginning(void)
{
    best_is("band", "latency bandwidth", "bandwidth");
    best_is("timeout-ms", "pace timeout", "timeout");
    best_is("lat", "latency-forward latency", "latency");
    best_is("l", "latency loss", NULL);
}

static void hint_is(const char *word, const char *expected)
{
    const char *const candidates[] = {"run", "check", NULL};
    g_autofree char *hint = suggest_hint(word, candidates, "`help` lists them");

    g_assert_cmpstr(hint, ==, expected);
}

static void test_hint(void)
{
    hint_is("rnu", "did you mean 'run'?");
    hint_is("dance", "`help` lists them");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/suggest/distance", test_distance);
    g_test_add_func("/suggest/limit", test_limit);
    g_test_add_func("/suggest/best", test_best);
    g_test_add_func("/suggest/none", test_none);
    g_test_add_func("/suggest/beginning", test_beginning);
    g_test_add_func("/suggest/hint", test_hint);
    return g_test_run();
}
