/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-text.c: what another program wrote does nothing to a terminal, stays one line where it is
 * put into one, and is UTF-8. */
#include "controller/base/text.h"

#include "controller/base/tail.h"

#include <string.h>
#include <unistd.h>

static void check(const char *text, gssize length, const char *expected)
{
    g_autofree char *plain = text_plain(text, length);

    g_assert_cmpstr(plain, ==, expected);
}

static void line_is(const char *text, const char *expected)
{
    g_autofree char *line = text_line(text, -1);

    g_assert_cmpstr(line, ==, expected);
}

static void test_left_alone(void)
{
    check("", -1, "");
    check("No such file\n\tor directory\n", -1, "No such file\n\tor directory\n");
    check("größer als 2 µs, \u65e5\u672c, \U0001f600 \\x1b C:\\n", -1,
          "größer als 2 µs, \u65e5\u672c, \U0001f600 \\x1b C:\\n");
    line_is("a\u0301 \ufe0f \u00a0 \ue0b0", "a\u0301 \ufe0f \u00a0 \ue0b0");
}

static void test_line(void)
{
    line_is("one\ntwo\n", "one\\ntwo\\n");
    line_is("\n", "\\n");
    line_is("a\tb", "a b");
    line_is("100 %\rdone\r\n\r", "100 %\\x0ddone\\n\\x0d");
    check("one\r\ntwo\r\r\n", -1, "one\ntwo\\x0d\n");
    line_is("metronome\nmetronome: error: forged", "metronome\\nmetronome: error: forged");
}

static void test_control(void)
{
    check("\033[31mred\033[0m", -1, "\\x1b[31mred\\x1b[0m");
    check("\033]0;title\a", -1, "\\x1b]0;title\\x07");
    check("10 %\r20 %\b\x7f", -1, "10 %\\x0d20 %\\x08\\x7f");
    check("a\xc2\x9b"
          "2Jb\xc2\x85",
          -1, "a\\u{009b}2Jb\\u{0085}"); /* C1: CSI, NEL */
    check("\xc2\x80 \xc2\x9f \xc2\xa0", -1, "\\u{0080} \\u{009f} \u00a0");
}

/* What reorders, separates lines or cannot be seen. */
static void test_hidden(void)
{
    static const gunichar hidden[] = {
        0x00ad, 0x061c, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e,  0x200f,  0x2028,  0x2029,
        0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2064,  0x2066,  0x2067,  0x2068,
        0x2069, 0x206a, 0x206f, 0xfeff, 0xfff9, 0xfffb, 0xe0001, 0xe0020, 0xe007f,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(hidden); i++) {
        char text[8] = "", escaped[16];

        g_unichar_to_utf8(hidden[i], text);
        g_snprintf(escaped, sizeof(escaped), "\\u{%04x}", hidden[i]);
        check(text, -1, escaped);
        line_is(text, escaped);
    }
    line_is("user\u202e\u2066// admin\u2069 \u2066",
            "user\\u{202e}\\u{2066}// admin\\u{2069} \\u{2066}");
}

/* Every byte by itself, and none of them a control character afterwards. */
static void test_bytes(void)
{
    for (unsigned c = 0; c < 256; c++) {
        const char text[] = {'<', (char)c, '>'};
        g_autofree char *plain = text_plain(text, sizeof(text));
        g_autofree char *line = text_line(text, sizeof(text));

        g_assert_true(g_utf8_validate(plain, -1, NULL) && g_utf8_validate(line, -1, NULL));
        g_assert_true(g_str_has_prefix(plain, "<") && g_str_has_suffix(plain, ">"));
        if (c >= ' ' && c < 0x7f)
            g_assert_true(strlen(plain) == 3 && plain[1] == (char)c);
        for (const char *p = plain; *p; p++)
            g_assert_true((unsigned char)*p >= ' ' || c == '\n' || c == '\t');
        for (const char *p = line; *p; p++)
            g_assert_true(*p >= ' ' && *p < 0x7f);
    }
}

/* No character of any plane is left that a terminal would obey. */
static void test_characters(void)
{
    for (gunichar c = 0x80; c <= 0x10ffff; c++) {
        char text[8] = "";
        g_autofree char *line = NULL;

        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        g_unichar_to_utf8(c, text);
        line = text_line(text, -1);
        g_assert_true(strcmp(line, text) == 0 || g_str_has_prefix(line, "\\u{"));
        if (c < 0xa0 || g_unichar_type(c) == G_UNICODE_FORMAT)
            g_assert_true(*line == '\\');
    }
}

static void test_invalid(void)
{
    check("\xff\xfe", -1, "\\xff\\xfe");
    check("caf\xe9", -1, "caf\\xe9");
    check("T=21\xb0"
          "C PASS",
          -1, "T=21\\xb0C PASS");
    check("\xe2\x82", -1, "\\xe2\\x82"); /* cut off */
    check("\xe2\x82\xac\xe2", -1, "\u20ac\\xe2");
    check("\xc0\x9b", -1, "\\xc0\\x9b");          /* ESC, longer than need be */
    check("\xed\xa0\x80", -1, "\\xed\\xa0\\x80"); /* a surrogate */
    check("\xf4\x90\x80\x80", -1, "\\xf4\\x90\\x80\\x80");
    check("a\x9b"
          "2J",
          -1, "a\\x9b2J");
}

/* No more than was said, and a NUL is no end. */
static void test_length(void)
{
    check("abcdef", 3, "abc");
    check("\xe2\x82\xac", 2, "\\xe2\\x82");
    check("a\0b", 3, "a\\x00b");
    check("abc", 0, "");
}

/* --- escape sequences --- */

static void filtered_is(const char *bytes, gsize size, const char *expected)
{
    for (gsize piece = 1; piece <= size; piece++) { /* however it comes */
        g_autoptr(GString) out = g_string_new(NULL);
        TextFilter filter = {0};

        for (gsize at = 0; at < size; at += piece)
            text_filter(&filter, bytes + at, MIN(piece, size - at), out);
        g_assert_cmpstr(out->str, ==, expected);
        g_assert_cmpuint(out->len, ==, strlen(expected));
    }
}

static void shows(const char *text, const char *expected)
{
    filtered_is(text, strlen(text), expected);
}

static void test_filter(void)
{
    shows("plain text", "plain text");
    shows("\033[1;32mPASS\033[0m", "PASS");
    shows("/ # \033[6n", "/ # ");
    shows("\033[?25l\033[2J\033[10;20Hx\033[ q", "x");
    shows("\033]0;title\ax\033]8;;http://a\033\\link\033]8;;\033\\", "xlink");
    shows("\033Pdcs\033\\a\033_apc\033\\b\033^pm\033\\c\033Xsos\033\\d", "abcd");
    shows("\033(B\033)0\033#8\0337\0338\033=\033>\033cx", "x");
    shows("a\b\a\x7f\x01z", "az");
    shows("a\tb\r\nc", "a\tb\r\nc");
    shows("T=21\xb0"
          "C gr\xc3\xbc\xc3\x9f",
          "T=21\xb0"
          "C gr\xc3\xbc\xc3\x9f");
    filtered_is("x\0y\0", 4, "xy");
}

/* What is cut off, or wrong, hides no more than the rest of its line. */
static void test_filter_broken(void)
{
    shows("\033[31", "");
    shows("\033[31\nnext", "\nnext");
    shows("\033]title without end\nnext", "\nnext");
    shows("\033\nnext", "\nnext");
    shows("\033]a\033[1mb", "b"); /* a sequence within a text ends that */
    shows("\033\033[1mb\033[3\033[4mc", "bc");
    shows("\033[3\x18mx\033]a\x1ay", "mxy"); /* CAN, SUB */
    shows("\033[\xb0x", "\xb0x");
    shows("\033\xb0x", "\xb0x");
    shows("\033[3\r4mx", "\rx");
}

static void brief(const char *message, const char *expected)
{
    g_autofree char *got = text_brief(message);

    g_assert_cmpstr(got, ==, expected);
}

static void test_cut(void)
{
    static const char text[] = "a\u00e9\u20ac\U0001f600"; /* of 1, 2, 3 and 4 bytes */
    static const gsize cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};

    for (gsize most = 0; most < G_N_ELEMENTS(cuts); most++)
        g_assert_cmpuint(text_cut(text, strlen(text), most), ==, cuts[most]);
    g_assert_cmpuint(text_cut("\x80\x80\x80\x80\x80\x80", 6, 5), ==, 2); /* no UTF-8 */
}

static void test_brief(void)
{
    g_autofree char *most = g_strnfill(TEXT_QUOTE_MAX - 2, 'x'), *more = g_strnfill(10000, 'y');
    g_autofree char *head = g_strnfill(199, 'y'), *tail = g_strnfill(79, 'y');
    g_autofree char *fits = g_strdup_printf("it can't be '%s' or %s", most, most);
    g_autofree char *quote = g_strdup_printf("can't: unknown '%s'; did you mean 'x'?", more);
    g_autofree char *words = g_strdup_printf("a %s\n'%s", more, more);
    g_autofree char *spaced = g_strdup_printf("no '%s %s' here", more, more);
    g_autofree char *short_quote =
        g_strdup_printf("can't: unknown '%s[... 9722 bytes ...]%s'; did you mean 'x'?", head, tail);
    g_autofree char *short_spaced =
        g_strdup_printf("no '%s[... 19723 bytes ...]%s' here", head, tail);
    g_autofree char *got = text_brief(words);

    brief("", "");
    brief("a.icount == 5 failed: 7 against 5", "a.icount == 5 failed: 7 against 5");
    brief(fits, fits);
    brief(quote, short_quote);
    brief(spaced, short_spaced);
    g_assert_cmpuint(strlen(got), <, 2 * TEXT_QUOTE_MAX + 100);
    g_assert_true(g_str_has_prefix(got, "a yyy"));
    g_assert_nonnull(strstr(got, "yyy\n'yyy"));
}

/* Characters stay whole, however the cut falls; no text makes it slow or long. */
static void test_brief_hostile(void)
{
    static const char *const units[] = {
        "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "'", "' ", "a'", " 'a", "a 'b' "};

    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++) {
        for (unsigned shift = 0; shift < 4; shift++) {
            GString *text = g_string_new(&"xxx"[shift]);
            g_autofree char *got = NULL;

            while (text->len < 3000000)
                g_string_append(text, units[i]);
            got = text_brief(text->str);
            g_assert_cmpuint(strlen(got), <=, TEXT_BRIEF_MAX);
            g_assert_true(g_utf8_validate(got, -1, NULL));
            g_string_free(text, TRUE);
        }
    }
}

static void test_tail(void)
{
    static const char text[] = "old\none\033[31m\r\n10 %\r20 %\r\r\n\n\rT=21\xb0"
                               "C \xc2\x9b"
                               "2J\x7f\nlast\t\xe2\x80\xae";
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "test-text-tail-XXXXXX", NULL);
    g_autofree char *tail = NULL;
    int fd = g_mkstemp(path);

    g_assert_cmpint(fd, >=, 0);
    g_assert_true(g_file_set_contents(path, text, sizeof(text) - 1, NULL));
    tail = tail_of_file(path, 5);
    g_assert_cmpstr(tail, ==, "one\n10 %\n20 %\n\nT=21\\xb0C \\u{009b}2J\nlast\t\\u{202e}");
    close(fd);
    unlink(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/left-alone", test_left_alone);
    g_test_add_func("/text/line", test_line);
    g_test_add_func("/text/control", test_control);
    g_test_add_func("/text/hidden", test_hidden);
    g_test_add_func("/text/bytes", test_bytes);
    g_test_add_func("/text/characters", test_characters);
    g_test_add_func("/text/invalid", test_invalid);
    g_test_add_func("/text/length", test_length);
    g_test_add_func("/text/filter", test_filter);
    g_test_add_func("/text/filter-broken", test_filter_broken);
    g_test_add_func("/text/cut", test_cut);
    g_test_add_func("/text/brief", test_brief);
    g_test_add_func("/text/brief-hostile", test_brief_hostile);
    g_test_add_func("/text/tail", test_tail);
    return g_test_run();
}
