/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lexer.h: text of the command language -> words. Pure.
 *
 * Words are separated by blanks; quoting as in a shell ('…' literally, "…" with variables, \ before
 * one character); `#` at the start of a word begins a comment; `;` ends a command.
 */
#ifndef COMMAND_LEXER_H
#define COMMAND_LEXER_H

#include <glib.h>
#include <stdbool.h>

#define LEXER_ERROR (lexer_error_quark())
GQuark lexer_error_quark(void);

typedef enum {
    LEXER_ERROR_SYNTAX,
    LEXER_ERROR_QUOTE,    /* one is not closed: there is nothing behind it */
    LEXER_ERROR_VARIABLE, /* not set */
} LexerError;

/* Value of a variable, or NULL if there is none of that name. */
typedef const char *(*LexerLookup)(const char *name, void *data);

/*
 * Reads one command from *text and moves *text behind it (to the terminating NUL at the end).
 * Returns its words, NULL-terminated, perhaps none at all; free with g_strfreev(). On error NULL,
 * and *text is moved to what is wrong.
 */
char **lexer_next(const char **text, LexerLookup lookup, void *data, GError **error);

/* Whether the first `size` bytes of text end within quotes, or behind a backslash: then more is to
 * come before they make sense. */
bool lexer_is_open(const char *text, size_t size);

#endif
