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
 *     placeholder  begins with a capital letter: FILE, DIR, PATH, NODE, NODE[.CPU], HOST, COMMAND,
 *                  DEFAULT, REG stand for what can be listed, every other for anything
 */
#ifndef COMMAND_USAGE_H
#define COMMAND_USAGE_H

#include <glib.h>

typedef enum {
    USAGE_WORD,     /* text, as it is */
    USAGE_FILE,     /* a path */
    USAGE_NODE,     /* a node's name */
    USAGE_HOST,     /* another host's */
    USAGE_CPU,      /* a node's name, or NODE.CPU */
    USAGE_DEFAULT,  /* a key that `defaults` has set */
    USAGE_COMMAND,  /* a command's name, of one word or two, that begins with argument `from` */
    USAGE_REGISTER, /* a register of the node that is argument `from` */
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

/* Which argument does not fit, and what was expected or meant; NULL: all fit. Free with g_free().
 */
char *usage_complaint(const char *usage, char **args, unsigned n_args);

/* All keys, without their '='; free with g_ptr_array_unref(). */
GPtrArray *usage_keys(const char *usage);
/* How many arguments stand before the first that may be a key; G_MAXUINT: there are no keys. */
unsigned usage_first_key(const char *usage);

#endif
