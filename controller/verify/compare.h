/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare.h: samples and consoles of two runs of one scenario, and where they first differ. Pure.
 *
 * A file of samples has a line for each node and sample:
 *
 *     TIME_NS NODE FIELD=VALUE FIELD=VALUE …
 *
 * in the order of time, and of `node add` at one time. A run that ends early has fewer lines. A
 * line that begins with '#' is a note for people: it is not compared.
 */
#ifndef VERIFY_COMPARE_H
#define VERIFY_COMPARE_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    VTime before;        /* the last sample at which all nodes were equal; 0 if there is none */
    VTime at;            /* the first at which one differs */
    char *node;          /* it; NULL: the runs were not sampled at the same times */
    char *field;         /* the first field that differs */
    char *a, *b;         /* its values */
    char *from_a, *to_a; /* the node's icount before and at the difference, in the first run */
    uint64_t samples;    /* equal lines before it */
} Difference;

/* NULL if the texts are equal; free with difference_free(). *samples: lines that are equal. */
Difference *compare_samples(const char *a, const char *b, uint64_t *samples);

/* The time in the last line of samples that has ended, of the end of a file, which may begin within a
 * line: the first one does not count. 0: there is none. */
VTime compare_last_time(const char *end);

/* The next note at or behind *p, without its '# ', and *p behind it; NULL if there is none. Free
 * with g_free(). */
char *compare_next_note(const char **p);

/* Where two consoles first differ. */
typedef struct {
    uint64_t line; /* from 1 */
    bool longer;   /* one is the other and more */
    char *a, *b; /* the lines, as text_line() makes them, long ones around the difference; NULL: the
                      console ended before */
} ConsoleDifference;

/* NULL if what was printed is equal; free with console_difference_free(). */
ConsoleDifference *compare_consoles(const char *a, size_t a_size, const char *b, size_t b_size);

void console_difference_free(ConsoleDifference *difference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConsoleDifference, console_difference_free)

void difference_free(Difference *difference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Difference, difference_free)

#endif
