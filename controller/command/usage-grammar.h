/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage-grammar.h: a usage (usage.h has its grammar) spelt out into all sequences of words without
 * optional parts, and what a word stands for. Optional keys may be many, so they stay in a sequence
 * as marks that take no place. Pure.
 */
#ifndef COMMAND_USAGE_GRAMMAR_H
#define COMMAND_USAGE_GRAMMAR_H

#include <glib.h>
#include <stdbool.h>

typedef GPtrArray Sequence; /* of char *, not owned */

/* All sequences that usage stands for, free with g_ptr_array_unref(); pool owns their words. */
GPtrArray *usage_sequences(const char *usage, GPtrArray *pool);

/* Length of "key=" at the start of text, or 0. */
size_t usage_key_length(const char *text);

/* The next alternative of a word; NULL behind the last. Free with g_free(). */
char *usage_next_alternative(const char **p);

/* Whether an alternative stands for others; whether for those of this name, "NODE" and the like. */
bool usage_is_placeholder(const char *alternative);
bool usage_is_name(const char *alternative, const char *name);

/* Whether an argument is one of the word's alternatives. */
bool usage_word_fits(const char *word, const char *arg);

#endif
