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

typedef struct {
    char *text;
    char *key;          /* without its '='; NULL: it is none */
    const char *values; /* what is behind the key, or the text */
    bool optional;      /* of a key: it may be left out */
    bool takes_rest;    /* it stands for all arguments that are left, one at least: REG…, EXPR; in
                           front of a literal for all up to that */
    char **kinds;       /* the alternatives in `values` */
    char **names;       /* of each: NODE of NODE[.CPU], JSON of 'JSON', off */
} UsageWord;

typedef GPtrArray Sequence; /* of UsageWord *, not owned */

typedef struct {
    const char *usage;
    GPtrArray *words;     /* owned */
    GPtrArray *sequences; /* all that the usage stands for */
    unsigned first_key;   /* how many arguments stand before the first that may be a key */
} UsageGrammar;

/* A usage that is read once for many matches; it stays the caller's. Free with usage_free(). */
UsageGrammar *usage_read(const char *usage);
void usage_free(UsageGrammar *grammar);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UsageGrammar, usage_free)

/* Length of "key=" at the start of text, or 0. */
size_t usage_key_length(const char *text);

/* The next alternative of a word; NULL behind the last. Free with g_free(). */
char *usage_next_alternative(const char **p);

/* Whether an alternative stands for others; whether for those of this name, "NODE" and the like. */
bool usage_is_placeholder(const char *alternative);
bool usage_is_name(const char *alternative, const char *name);

/* Which alternative an argument, or what it has behind its key, is; literals come before placeholders.
 * -1: none of them. */
int usage_word_fit(const UsageWord *word, const char *arg);

#endif
