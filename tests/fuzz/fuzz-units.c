/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-units.c: what is read is never negative, and what is printed of it reads back to the same
 * value; the first eight bytes are also a time of their own.
 */
#include "controller/base/units.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_printed(VTime t)
{
    g_autofree char *seconds = units_format_seconds(t);
    g_autofree char *shortest = units_format_duration(t);
    VTime back;

    if (t.ns < 0) {
        demand(*seconds == '-' && *shortest == '-');
        demand(!units_parse_duration(seconds, &back, NULL));
        return;
    }
    demand(units_parse_duration(seconds, &back, NULL) && back.ns == t.ns);
    demand(units_parse_duration(shortest, &back, NULL) && back.ns == t.ns);
}

static void check_duration(const char *text)
{
    g_autoptr(GError) error = NULL;
    VTime t;

    if (!units_parse_duration(text, &t, &error)) {
        demand(g_error_matches(error, UNITS_ERROR, UNITS_ERROR_SYNTAX) ||
               g_error_matches(error, UNITS_ERROR, UNITS_ERROR_RANGE));
        return;
    }
    demand(t.ns >= 0 && !error);
    check_printed(t);
}

static void check_counts(const char *text)
{
    g_autoptr(GError) insns_error = NULL, size_error = NULL, int_error = NULL;
    Insns insns;
    int64_t value;

    if (units_parse_insns(text, &insns, &insns_error))
        demand(insns.n >= 0 && units_is_insns(text));
    else
        demand(insns_error != NULL);
    if (units_parse_size(text, &value, &size_error))
        demand(value >= 0);
    else
        demand(size_error != NULL);
    if (units_parse_int(text, "number", -5, 1000, &value, &int_error))
        demand(value >= -5 && value <= 1000);
    else
        demand(int_error != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    VTime t;

    check_duration(text);
    check_counts(text);
    if (len >= sizeof(t.ns)) {
        memcpy(&t.ns, bytes, sizeof(t.ns));
        check_printed(t);
    }
    return 0;
}
