/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-numbers.c: bytes and numbers as users write them. */
#include "controller/command/numbers.h"

#include "controller/base/units.h"

#include <string.h>

static void is(const char *text, unsigned bits, const char *bytes)
{
    uint8_t out[32];
    GError *error = NULL;

    memset(out, 0xaa, sizeof(out));
    g_assert_true(number_parse(text, bits, out, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(out, (bits + 7) / 8, bytes, (bits + 7) / 8);
    g_assert_cmpuint(out[(bits + 7) / 8], ==, 0xaa);
}

static void is_none(const char *text, unsigned bits, int code, const char *message)
{
    uint8_t out[32];
    g_autoptr(GError) error = NULL;

    g_assert_false(number_parse(text, bits, out, &error));
    g_assert_error(error, UNITS_ERROR, code);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_numbers(void)
{
    is("0", 8, "\0");
    is("255", 8, "\xff");
    is("-128", 8, "\x80");
    is("-1", 32, "\xff\xff\xff\xff");
    is("0x12345678", 32, "\x78\x56\x34\x12");
    is("0X00000000ff", 8, "\xff");
    is("18446744073709551615", 64, "\xff\xff\xff\xff\xff\xff\xff\xff");
    is("-9223372036854775808", 64, "\0\0\0\0\0\0\0\x80");
    is("0x0102030405060708090a0b0c0d0e0f10", 128,
       "\x10\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x01");
    is("-2", 128, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    is("7", 128, "\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    is("-1", 3, "\x07");
    is("0x1ff", 9, "\xff\x01");
    is("-1", 9, "\xff\x01");
    is("-0", 8, "\0");
}

static void test_numbers_refused(void)
{
    is_none("256", 8, UNITS_ERROR_RANGE, "'256' does not fit 8 bits");
    is_none("-129", 8, UNITS_ERROR_RANGE, "'-129' does not fit 8 bits");
    is_none("0x100", 8, UNITS_ERROR_RANGE, "'0x100' does not fit 8 bits");
    is_none("0x200", 9, UNITS_ERROR_RANGE, "'0x200' does not fit 9 bits");
    is_none("8", 3, UNITS_ERROR_RANGE, "'8' does not fit 3 bits");
    is_none("18446744073709551616", 128, UNITS_ERROR_RANGE,
            "'18446744073709551616' does not fit 128 bits");
    is_none("-9223372036854775809", 64, UNITS_ERROR_RANGE,
            "'-9223372036854775809' does not fit 64 bits");
    is_none("", 8, UNITS_ERROR_SYNTAX, "'' is no number: 42, -1 and 0x2a are numbers");
    is_none("0x", 8, UNITS_ERROR_SYNTAX, "'0x' is no number: 42, -1 and 0x2a are numbers");
    is_none("-0x1", 8, UNITS_ERROR_SYNTAX, "'-0x1' is no number: 42, -1 and 0x2a are numbers");
    is_none("12a", 8, UNITS_ERROR_SYNTAX, "'12a' is no number: 42, -1 and 0x2a are numbers");
    is_none("+1", 8, UNITS_ERROR_SYNTAX, "'+1' is no number: 42, -1 and 0x2a are numbers");
    is_none("0x1g", 16, UNITS_ERROR_SYNTAX, "'0x1g' is no number: 42, -1 and 0x2a are numbers");
}

static void are(const char *text, unsigned size, const char *bytes, gsize n)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    GError *error = NULL;
    g_autoptr(GByteArray) out = numbers_parse(words, g_strv_length(words), size, 64, &error);

    g_assert_no_error(error);
    g_assert_cmpmem(out->data, out->len, bytes, n);
}

static void are_none(const char *text, unsigned size, const char *message)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autoptr(GError) error = NULL;

    g_assert_null(numbers_parse(words, g_strv_length(words), size, 4, &error));
    g_assert_cmpstr(error->message, ==, message);
}

static void test_bytes(void)
{
    are("de ad", 0, "\xde\xad", 2);
    are("deadBEEF 01", 0, "\xde\xad\xbe\xef\x01", 5);
    are("0xde 0X01", 0, "\xde\x01", 2);
    are("1 -1 0x100", 2, "\1\0\xff\xff\0\1", 6);
    are("1", 8, "\1\0\0\0\0\0\0\0", 8);
    are_none("d", 0,
             "'d' are no bytes: each has two hexadecimal digits, as in 0a ff or 0aff; size=4 takes "
             "numbers, text= a text");
    are_none("01 xx", 0,
             "'xx' are no bytes: each has two hexadecimal digits, as in 0a ff or 0aff; size=4 "
             "takes numbers, text= a text");
    are_none("0x1234", 0,
             "'0x1234' is one number: size=4 says how many bytes it has; bytes are written as de "
             "ad be ef");
    are_none("0102030405", 0, "more than 4 bytes at once");
    are_none("1 70000", 2, "'70000' does not fit 16 bits");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/numbers/numbers", test_numbers);
    g_test_add_func("/numbers/refused", test_numbers_refused);
    g_test_add_func("/numbers/bytes", test_bytes);
    return g_test_run();
}
