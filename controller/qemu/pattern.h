/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pattern.h: regular expressions for what guests print. Pure.
 *
 * A pattern is matched against bytes, not characters: a guest may print any. The characters of a
 * pattern match their own UTF-8; `.` and a class match one byte. How long one match may take is
 * limited, since a barrier waits for it.
 */
#ifndef QEMU_PATTERN_H
#define QEMU_PATTERN_H

#include <glib.h>
#include <stdbool.h>

/* $1 to $9 */
#define PATTERN_GROUPS 9

/* What matched. */
typedef struct {
    unsigned n;                   /* groups that the pattern has, as far as they are kept */
    char *groups[PATTERN_GROUPS]; /* "" for one that took no part, or is none */
} PatternMatch;

typedef enum { PATTERN_NO, PATTERN_YES, PATTERN_GAVE_UP } PatternResult;

/* Whether text is a pattern, which costs less than to make one of it. */
bool pattern_check(const char *text, GError **error);

/* NULL, with an error that quotes the pattern and names the position, if it is none. */
GRegex *pattern_new(const char *text, GError **error);

/* *match is filled in by PATTERN_YES alone, and must be clear before. */
PatternResult pattern_try(const GRegex *pattern, const char *text, gsize size, PatternMatch *match);

void pattern_match_clear(PatternMatch *match);

#endif
