/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keys.c: one function for each kind of escape. */
#include "controller/command/keys.h"

#include "controller/base/units.h"

#include <string.h>

static void add(GByteArray *out, int byte)
{
    uint8_t b = (uint8_t)byte;

    g_byte_array_append(out, &b, 1);
}

/* p is behind the x. */
static const char *add_hex(GByteArray *out, const char *p, GError **error)
{
    int high = g_ascii_xdigit_value(p[0]), low = high < 0 ? -1 : g_ascii_xdigit_value(p[1]);

    if (low < 0) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                    "'\\x%.2s': two hexadecimal digits follow \\x, as in \\x1b", p);
        return NULL;
    }
    add(out, high << 4 | low);
    return p + 2;
}

/* p is behind the ^. */
static const char *add_control(GByteArray *out, const char *p, GError **error)
{
    char key = g_ascii_toupper(*p);

    if (key != '?' && (key < '@' || key > '_')) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                    "'\\^%.1s' is no control key: a letter or one of @ [ \\ ] ^ _ ? follows, as in "
                    "\\^C",
                    p);
        return NULL;
    }
    add(out, key == '?' ? 0x7f : key & 0x1f);
    return p + 1;
}

/* p is at the first digit. */
static const char *add_octal(GByteArray *out, const char *p, GError **error)
{
    const char *digits = p;
    int value = 0;

    for (unsigned i = 0; i < 3 && *p >= '0' && *p <= '7'; i++)
        value = value * 8 + (*p++ - '0');
    if (value > 0xff) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                    "'\\%.3s' is no byte: octal numbers go up to \\377", digits);
        return NULL;
    }
    add(out, value);
    return p;
}

/* p is behind the backslash. Returns what is behind the escape, or NULL. */
static const char *add_escape(GByteArray *out, const char *p, GError **error)
{
    static const char names[] = "nrtbfve", bytes[] = "\n\r\t\b\f\v\x1b";
    const char *name = *p ? strchr(names, *p) : NULL;

    if (*p == 'x')
        return add_hex(out, p + 1, error);
    if (*p == '^')
        return add_control(out, p + 1, error);
    if (*p >= '0' && *p <= '7')
        return add_octal(out, p, error);
    add(out, name ? bytes[name - names] : *p ? *p : '\\');
    return *p ? p + 1 : p;
}

GByteArray *keys_parse(const char *text, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_new();

    while (text && *text) {
        if (*text == '\\')
            text = add_escape(out, text + 1, error);
        else
            add(out, *text++);
    }
    return text ? g_steal_pointer(&out) : NULL;
}
