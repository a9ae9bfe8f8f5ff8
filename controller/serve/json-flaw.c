/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json-flaw.c: see json-flaw.h. The grammar is left to json-c. */
#include "controller/serve/json-flaw.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The 16 bits of "\uXXXX" there; -1: there is none. The text ends with a NUL. */
static int escaped(const char *text)
{
    int value = 0;

    if (text[0] != '\\' || text[1] != 'u')
        return -1;
    for (unsigned i = 2; i < 6; i++) {
        if (!g_ascii_isxdigit(text[i]))
            return -1;
        value = value << 4 | g_ascii_xdigit_value(text[i]);
    }
    return value;
}

/* From a quote to behind the one that closes. */
static const char *string_flaw(const char *text, gsize size, gsize *at)
{
    for (++*at; *at < size && text[*at] != '"';) {
        int half = escaped(text + *at);
        bool first = half >= 0xd800 && half <= 0xdbff, second = half >= 0xdc00 && half <= 0xdfff;

        if ((guchar)text[*at] < 0x20)
            return "a control character stands in a text";
        if (second)
            return "half of a surrogate pair stands alone";
        if (first) {
            int other = escaped(text + *at + 6);

            if (other < 0xdc00 || other > 0xdfff)
                return "half of a surrogate pair stands alone";
            *at += 6;
        }
        *at += half >= 0 ? 6 : text[*at] == '\\' && text[*at + 1] ? 2 : 1;
    }
    ++*at;
    return NULL;
}

static const char *number_flaw(const char *text, gsize *at)
{
    const char *start = text + *at;
    gsize length = strspn(start, "+-.0123456789eE");
    bool whole = strcspn(start, ".eE") >= length;

    errno = 0;
    if (whole && *start == '-')
        g_ascii_strtoll(start, NULL, 10);
    else if (whole)
        g_ascii_strtoull(start, NULL, 10);
    if (whole && errno == ERANGE)
        return "a whole number has more than 64 bits";
    if (!whole && isinf(g_ascii_strtod(start, NULL)))
        return "a number is too large";
    *at += length;
    return NULL;
}

const char *json_flaw(const char *text, gsize size, gsize *at, unsigned *members)
{
    const char *flaw = NULL, *end;

    *members = 0;
    if (!g_utf8_validate_len(text, size, &end)) {
        *at = (gsize)(end - text);
        return "it is no UTF-8";
    }
    for (*at = 0; *at < size && !flaw;) {
        char c = text[*at];

        if (c == 'N' || c == 'I')
            return "NaN and Infinity are no JSON";
        *members += c == ':';
        if (c == '"')
            flaw = string_flaw(text, size, at);
        else if (c == '-' || g_ascii_isdigit(c))
            flaw = number_flaw(text, at);
        else
            ++*at;
    }
    return flaw;
}
