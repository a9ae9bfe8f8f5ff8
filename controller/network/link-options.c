/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link-options.c: parses and prints the options, with one parser and one printer for each kind of
 * value.
 */
#include "controller/network/link-options.h"

#include "controller/base/suggest.h"
#include "controller/base/units.h"

#include <string.h>

G_DEFINE_QUARK(metronome_link_options_error_quark, link_options_error)

/* Limit in bit/s. A frame has at most 2^20 bits: at this rate any frame takes about a ns. */
#define BANDWIDTH_MAX (INT64_C(1000) * NS_PER_S * 1000)

#define BAUD_MAX 100000000

static const char *const keys[] = {"latency",   "bandwidth", "queue",    "jitter", "loss",
                                   "duplicate", "reorder",   "delivery", "baud",   NULL};

const char *const *link_options_keys(void)
{
    return keys;
}

/* The number digits / 10^decimals. */
typedef struct {
    int64_t digits;
    int decimals;
} Decimal;

static bool append_digit(Decimal *d, int digit, bool decimal)
{
    d->decimals += decimal;
    return !__builtin_mul_overflow(d->digits, 10, &d->digits) &&
           !__builtin_add_overflow(d->digits, digit, &d->digits);
}

/* Reads digits with an optional point; false if there are no digits or too many. *rest points
 * behind the number. Zeros at the end of the decimals are dropped. */
static bool read_decimal(const char *text, Decimal *d, const char **rest)
{
    bool any = false, point = false;
    unsigned zeros = 0;

    *d = (Decimal){0};
    for (; g_ascii_isdigit(*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        any = true;
        if (point && *text == '0') {
            zeros++;
            continue;
        }
        for (; zeros > 0; zeros--)
            if (!append_digit(d, 0, true))
                return false;
        if (!append_digit(d, *text - '0', point))
            return false;
    }
    *rest = text;
    return any;
}

/* Computes d * scale; scale is a power of ten. Returns false if the product is not whole or too
 * large. */
static bool decimal_scale(Decimal d, int64_t scale, int64_t *out)
{
    for (; d.decimals > 0; d.decimals--, scale /= 10)
        if (scale == 1)
            return false;
    return !__builtin_mul_overflow(d.digits, scale, out);
}

static bool parse_probability(const char *value, uint32_t *out)
{
    Decimal d;
    const char *rest;
    int64_t parts;

    if (!read_decimal(value, &d, &rest) || (*rest && strcmp(rest, "%") != 0) ||
        !decimal_scale(d, *rest ? LINK_CERTAIN / 100 : LINK_CERTAIN, &parts) ||
        parts > LINK_CERTAIN)
        return false;
    *out = (uint32_t)parts;
    return true;
}

static bool parse_bandwidth(const char *value, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t scale;
    } units[] = {{"", 1}, {"K", 1000}, {"M", 1000000}, {"G", 1000000000}, {"T", 1000000000000}};
    g_autofree char *unit = NULL;
    int64_t bits;
    Decimal d;
    const char *rest;

    if (strcmp(value, "unlimited") == 0) {
        *out = 0;
        return true;
    }
    if (!read_decimal(value, &d, &rest))
        return false;
    unit = g_strdup(rest);
    for (unsigned i = 0; i < 2; i++) /* unit "Mbit/s", "Mbit", "M" */
        if (g_str_has_suffix(unit, i == 0 ? "/s" : "bit"))
            unit[strlen(unit) - (i == 0 ? 2 : 3)] = '\0';
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_ascii_strcasecmp(unit, units[i].unit) != 0)
            continue;
        if (!decimal_scale(d, units[i].scale, &bits) || bits > BANDWIDTH_MAX)
            return false;
        *out = bits;
        return true;
    }
    return false;
}

static bool parse_bytes(const char *value, int64_t *out)
{
    if (strcmp(value, "unlimited") == 0) {
        *out = 0;
        return true;
    }
    return units_parse_size(value, out, NULL);
}

static bool bad_value(const char *key, const char *value, const char *right, GError **error)
{
    g_set_error(error, LINK_OPTIONS_ERROR, LINK_OPTIONS_ERROR_VALUE,
                "link option '%s' can't be '%s': %s", key, value, right);
    return false;
}

static bool bad_choice(const char *key, const char *value, const char *right, GError **error)
{
    static const char *const choices[] = {"barrier", "exact", NULL};
    g_autofree char *meant = suggest_suffix(value, choices),
                    *text = g_strconcat(right, meant, NULL);

    return bad_value(key, value, text, error);
}

static bool set_duration(VTime *t, const char *key, const char *value, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (units_parse_duration(value, t, &why))
        return true;
    g_set_error(error, LINK_OPTIONS_ERROR, LINK_OPTIONS_ERROR_VALUE, "link option '%s': %s", key,
                why->message);
    return false;
}

/* Makes the link a serial line. */
static bool set_baud(LinkParams *p, const char *value, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!units_parse_int(value, "baud", 1, BAUD_MAX, &p->bandwidth, &why))
        return bad_value("baud", value, "write bits per second, from 1 to 100000000", error);
    p->byte_bits = LINK_BYTE_BITS;
    return true;
}

static bool set_one(LinkParams *p, const char *key, const char *value, GError **error)
{
    uint32_t *probability = NULL;

    if (strcmp(key, "latency") == 0)
        return set_duration(&p->latency, key, value, error);
    if (strcmp(key, "jitter") == 0)
        return set_duration(&p->jitter, key, value, error);
    if (strcmp(key, "delivery") == 0) {
        p->exact = strcmp(value, "exact") == 0;
        p->exact_set = true;
        return p->exact || strcmp(value, "barrier") == 0 ||
               bad_choice(key, value, "write barrier or exact", error);
    }
    if (strcmp(key, "baud") == 0)
        return set_baud(p, value, error);
    if (strcmp(key, "bandwidth") == 0 && p->byte_bits > 0)
        return bad_value(key, value, "a serial line has baud=", error);
    if (strcmp(key, "bandwidth") == 0)
        return parse_bandwidth(value, &p->bandwidth) ||
               bad_value(key, value,
                         "write bits per second as 100M or 1.5Gbit (K, M, G, T; up to 1000T), or "
                         "'unlimited'",
                         error);
    if (strcmp(key, "queue") == 0)
        return parse_bytes(value, &p->queue) ||
               bad_value(key, value, "write bytes as 256K or 1M (K, M, G), or 'unlimited'", error);
    if (strcmp(key, "loss") == 0)
        probability = &p->loss;
    else if (strcmp(key, "duplicate") == 0)
        probability = &p->duplicate;
    else if (strcmp(key, "reorder") == 0)
        probability = &p->reorder;
    if (probability)
        return parse_probability(value, probability) ||
               bad_value(key, value,
                         "write a probability from 0 to 1 as 0.1% or 0.001, in steps of 1e-9",
                         error);
    {
        g_autofree char *list = g_strjoinv(", ", (char **)keys);
        g_autofree char *known = g_strconcat("there are ", list, NULL);
        g_autofree char *hint = suggest_hint(key, keys, known);

        g_set_error(error, LINK_OPTIONS_ERROR, LINK_OPTIONS_ERROR_KEY,
                    "unknown link option '%s': %s", key, hint);
    }
    return false;
}

bool link_options_set(LinkParams params[2], const char *key, const char *value,
                      LinkDirection direction, GError **error)
{
    LinkParams changed[2] = {params[0], params[1]};

    for (unsigned i = 0; i < 2; i++) {
        if (direction == (i == 0 ? LINK_BACKWARD : LINK_FORWARD))
            continue;
        if (!set_one(&changed[i], key, value, error))
            return false;
    }
    params[0] = changed[0];
    params[1] = changed[1];
    return true;
}

static void format_duration(GString *out, const char *key, VTime t)
{
    g_autofree char *text = units_format_duration(t);

    if (t.ns != 0)
        g_string_append_printf(out, " %s=%s", key, text);
}

static void format_scaled(GString *out, const char *key, int64_t value, int64_t base)
{
    static const char units[] = "KMGT";
    unsigned i = 0;

    if (value == 0)
        return;
    while (i < strlen(units) && value % base == 0) {
        value /= base;
        i++;
    }
    g_string_append_printf(out, " %s=%" G_GINT64_FORMAT "%.*s", key, value, i > 0,
                           units + (i > 0 ? i - 1 : 0));
}

static void format_probability(GString *out, const char *key, uint32_t parts)
{
    g_autofree char *decimals = g_strdup_printf("%07u", parts % 10000000);
    size_t len = strlen(decimals);

    if (parts == 0)
        return;
    while (len > 0 && decimals[len - 1] == '0')
        decimals[--len] = '\0';
    g_string_append_printf(out, " %s=%u%s%s%%", key, parts / 10000000, len > 0 ? "." : "",
                           decimals);
}

char *link_options_format(const LinkParams *p)
{
    GString *out = g_string_new(NULL);

    format_duration(out, "latency", p->latency);
    if (p->byte_bits > 0)
        g_string_append_printf(out, " baud=%" G_GINT64_FORMAT, p->bandwidth);
    else
        format_scaled(out, "bandwidth", p->bandwidth, 1000);
    format_scaled(out, "queue", p->queue, 1024);
    format_duration(out, "jitter", p->jitter);
    format_probability(out, "loss", p->loss);
    format_probability(out, "duplicate", p->duplicate);
    format_probability(out, "reorder", p->reorder);
    if (p->exact || p->exact_set)
        g_string_append(out, p->exact ? " delivery=exact" : " delivery=barrier");
    if (out->len > 0)
        g_string_erase(out, 0, 1);
    return g_string_free(out, FALSE);
}
