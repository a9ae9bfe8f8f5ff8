/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-text.c: what another program wrote does nothing to a terminal, and is UTF-8. */
#include "controller/base/text.h"

#include <string.h>

static void check(const char *text, gssize length, const char *expected)
{
    g_autofree char *plain = text_plain(text, length);

    g_assert_cmpstr(plain, ==, expected);
}

static void test_left_alone(void)
{
    check("", -1, "");
    check("No such file\n\tor directory\n", -1, "No such file\n\tor directory\n");
    check("größer als 2 µs, \u65e5\u672c, \U0001f600", -1,
          "größer als 2 µs, \u65e5\u672c, \U0001f600");
}

static void test_control(void)
{
    check("\033[31mred\033[0m", -1, "?[31mred?[0m");
    check("\033]0;title\a", -1, "?]0;title?");
    check("10 %\r20 %\b\x7f", -1, "10 %?20 %??");
    check("a\xc2\x9b"
          "2Jb\xc2\x85",
          -1, "a?2Jb?"); /* C1: CSI, NEL */
}

/* Every byte by itself, and none of them a control character afterwards. */
static void test_bytes(void)
{
    for (unsigned c = 0; c < 256; c++) {
        const char text[] = {'<', (char)c, '>'};
        g_autofree char *plain = text_plain(text, sizeof(text));

        g_assert_true(g_utf8_validate(plain, -1, NULL));
        g_assert_true(g_str_has_prefix(plain, "<") && g_str_has_suffix(plain, ">"));
        if (c >= ' ' && c < 0x7f)
            g_assert_true(strlen(plain) == 3 && plain[1] == (char)c);
        for (const char *p = plain; *p; p++)
            g_assert_true((unsigned char)*p >= ' ' || c == '\n' || c == '\t');
    }
}

static void test_invalid(void)
{
    check("\xff\xfe", -1, "\ufffd\ufffd");
    check("caf\xe9", -1, "caf\ufffd");
    check("\xe2\x82", -1, "\ufffd\ufffd"); /* cut off */
    check("\xc0\x9b", -1, "\ufffd\ufffd"); /* ESC, longer than need be */
    check("a\x9b"
          "2J",
          -1, "a\ufffd2J");
}

/* No more than was said, and a NUL is no end. */
static void test_length(void)
{
    check("abcdef", 3, "abc");
    check("a\0b", 3,
          "a\ufffd"
          "b");
    check("abc", 0, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/left-alone", test_left_alone);
    g_test_add_func("/text/control", test_control);
    g_test_add_func("/text/bytes", test_bytes);
    g_test_add_func("/text/invalid", test_invalid);
    g_test_add_func("/text/length", test_length);
    return g_test_run();
}
