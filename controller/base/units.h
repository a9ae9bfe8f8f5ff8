/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * units.h: parses and formats values with units, in the syntax of the command language. Pure.
 *
 * Every failure is a UNITS_ERROR; the message quotes the text and describes valid text.
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
    UNITS_ERROR_RANGE,  /* valid syntax, but too large, or finer than the unit's smallest step */
} UnitsError;

/* Parses "10ns" "500us" "1ms" "2s" "1m" "1h". Decimals are allowed if the result is whole
 * nanoseconds. */
bool units_parse_duration(const char *text, VTime *out, GError **error);

/* Parses "1000insn", "1e6insn". */
bool units_parse_insns(const char *text, Insns *out, GError **error);

/* Reports whether text ends like an instruction count. */
bool units_is_insns(const char *text);

/* Parses a size in bytes: "512M" "4G" "64K" "1048576". */
bool units_parse_size(const char *text, int64_t *out, GError **error);

/* Parses a whole number within [min, max]. `what` names the number in the message. */
bool units_parse_int(const char *text, const char *what, int64_t min, int64_t max, int64_t *out,
                     GError **error);

/* Parses a number that is part of a name, such as the 1 of "a.1": from 0 to max, without a sign or
 * leading zeros, so that one thing has one name. */
bool units_parse_index(const char *text, const char *what, int64_t max, int64_t *out,
                       GError **error);

/* Formats seconds with all nine digits: "1.234000000s". The caller frees the text with g_free(). */
char *units_format_seconds(VTime t);

/* Formats the shortest exact form with a unit: "1ms", "1500us", "3ns", "2s". The caller frees the
 * text with g_free(). */
char *units_format_duration(VTime t);

/* The host's date and time now, ISO 8601 with its zone. The caller frees the text with g_free(). */
char *units_host_date(void);

#endif
