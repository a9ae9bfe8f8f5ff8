/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-keys.c: what `send` makes of a text with backslashes. */
#include "controller/command/keys.h"

#include "controller/base/units.h"

#include <string.h>

static void are(const char *text, const char *bytes, gsize size)
{
    GError *error = NULL;
    g_autoptr(GByteArray) keys = keys_parse(text, &error);

    g_assert_no_error(error);
    g_assert_cmpmem(keys->data, keys->len, bytes, size);
}

static void are_none(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(keys_parse(text, &error));
    g_assert_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_keys(void)
{
    are("", "", 0);
    are("ls -l", "ls -l", 5);
    are("a\\n\\r\\t\\b\\f\\v\\e", "a\n\r\t\b\f\v\x1b", 8);
    are("\\\\\\\"\\q", "\\\"q", 3);
    are("\\x00\\xfF\\x1bA", "\0\xff\x1b\x41", 4);
    are("\\0\\033[\\1234", "\0\033[\1234", 5);
    are("\\^C\\^c\\^@\\^[\\^_\\^?", "\3\3\0\x1b\x1f\x7f", 6);
    are("end\\", "end\\", 4);
    are("\xc3\xa4", "\xc3\xa4", 2);
}

static void test_refused(void)
{
    are_none("a\\x1", "'\\x1': two hexadecimal digits follow \\x, as in \\x1b");
    are_none("\\xg0", "'\\xg0': two hexadecimal digits follow \\x, as in \\x1b");
    are_none("\\x", "'\\x': two hexadecimal digits follow \\x, as in \\x1b");
    are_none("a\\400", "'\\400' is no byte: octal numbers go up to \\377");
    are_none("\\^1", "'\\^1' is no control key: a letter or one of @ [ \\ ] ^ _ ? follows, as in "
                     "\\^C");
    are_none("\\^",
             "'\\^' is no control key: a letter or one of @ [ \\ ] ^ _ ? follows, as in \\^C");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/keys/keys", test_keys);
    g_test_add_func("/keys/refused", test_refused);
    return g_test_run();
}
