/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-scenario-text.c: which bytes are a scenario, and where those are that are none. */
#include "controller/command/scenario-text.h"

#include <string.h>

#define TEXT(literal) (literal), sizeof(literal) - 1

static void text_is(const char *bytes, size_t size, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = scenario_text(bytes, size, 1, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, expected);
}

static void refused(const char *bytes, size_t size, const char *expected)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(scenario_text(bytes, size, 1, &error));
    g_assert_error(error, SCENARIO_TEXT_ERROR, 0);
    g_assert_cmpstr(error->message, ==, expected);
}

static void test_plain(void)
{
    text_is(TEXT(""), "");
    text_is(TEXT("a b\n\tc"), "a b\n\tc");
    text_is(TEXT("gr\303\266\303\237e \342\202\254 \360\237\230\200\n"),
            "gr\303\266\303\237e \342\202\254 \360\237\230\200\n");
    text_is(TEXT("a \033[1m\n"), "a \033[1m\n"); /* the lexer knows where it may stand */
}

static void test_line_ends(void)
{
    text_is(TEXT("a\r\nb\r\n"), "a\nb\n");
    text_is(TEXT("\r\n\r\n"), "\n\n");
    text_is(TEXT("a\nb\r\nc"), "a\nb\nc");
}

static void test_mark(void)
{
    text_is(TEXT("\357\273\277a\n"), "a\n");
    text_is(TEXT("\357\273\277"), "");
    text_is(TEXT("\357\273\277\357\273\277a"), "\357\273\277a"); /* once */
    refused(TEXT("\357\273\277a\0"), "line 1, column 2: a NUL byte, which no text has");
}

static void test_nul(void)
{
    refused(TEXT("\0"), "line 1, column 1: a NUL byte, which no text has");
    refused(TEXT("echo one\n\0echo two\n"), "line 2, column 1: a NUL byte, which no text has");
    refused(TEXT("echo 'one\0'"), "line 1, column 10: a NUL byte, which no text has");
    refused(TEXT("# \303\266\0"), "line 1, column 4: a NUL byte, which no text has");
    refused(TEXT("a\n\0"), "line 2, column 1: a NUL byte, which no text has");
}

static void test_utf8(void)
{
    refused(TEXT("echo 21\260C\n"),
            "line 1, column 8: the byte 0xb0 is no UTF-8: save the file as UTF-8; a regular "
            "expression has such a byte as \\xb0");
    refused(TEXT("\377\376e\0c\0"),
            "line 1, column 1: the byte 0xff is no UTF-8: save the file as UTF-8; a regular "
            "expression has such a byte as \\xff");
    refused(TEXT("a\nb\303"),
            "line 2, column 2: the byte 0xc3 is no UTF-8: save the file as UTF-8; a regular "
            "expression has such a byte as \\xc3");
    refused(TEXT("\355\240\200"), /* half of a pair, as UTF-16 has it */
            "line 1, column 1: the byte 0xed is no UTF-8: save the file as UTF-8; a regular "
            "expression has such a byte as \\xed");
}

static void test_carriage_return(void)
{
    refused(TEXT("echo a\recho b\r"), "line 1, column 7: a carriage return that ends no line: a "
                                      "line ends in LF or CR LF");
    refused(TEXT("a\r\r\n"), "line 1, column 2: a carriage return that ends no line: a line ends "
                             "in LF or CR LF");
    refused(TEXT("a\n'b\r'"), "line 2, column 3: a carriage return that ends no line: a line ends "
                              "in LF or CR LF");
    refused(TEXT("a\r\nb\r\0"), "line 2, column 2: a carriage return that ends no line: a line "
                                "ends in LF or CR LF");
    refused(TEXT("a\r\nb\0\r"), "line 2, column 2: a NUL byte, which no text has");
}

/* Of standard input each piece begins at a line of its own. */
static void test_first_line(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(scenario_text(TEXT("a\n\0"), 7, &error));
    g_assert_true(g_str_has_prefix(error->message, "line 8, column 1: "));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario-text/plain", test_plain);
    g_test_add_func("/scenario-text/line-ends", test_line_ends);
    g_test_add_func("/scenario-text/mark", test_mark);
    g_test_add_func("/scenario-text/nul", test_nul);
    g_test_add_func("/scenario-text/utf-8", test_utf8);
    g_test_add_func("/scenario-text/carriage-return", test_carriage_return);
    g_test_add_func("/scenario-text/first-line", test_first_line);
    return g_test_run();
}
