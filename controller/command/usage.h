/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage.h: the usage string of a command read as a grammar, so that completion offers what help
 * shows. Pure.
 *
 *     usage        sequence | sequence …         (blanks around the bar)
 *     sequence     items, separated by blanks
 *     item         word, or [usage]: may be left out; [key=…] may stand anywhere behind the words
 *                  that are before it
 *     word         alternatives with bars between them: literals, placeholders, or key=values
 *     placeholder  begins with a capital letter: FILE, DIR, PATH, NODE, NODE[.CPU], END, HOST, COMMAND,
 *                  DEFAULT, SAVE, REG, ADDR stand for what can be listed, every other for anything; with …
 *                  behind it, and EXPR, for all that follows (in front of a key, if it ends the usage), COMMAND at the end for one word or two.
 *                  args.h says which are more than text
 */
#ifndef COMMAND_USAGE_H
#define COMMAND_USAGE_H

#include "controller/command/usage-grammar.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    USAGE_WORD,     /* text, as it is */
    USAGE_FILE,     /* a path */
    USAGE_NODE,     /* a node's name */
    USAGE_HOST,     /* another host's */
    USAGE_CPU,      /* a node's name, or NODE.CPU */
    USAGE_DEFAULT,  /* a key that `defaults` has set */
    USAGE_SAVE,     /* a save of the session */
    USAGE_COMMAND,  /* a command's name, of one word or two, that begins with argument `from` */
    USAGE_REGISTER, /* a register of the node that is argument `from` */
    USAGE_SYMBOL,   /* a name of an address in the node that is argument `from` */
} UsageKind;

typedef struct {
    UsageKind kind;
    char *text; /* of USAGE_WORD; a key ends with '=' */
    unsigned from;
} UsageHint;

/*
 * What can come next behind args. head: what the word has already up to its last '=', or "": then
 * the hints are for what follows it. Not filtered by what else was typed.
 */
GPtrArray *usage_hints(const char *usage, char **args, unsigned n_args, const char *head);

/* What an argument stands for. */
typedef struct {
    const char *name; /* of a placeholder: NODE; of a key: timeout; else the literal itself */
    const char *word; /* the usage's, or what it has behind the key: DURATION|auto, 5s */
    const char *kind; /* which of the word's alternatives it is: DURATION */
    const char *text; /* the argument, or what it has behind the key */
} UsageArg;

/* More than any command has whose keys the usage knows. */
#define USAGE_MAX_ARGS 12

typedef struct {
    UsageArg all[USAGE_MAX_ARGS];
    unsigned n, n_literals; /* keys are none */
} UsageArgs;

/*
 * Which argument does not fit, and what was expected or meant; NULL: all fit, and *out (may be NULL)
 * has what they stand for; where a word takes all that is left (UsageWord.takes_rest), the first of
 * these. open: what is behind the words is read by others, such as the many keys of a node. Free
 * with g_free().
 */
char *usage_match(const UsageGrammar *grammar, bool open, char **args, unsigned n_args,
                  UsageArgs *out);

/* All keys, without their '='; free with g_ptr_array_unref(). */
GPtrArray *usage_keys(const char *usage);

#endif
