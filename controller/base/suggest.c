/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * suggest.c: the distance of Damerau and Levenshtein; two neighbours are swapped at most once.
 */
#include "controller/base/suggest.h"

#include <stdbool.h>
#include <string.h>

/* Limit in bytes: longer words are compared by their beginning only. */
#define MAX_LENGTH 64

/* A shorter common beginning is no hint. */
#define MIN_PREFIX 2

static bool same(char a, char b)
{
    return g_ascii_tolower(a) == g_ascii_tolower(b);
}

unsigned suggest_distance(const char *a, const char *b, unsigned limit)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned rows[3][MAX_LENGTH + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];

    if (n > MAX_LENGTH || m > MAX_LENGTH || (n > m ? n - m : m - n) > limit)
        return limit + 1;
    for (size_t j = 0; j <= m; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *oldest = before;

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = MIN(last[j - 1] + !same(a[i - 1], b[j - 1]), MIN(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = MIN(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = oldest;
    }
    return MIN(last[m], limit + 1);
}

/* A word of three letters may have one wrong letter, a word of six letters two. */
static unsigned allowed(size_t n, size_t m)
{
    size_t longer = MAX(n, m);

    return longer < 3 ? 0 : longer < 6 ? 1 : 2;
}

const char *suggest_best(const char *word, const char *const *candidates)
{
    const char *best = NULL, *begins = NULL;
    size_t n = strlen(word);
    unsigned least = 3;

    for (; *candidates; candidates++) {
        size_t m = strlen(*candidates), shorter = MIN(n, m);
        unsigned limit = allowed(n, m), distance = suggest_distance(word, *candidates, limit);

        if (distance <= limit && distance < least) {
            least = distance;
            best = *candidates;
        }
        if (shorter >= MIN_PREFIX && g_ascii_strncasecmp(word, *candidates, shorter) == 0 &&
            (!begins || m < strlen(begins)))
            begins = *candidates;
    }
    return best ? best : begins;
}

char *suggest_hint(const char *word, const char *const *candidates, const char *otherwise)
{
    const char *best = suggest_best(word, candidates);

    return best ? g_strdup_printf("did you mean '%s'?", best) : g_strdup(otherwise);
}

char *suggest_suffix(const char *word, const char *const *candidates)
{
    const char *best = suggest_best(word, candidates);

    return best ? g_strdup_printf("; did you mean '%s'?", best) : g_strdup("");
}
