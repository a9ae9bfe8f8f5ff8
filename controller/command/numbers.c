/* SPDX-License-Identifier: GPL-3.0-or-later */
/* numbers.c: see numbers.h. */
#include "controller/command/numbers.h"

#include "controller/base/units.h"

#include <errno.h>
#include <string.h>

static bool is_hex(const char *text)
{
    return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

static bool refuse_size(const char *text, unsigned bits, GError **error)
{
    g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE, "'%s' does not fit %u bits", text, bits);
    return false;
}

static bool refuse_form(const char *text, GError **error)
{
    g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                "'%s' is no number: 42, -1 and 0x2a are numbers", text);
    return false;
}

static bool parse_hex(const char *text, unsigned bits, uint8_t *bytes, GError **error)
{
    const char *digits = text + 2;
    size_t n = strlen(digits), size = (bits + 7) / 8;

    if (n == 0 || strspn(digits, "0123456789abcdefABCDEF") != n)
        return refuse_form(text, error);
    memset(bytes, 0, size);
    for (size_t i = 0; i < n; i++) { /* digit i from the right */
        unsigned value = (unsigned)g_ascii_xdigit_value(digits[n - 1 - i]);

        if (value == 0)
            continue;
        if (4 * i >= bits || (bits - 4 * i < 4 && value >> (bits - 4 * i)))
            return refuse_size(text, bits, error);
        bytes[i / 2] |= (uint8_t)(value << (i % 2 ? 4 : 0));
    }
    return true;
}

bool number_parse(const char *text, unsigned bits, uint8_t *bytes, GError **error)
{
    bool negative = text[0] == '-';
    const char *digits = text + negative;
    unsigned size = (bits + 7) / 8;
    uint64_t value;
    char *end;

    if (is_hex(text))
        return parse_hex(text, bits, bytes, error);
    if (!g_ascii_isdigit(*digits))
        return refuse_form(text, error);
    errno = 0;
    value = g_ascii_strtoull(digits, &end, 10);
    if (*end)
        return refuse_form(text, error);
    if (errno == ERANGE || (bits < 64 && !negative && value >> bits) ||
        (negative && value > UINT64_C(1) << (MIN(bits, 64) - 1)))
        return refuse_size(text, bits, error);
    value = negative ? -value : value;
    for (unsigned i = 0; i < size; i++)
        bytes[i] = i < 8 ? (uint8_t)(value >> 8 * i) : negative && value ? 0xff : 0;
    if (bits % 8 != 0)
        bytes[size - 1] &= (uint8_t)((1u << bits % 8) - 1);
    return true;
}

/* Bytes of two digits each. */
static bool add_bytes(GByteArray *out, const char *word, GError **error)
{
    const char *digits = is_hex(word) && strlen(word) == 4 ? word + 2 : word;
    size_t n = strlen(digits);

    if (is_hex(digits)) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                    "'%s' is one number: size=4 says how many bytes it has; bytes are written as "
                    "de ad be ef",
                    word);
        return false;
    }
    if (n == 0 || n % 2 != 0 || strspn(digits, "0123456789abcdefABCDEF") != n) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                    "'%s' are no bytes: each has two hexadecimal digits, as in 0a ff or 0aff; "
                    "size=4 takes numbers, text= a text",
                    word);
        return false;
    }
    for (size_t i = 0; i < n; i += 2) {
        uint8_t byte =
            (uint8_t)(g_ascii_xdigit_value(digits[i]) << 4 | g_ascii_xdigit_value(digits[i + 1]));

        g_byte_array_append(out, &byte, 1);
    }
    return true;
}

static bool add_number(GByteArray *out, const char *word, unsigned size, GError **error)
{
    uint8_t bytes[8] = {0};

    if (!number_parse(word, 8 * size, bytes, error))
        return false;
    g_byte_array_append(out, bytes, size);
    return true;
}

GByteArray *numbers_parse(char *const *words, unsigned n, unsigned size, gsize most, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_new();

    for (unsigned i = 0; i < n; i++) {
        if (!(size > 0 ? add_number(out, words[i], size, error) : add_bytes(out, words[i], error)))
            return NULL;
        if (out->len > most) {
            g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE,
                        "more than %" G_GSIZE_FORMAT " bytes at once", most);
            return NULL;
        }
    }
    return g_steal_pointer(&out);
}
