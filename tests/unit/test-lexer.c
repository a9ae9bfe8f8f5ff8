/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-lexer.c: text -> words, with quotes, variables, comments and all that can be wrong. */
#include "controller/command/lexer.h"

#include <string.h>

static const char *lookup(const char *name, void *data)
{
    if (data)
        g_string_append_printf(data, "%s;", name);
    if (strcmp(name, "A") == 0)
        return "alpha";
    if (strcmp(name, "two_WORDS") == 0)
        return "x y";
    if (strcmp(name, "EMPTY") == 0)
        return "";
    if (strcmp(name, "n1") == 0)
        return "$A;#'\"\\";
    return NULL;
}

/* All commands of a text: words in <>, each command ended by a bar. */
static char *lex(const char *text)
{
    GString *out = g_string_new(NULL);

    while (*text) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) words = lexer_next(&text, lookup, NULL, &error);

        g_assert_no_error(error);
        g_assert_nonnull(words);
        for (char **w = words; *w; w++)
            g_string_append_printf(out, "<%s>", *w);
        g_string_append_c(out, '|');
    }
    return g_string_free(out, FALSE);
}

static void check(const char *text, const char *expected)
{
    g_autofree char *got = lex(text);
    g_assert_cmpstr(got, ==, expected);
}

static void check_error(const char *text, LexerError code, size_t where, const char *message)
{
    g_autoptr(GError) error = NULL;
    const char *at = text;

    g_assert_null(lexer_next(&at, lookup, NULL, &error));
    g_assert_error(error, LEXER_ERROR, (gint)code);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpuint((size_t)(at - text), ==, where);
}

static void test_words(void)
{
    check("run 5ms", "<run><5ms>|");
    check("  run \t 5ms  ", "<run><5ms>|");
    check("a\rb", "<a><b>|");
    check("node add a icount=shift=0,sleep=on", "<node><add><a><icount=shift=0,sleep=on>|");
    check("gr\303\274n", "<gr\303\274n>|");
}

static void test_commands(void)
{
    check("a;b", "<a>|<b>|");
    check("a ; b c ;d;", "<a>|<b><c>|<d>|");
    check("a\nb\n", "<a>|<b>|");
    check(";;", "||");
    check("\n \na", "||<a>|");
    check("a;", "<a>|");
}

static void test_empty(void)
{
    const char *text = "";
    g_auto(GStrv) words = lexer_next(&text, lookup, NULL, NULL);

    g_assert_nonnull(words);
    g_assert_null(words[0]);
    g_assert_cmpstr(text, ==, "");
    check(" ", "|");
}

/* *text moves behind one command, no farther. */
static void test_position(void)
{
    const char *text = "a b; c";
    g_auto(GStrv) first = lexer_next(&text, lookup, NULL, NULL);

    g_assert_cmpstr(text, ==, " c");
    g_assert_cmpuint(g_strv_length(first), ==, 2);
}

static void test_comments(void)
{
    check("# all of it; really", "|");
    check("a # b ; c\nd", "<a>|<d>|");
    check("a#b", "<a#b>|");
    check("a '#'b \\#c", "<a><#b><#c>|");
    check("a;#b\nc", "<a>||<c>|");
    check("# an open ' quote\na", "|<a>|");
}

static void test_single_quotes(void)
{
    check("'a b'", "<a b>|");
    check("'a;b#c\\n$A\"'", "<a;b#c\\n$A\">|");
    check("''", "<>|");
    check("a'b'c", "<abc>|");
    check("'a\nb'", "<a\nb>|");
}

static void test_double_quotes(void)
{
    check("\"a b\"", "<a b>|");
    check("\"$A b\"", "<alpha b>|");
    check("\"\"", "<>|");
    check("\"\\\"\\\\\\$A\"", "<\"\\$A>|");
    check("\"a\\nb\"", "<a\\nb>|"); /* \ before anything else stays */
    check("\"it's\"", "<it's>|");
    check("\"a;#b\"", "<a;#b>|");
    check("x\"a b\"'c d'y", "<xa bc dy>|");
}

static void test_backslash(void)
{
    check("a\\ b", "<a b>|");
    check("\\;", "<;>|");
    check("\\$A", "<$A>|");
    check("\\\\", "<\\>|");
    check("\\'", "<'>|");
    check("a\\", "<a\\>|"); /* at the end it is itself */
}

static void test_variables(void)
{
    check("$A", "<alpha>|");
    check("${A}", "<alpha>|");
    check("x$A.y", "<xalpha.y>|");
    check("x${A}y", "<xalphay>|");
    check("$A$A", "<alphaalpha>|");
    check("k=$A", "<k=alpha>|");
    /* One word, whatever is inside, and never read again as syntax. */
    check("$two_WORDS", "<x y>|");
    check("$n1 b", "<$A;#'\"\\><b>|");
    check("\"$n1\"", "<$A;#'\"\\>|");
    check("$EMPTY", "<>|");
}

static void test_dollar(void)
{
    check("$", "<$>|");
    check("a$ b", "<a$><b>|");
    check("$.x", "<$.x>|");
    check("\"$\"", "<$>|");
    check("^ok$", "<^ok$>|");
    check("'$A'", "<$A>|");
}

static void test_lookup_data(void)
{
    g_autoptr(GString) asked = g_string_new(NULL);
    const char *text = "$A ${EMPTY} '$no' \"$A\"";
    g_auto(GStrv) words = lexer_next(&text, lookup, asked, NULL);

    g_assert_nonnull(words);
    g_assert_cmpstr(asked->str, ==, "A;EMPTY;A;");
}

static void test_no_lookup(void)
{
    g_autoptr(GError) error = NULL;
    const char *text = "$A";

    g_assert_null(lexer_next(&text, NULL, NULL, &error));
    g_assert_cmpstr(error->message, ==, "variable 'A' is not set");
}

static void test_open_quote(void)
{
    check_error("'a b", LEXER_ERROR_QUOTE, 0, "the quote in ''a b' is not closed");
    check_error("x \"a b", LEXER_ERROR_QUOTE, 2, "the quote in '\"a b' is not closed");
    check_error("\"a\\\"", LEXER_ERROR_QUOTE, 0, "the quote in '\"a\\\"' is not closed");
    /* The one that is not closed, not the command it is in. */
    check_error("a 'b\nc' 'd\ne", LEXER_ERROR_QUOTE, 8, "the quote in ''d' is not closed");
}

static void test_variable_errors(void)
{
    check_error("$nix", LEXER_ERROR_VARIABLE, 0, "variable 'nix' is not set");
    check_error("a ${nix}b", LEXER_ERROR_VARIABLE, 2, "variable 'nix' is not set");
    check_error("\"${nix}\"", LEXER_ERROR_VARIABLE, 1, "variable 'nix' is not set");
    check_error("$Ab", LEXER_ERROR_VARIABLE, 0, "variable 'Ab' is not set"); /* the longest name */
    check_error("${}", LEXER_ERROR_SYNTAX, 0, "'${}' is no variable: ${NAME} is expected");
    check_error("${A\nb}", LEXER_ERROR_SYNTAX, 0, "'${A' is no variable: ${NAME} is expected");
    check_error("${A-b}", LEXER_ERROR_SYNTAX, 0, "'${A-b}' is no variable: ${NAME} is expected");
}

/* Letters that no name may have are no end of it. */
static void test_foreign_letters(void)
{
    check_error(
        "$gr\303\266\303\237e", LEXER_ERROR_SYNTAX, 0,
        "'$gr\303\266\303\237e' is no variable: letters a to z, digits and _ make its name; "
        "${gr} ends it");
    check_error("\"a $\303\274\"", LEXER_ERROR_SYNTAX, 3,
                "'$\303\274' is no variable: letters a to z, digits and _ make its name; \\$ is a "
                "dollar");
    check("${A}\303\266", "<alpha\303\266>|");
    check("$A\302\260C", "<alpha\302\260C>|"); /* a degree sign is no letter */
    check("'$\303\274' \\$\303\274", "<$\303\274><$\303\274>|");
}

static void unseen(const char *text, size_t where, const char *name)
{
    g_autofree char *message =
        g_strdup_printf("the character %s can't be seen: it may stand in quotes or a comment; a "
                        "blank separates words",
                        name);

    check_error(text, LEXER_ERROR_SYNTAX, where, message);
}

static void test_unseen(void)
{
    unseen("run\302\2405ms", 3, "U+00A0");
    unseen("a \033[1m", 2, "U+001B");
    unseen("a\177", 1, "U+007F");
    unseen("a\342\200\213b", 1, "U+200B");
    unseen("a\357\273\277", 1, "U+FEFF");
    unseen("a\302\205b", 1, "U+0085");
    check("'a\302\240b' \"\033[1m\" # \302\240 \033\n", "<a\302\240b><\033[1m>|");
    check("a\fb", "<a><b>|");
}

static void open_is(const char *text, bool expected)
{
    g_test_message("%s", text);
    g_assert_true(lexer_is_open(text, strlen(text)) == expected);
}

static void test_open(void)
{
    open_is("", false);
    open_is("echo a\n", false);
    open_is("echo 'a\n", true);
    open_is("echo 'a\nb'\n", false);
    open_is("echo \"it's\"\n", false);
    open_is("echo \"a\\\"\n", true);
    open_is("echo 'a\\'\n", false);
    open_is("echo \\'\n", false);
    open_is("echo a \\\n", true);
    open_is("echo a # it's\n", false);
    open_is("echo a#b'\n", true);
    open_is("# it's\necho 'a\n", true);
    open_is("echo;# it's\n", false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lexer/words", test_words);
    g_test_add_func("/lexer/commands", test_commands);
    g_test_add_func("/lexer/empty", test_empty);
    g_test_add_func("/lexer/position", test_position);
    g_test_add_func("/lexer/comments", test_comments);
    g_test_add_func("/lexer/quotes/single", test_single_quotes);
    g_test_add_func("/lexer/quotes/double", test_double_quotes);
    g_test_add_func("/lexer/backslash", test_backslash);
    g_test_add_func("/lexer/variables/set", test_variables);
    g_test_add_func("/lexer/variables/dollar", test_dollar);
    g_test_add_func("/lexer/variables/data", test_lookup_data);
    g_test_add_func("/lexer/variables/none", test_no_lookup);
    g_test_add_func("/lexer/errors/quote", test_open_quote);
    g_test_add_func("/lexer/errors/variable", test_variable_errors);
    g_test_add_func("/lexer/errors/foreign-letters", test_foreign_letters);
    g_test_add_func("/lexer/errors/unseen", test_unseen);
    g_test_add_func("/lexer/open", test_open);
    return g_test_run();
}
