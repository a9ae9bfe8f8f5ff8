/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * suggest.h: finds the word that a mistyped word was probably meant to be. Pure.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <glib.h>

/*
 * Returns the number of letters that must be changed, left out, added, or swapped with their
 * neighbour to turn a into b. Ignores the case of letters. Returns at most limit + 1.
 */
unsigned suggest_distance(const char *a, const char *b, unsigned limit);

/*
 * Returns the candidate that `word` most likely means: a candidate few letters off, relative to the
 * lengths of both words, or a pair of which one word begins with the other. Returns NULL if no
 * candidate is near. candidates: NULL-terminated.
 */
const char *suggest_best(const char *word, const char *const *candidates);

/* Returns "did you mean 'CANDIDATE'?", or `otherwise` if no candidate is near. The caller frees the
 * text with g_free(). */
char *suggest_hint(const char *word, const char *const *candidates, const char *otherwise);

/* Returns "; did you mean 'CANDIDATE'?", or "" if no candidate is near. The caller frees the text
 * with g_free(). */
char *suggest_suffix(const char *word, const char *const *candidates);

#endif
