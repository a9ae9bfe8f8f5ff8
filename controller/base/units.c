/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * units.c: numbers with units. Decimals are read as digits, never through floating point, so that
 * "1.2345678s" is exactly 1234567800 ns.
 */
#include "controller/base/units.h"

#include <errno.h>
#include <string.h>

/* G_DEFINE_QUARK is not used: its static variable is a race of threads that call first. */
GQuark units_error_quark(void)
{
    return g_quark_from_static_string("metronome-units-error-quark");
}

/* Largest useful power of ten: a larger one is out of the range of int64 anyway. */
#define MAX_EXPONENT 18

typedef struct {
    int64_t digits; /* all digits, without the point */
    int exponent;   /* value = digits * 10^exponent */
    bool overflow;
    const char *rest;
} Decimal;

/* Reads digits[.digits][e[+]digits]. Returns false without any digit. */
static bool read_decimal(const char *text, Decimal *d)
{
    bool any = false, fraction = false;
    const char *p = text;

    *d = (Decimal){0};
    for (;; p++) {
        if (*p == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (!g_ascii_isdigit(*p))
            break;
        any = true;
        if (__builtin_mul_overflow(d->digits, 10, &d->digits) ||
            __builtin_add_overflow(d->digits, *p - '0', &d->digits)) {
            d->overflow = true;
            d->digits = 0;
        }
        if (fraction)
            d->exponent--;
    }
    if (any && *p == 'e' && (g_ascii_isdigit(p[1]) || (p[1] == '+' && g_ascii_isdigit(p[2])))) {
        int e = 0;
        for (p += p[1] == '+' ? 2 : 1; g_ascii_isdigit(*p); p++)
            e = MIN(e * 10 + (*p - '0'), 10 * MAX_EXPONENT);
        d->exponent += e;
    }
    d->rest = p;
    return any;
}

/* Computes digits * 10^exponent * scale as a whole number. Returns false if the number is too
 * large. *inexact is true if the number is not whole. */
static bool decimal_scale(Decimal d, int64_t scale, int64_t *out, bool *inexact)
{
    int64_t value = d.digits;

    *inexact = false;
    /* Reduces the scale by the decimals first; otherwise "12.345678912s" would overflow on the
     * way. */
    for (; d.exponent < 0 && scale % 10 == 0; d.exponent++)
        scale /= 10;
    if (d.overflow || __builtin_mul_overflow(value, scale, &value))
        return false;
    for (; d.exponent > 0 && value != 0; d.exponent--)
        if (__builtin_mul_overflow(value, 10, &value))
            return false;
    for (; d.exponent < 0 && value != 0; d.exponent++) {
        if (value % 10 != 0)
            *inexact = true;
        value /= 10;
    }
    *out = value;
    return true;
}

bool units_parse_duration(const char *text, VTime *out, GError **error)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ns", 1},       {"us", NS_PER_US},    {"ms", NS_PER_MS},
                 {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}};
    Decimal d;
    bool inexact;

    if (!read_decimal(text, &d)) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                    "'%s' is not a duration: a number with a unit is expected, such as 500us, 1ms "
                    "or 1.5s",
                    text);
        return false;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(d.rest, units[i].unit) != 0)
            continue;
        if (!decimal_scale(d, units[i].ns, &out->ns, &inexact)) {
            g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE,
                        "'%s' is too long: virtual time ends at 292 years", text);
            return false;
        }
        if (inexact) {
            g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE,
                        "'%s' is no whole number of nanoseconds", text);
            return false;
        }
        return true;
    }
    g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                *d.rest ? "'%s' has an unknown unit: ns, us, ms, s, m or h is expected"
                        : "'%s' has no unit: write ns, us, ms, s, m or h behind the number",
                text);
    return false;
}

bool units_is_insns(const char *text)
{
    return g_str_has_suffix(text, "insn") || g_str_has_suffix(text, "insns");
}

bool units_parse_insns(const char *text, Insns *out, GError **error)
{
    Decimal d;
    bool inexact;

    if (!read_decimal(text, &d) || (strcmp(d.rest, "insn") != 0 && strcmp(d.rest, "insns") != 0)) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                    "'%s' is not an instruction count: write it as 1000insn or 1e6insn", text);
        return false;
    }
    if (!decimal_scale(d, 1, &out->n, &inexact) || inexact) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE,
                    "'%s' is not a whole number of instructions below 2^63", text);
        return false;
    }
    return true;
}

bool units_parse_size(const char *text, int64_t *out, GError **error)
{
    static const struct {
        const char *unit;
        int64_t bytes;
    } units[] = {{"", 1}, {"K", 1LL << 10}, {"M", 1LL << 20}, {"G", 1LL << 30}, {"T", 1LL << 40}};
    Decimal d;
    bool inexact;

    if (read_decimal(text, &d))
        for (unsigned i = 0; i < G_N_ELEMENTS(units); i++)
            if (g_ascii_strcasecmp(d.rest, units[i].unit) == 0 &&
                decimal_scale(d, units[i].bytes, out, &inexact) && !inexact)
                return true;
    g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX,
                "'%s' is not a size: write it as 512M or 4G (K, M, G, T)", text);
    return false;
}

bool units_parse_int(const char *text, const char *what, int64_t min, int64_t max, int64_t *out,
                     GError **error)
{
    char *end;
    int64_t value;

    errno = 0;
    value = g_ascii_strtoll(text, &end, g_str_has_prefix(text, "0x") ? 16 : 10);
    if (end == text || *end != '\0' || g_ascii_isspace(*text)) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX, "%s '%s' is not a whole number", what,
                    text);
        return false;
    }
    if (errno == ERANGE || value < min || value > max) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE,
                    "%s '%s' is out of range: %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                    " is allowed",
                    what, text, min, max);
        return false;
    }
    *out = value;
    return true;
}

bool units_parse_index(const char *text, const char *what, int64_t max, int64_t *out,
                       GError **error)
{
    size_t digits = strspn(text, "0123456789"), zeros = strspn(text, "0");

    if (digits > 0 && text[digits] == '\0' && zeros > 0 && digits > 1) {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX, "%s '%s' is written as '%s'", what,
                    text, zeros == digits ? "0" : text + zeros);
        return false;
    }
    if (digits == 0 || text[digits] != '\0') {
        g_set_error(error, UNITS_ERROR, UNITS_ERROR_SYNTAX, "%s '%s' is no number from 0", what,
                    text);
        return false;
    }
    return units_parse_int(text, what, 0, max, out, error);
}

char *units_format_seconds(VTime t)
{
    uint64_t ns = t.ns < 0 ? -(uint64_t)t.ns : (uint64_t)t.ns;

    return g_strdup_printf("%s%" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT "s", t.ns < 0 ? "-" : "",
                           ns / NS_PER_S, ns % NS_PER_S);
}

char *units_format_duration(VTime t)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"s", NS_PER_S}, {"ms", NS_PER_MS}, {"us", NS_PER_US}, {"ns", 1}};
    unsigned i = 0;

    while (i + 1 < G_N_ELEMENTS(units) && (t.ns % units[i].ns != 0 || t.ns == 0))
        i++;
    return g_strdup_printf("%" G_GINT64_FORMAT "%s", t.ns / units[i].ns, units[i].unit);
}

char *units_host_date(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();

    return g_date_time_format(now, "%Y-%m-%dT%H:%M:%S%:z");
}
