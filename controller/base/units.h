/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * units.h: text <-> values with units, as the command language writes them. Pure.
 *
 * Every failure is a UNITS_ERROR whose message quotes the text and says what would be right.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

#define UNITS_ERROR (units_error_quark())
GQuark units_error_quark(void);

typedef enum {
    UNITS_ERROR_SYNTAX, /* not a number with a known unit */
    UNITS_ERROR_RANGE,  /* understood, but too large, or finer than the unit's grain */
} UnitsError;

/* "10ns" "500us" "1ms" "2s" "1m" "1h", decimals allowed as long as the result is whole nanoseconds. */
bool units_parse_duration(const char *text, VTime *out, GError **error);

/* "1000insn", "1e6insn". */
bool units_parse_insns(const char *text, Insns *out, GError **error);

/* Whether text ends like an instruction count. */
bool units_is_insns(const char *text);

/* "512M" "4G" "64K" "1048576": bytes. */
bool units_parse_size(const char *text, int64_t *out, GError **error);

/* A whole number within [min, max]; `what` names it in the message. */
bool units_parse_int(const char *text, const char *what, int64_t min, int64_t max, int64_t *out,
                     GError **error);

/* "1.234000000s": seconds with all nine digits; free with g_free(). */
char *units_format_seconds(VTime t);

/* The shortest exact form with a unit: "1ms", "1500us", "3ns", "2s"; free with g_free(). */
char *units_format_duration(VTime t);

#endif
