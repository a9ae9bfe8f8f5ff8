/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-pattern.c: patterns of consoles match bytes, and none takes for ever. */
#include "controller/qemu/pattern.h"

#include "controller/qemu/options.h"

#include <string.h>

static PatternResult try_on(const char *pattern, const char *text, PatternMatch *match)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GRegex) regex = pattern_new(pattern, &error);
    PatternMatch none = {0};
    PatternResult result;

    g_assert_no_error(error);
    result = pattern_try(regex, text, strlen(text), match ? match : &none);
    pattern_match_clear(&none);
    return result;
}

static void matches(const char *pattern, const char *text)
{
    g_assert_cmpint(try_on(pattern, text, NULL), ==, PATTERN_YES);
}

static void misses(const char *pattern, const char *text)
{
    g_assert_cmpint(try_on(pattern, text, NULL), ==, PATTERN_NO);
}

#define CELSIUS                                                                                    \
    "T=21\xb0"                                                                                     \
    "C PASS"

static void test_bytes(void)
{
    matches("PASS", CELSIUS);
    matches("^T=21.C PASS$", CELSIUS);
    matches("21\\xb0C", CELSIUS);
    matches("21\xb0"
            "C",
            CELSIUS);
    matches("21[\\x80-\\xff]C", CELSIUS);
    misses("^T=21C", CELSIUS);
    matches("grün", "das ist grün");
    matches("gr..n", "grün"); /* a character of two bytes */
    misses("gr.n", "grün");
    matches("gr(ü|u)n", "grün");
    matches("^\xff\xfe$", "\xff\xfe");
}

static void test_empty(void)
{
    matches("", "anything");
    matches("x*", "");
    matches("^$", "");
    misses("^$", " ");
}

static void groups_are(const char *pattern, const char *text, unsigned n, const char *joined)
{
    PatternMatch match = {0};
    GString *all = g_string_new(NULL);

    g_assert_cmpint(try_on(pattern, text, &match), ==, PATTERN_YES);
    g_assert_cmpuint(match.n, ==, n);
    for (unsigned i = 0; i < PATTERN_GROUPS; i++)
        g_string_append_printf(all, "%s|", match.groups[i]);
    g_assert_cmpstr(all->str, ==, joined);
    g_string_free(all, TRUE);
    pattern_match_clear(&match);
    pattern_match_clear(&match);
}

static void test_groups(void)
{
    groups_are("took", "Boot took 14.29 seconds", 0, "|||||||||");
    groups_are("took ([0-9]+)\\.([0-9]+)", "Boot took 14.29 seconds", 2, "14|29||||||||");
    groups_are("(x)?(B)(o*)(y)?", "Boot", 4, "|B|oo|||||||");
    groups_are("(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", "abcdefghijk", 9, "a|b|c|d|e|f|g|h|i|");
    groups_are("(\xc3)(.)", "ü", 2, "\xc3|\xbc||||||||");
}

static void refused(const char *pattern, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(pattern_new(pattern, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_refused(void)
{
    refused("a(b", "'a(b' is no regular expression: at character 3: missing terminating )");
    refused("*x", "'*x' is no regular expression: at character 0: nothing to repeat");
    refused(
        "[z-a]",
        "'[z-a]' is no regular expression: at character 3: range out of order in character class");
    refused("(*UTF)ü",
            "'(*UTF)ü' is no regular expression: (*UTF) is not possible: patterns match bytes");
    refused("(\033\xff",
            "'(\\x1b\\xff' is no regular expression: at character 3: missing terminating )");
}

/* What would take for ever is told, soon. */
static void test_limit(void)
{
    g_autofree char *a = g_strnfill(65535, 'a'), *line = g_strconcat(a, "!", NULL);
    static const char *const patterns[] = {"(a+)+$",    "(a|aa)+$",      "(.*a){20}$",
                                           "(a*)*b?$x", "a.*a.*a.*[bc]", "(?:a?){30}a{30}$"};
    gint64 began = g_get_monotonic_time();

    for (unsigned i = 0; i < G_N_ELEMENTS(patterns); i++)
        g_assert_cmpint(try_on(patterns[i], line, NULL), !=, PATTERN_YES);
    g_assert_cmpint(try_on("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", NULL), ==,
                    PATTERN_GAVE_UP);
    g_assert_cmpint(try_on("(a+)+$", line, NULL), ==, PATTERN_GAVE_UP);
    g_assert_cmpint(g_get_monotonic_time() - began, <, 5 * G_USEC_PER_SEC);
    matches("a$", a);
    matches("^a+$", a);
    matches("a.*!$", line);
}

int main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pattern/bytes", test_bytes);
    g_test_add_func("/pattern/empty", test_empty);
    g_test_add_func("/pattern/groups", test_groups);
    g_test_add_func("/pattern/refused", test_refused);
    g_test_add_func("/pattern/limit", test_limit);
    return g_test_run();
}
