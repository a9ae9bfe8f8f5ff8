/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare.h: compares samples and consoles of two runs of one scenario, and finds the first
 * difference. Pure.
 *
 * A file of samples has a line for each node and sample:
 *
 *     TIME_NS NODE FIELD=VALUE FIELD=VALUE …
 *
 * in the order of time; at one time in the order of `node add`. A run that ends early has fewer
 * lines. A line that begins with '#' is a note for people and is not compared.
 */
#ifndef VERIFY_COMPARE_H
#define VERIFY_COMPARE_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    VTime before;        /* last sample at which all nodes were equal; 0 if none */
    VTime at;            /* first sample with a difference */
    char *node;          /* the node that differs; NULL: the runs have other sample times */
    char *field;         /* the first field that differs */
    char *a, *b;         /* the values of that field */
    char *from_a, *to_a; /* the node's icount before and at the difference, in the first run */
    uint64_t samples;    /* number of equal lines before the difference */
} Difference;

/* Returns NULL if the texts are equal; the caller frees the result with difference_free().
 * *samples: number of equal lines. */
Difference *compare_samples(const char *a, const char *b, uint64_t *samples);

/* Says in one line which runs differ, where and in what. other: number of the second run, from 1;
 * the first one is run 1. The caller frees the text with g_free(). */
char *difference_text(const Difference *difference, unsigned other);

/* Returns the time in the last complete line of samples. `end` is the end of a file and may begin
 * inside a line, so the first line does not count. Returns 0 without such a line. */
VTime compare_last_time(const char *end);

/* Returns the next note at or behind *p, without '# ', and moves *p behind the note; NULL without a
 * note. The caller frees the note with g_free(). */
char *compare_next_note(const char **p);

/* The first difference between two consoles. */
typedef struct {
    uint64_t line; /* line number, from 1 */
    bool longer;   /* one console is the beginning of the other */
    char *a, *b; /* the lines, made by text_line(); long ones only around the difference; NULL: the
                  * console ended before */
} ConsoleDifference;

/* Returns NULL if both consoles are equal; the caller frees the result with
 * console_difference_free(). */
ConsoleDifference *compare_consoles(const char *a, size_t a_size, const char *b, size_t b_size);

void console_difference_free(ConsoleDifference *difference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConsoleDifference, console_difference_free)

void difference_free(Difference *difference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Difference, difference_free)

#endif
