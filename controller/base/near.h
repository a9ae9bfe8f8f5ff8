/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * near.h: what a mistyped word was meant to be. Pure.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <glib.h>

/*
 * How many letters have to be changed, left out, added, or swapped with their neighbour until a is
 * b; capitals count as small letters. At most limit + 1.
 */
unsigned near_distance(const char *a, const char *b, unsigned limit);

/*
 * The candidate that `word` was most likely meant to be: few letters off, by the length of the two,
 * or one of them the beginning of the other. NULL: none is near. candidates: NULL-terminated.
 */
const char *near_best(const char *word, const char *const *candidates);

/* "did you mean 'CANDIDATE'?", or `otherwise` if none is near; free with g_free(). */
char *near_hint(const char *word, const char *const *candidates, const char *otherwise);

/* "; did you mean 'CANDIDATE'?", or "" if none is near; free with g_free(). */
char *near_meant(const char *word, const char *const *candidates);

#endif
