/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pattern.h: regular expressions for the output of guests. Pure.
 *
 * A pattern is matched against bytes, not characters, since a guest may print any bytes. The
 * characters of a pattern match their own UTF-8; `.` and a class match one byte. The steps of one
 * match are limited (1,000,000, some ms), since a barrier waits for the match.
 */
#ifndef QEMU_PATTERN_H
#define QEMU_PATTERN_H

#include <glib.h>
#include <stdbool.h>

/* $1 to $9 */
#define PATTERN_GROUPS 9

/* The groups of a match. */
typedef struct {
    unsigned n;                   /* number of the pattern's groups, at most PATTERN_GROUPS */
    char *groups[PATTERN_GROUPS]; /* "" for a group without a match, or that does not exist */
} PatternMatch;

typedef enum { PATTERN_NO, PATTERN_YES, PATTERN_GAVE_UP } PatternResult;

/* Whether text is a valid pattern. The check costs less than pattern_new(). */
bool pattern_check(const char *text, GError **error);

/* NULL if text is no valid pattern; the error quotes the pattern and names the position. Free with
 * g_regex_unref(). */
GRegex *pattern_new(const char *text, GError **error);

/* *match must be clear before. Only PATTERN_YES fills it in. PATTERN_GAVE_UP: the match took too
 * many steps. */
PatternResult pattern_try(const GRegex *pattern, const char *text, gsize size, PatternMatch *match);

void pattern_match_clear(PatternMatch *match);

#endif
