/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lexer.c: one pass over the text, a word at a time. */
#include "controller/command/lexer.h"

#include <string.h>

G_DEFINE_QUARK(metronome_lexer_error_quark, lexer_error)

typedef struct {
    const char *p;
    LexerLookup lookup;
    void *data;
    GString *word;
    bool in_word; /* "" is a word too */
} Lexer;

static bool set_lexer_error(GError **error, LexerError code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
static bool set_lexer_error(GError **error, LexerError code, const char *format, ...)
{
    va_list args;
    GError *e;

    va_start(args, format);
    e = g_error_new_valist(LEXER_ERROR, code, format, args);
    va_end(args);
    g_propagate_error(error, e);
    return false;
}

static bool is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* The character at p, of which the first byte is no ASCII; 0 if it is no UTF-8. */
static gunichar character(const char *p)
{
    gunichar c = g_utf8_get_char_validated(p, -1);

    return c < 0x110000 ? c : 0;
}

static bool is_foreign_letter(const char *p)
{
    return (*p & 0x80) && g_unichar_isalpha(character(p));
}

/* "$größe" would be $gr, and then some letters. */
static bool refuse_letter(const char *start, const char *end, GError **error)
{
    const char *rest = end;
    g_autofree char *name = NULL;

    while (is_name(*rest) || is_foreign_letter(rest))
        rest = is_name(*rest) ? rest + 1 : g_utf8_next_char(rest);
    name = g_strndup(start, (gsize)(rest - start));
    if (end == start)
        return set_lexer_error(
            error, LEXER_ERROR_SYNTAX,
            "'$%s' is no variable: letters a to z, digits and _ make its name; \\$ is a dollar",
            name);
    return set_lexer_error(
        error, LEXER_ERROR_SYNTAX,
        "'$%s' is no variable: letters a to z, digits and _ make its name; ${%.*s} ends it", name,
        (int)(end - start), start);
}

/* $KEY or ${KEY}; p stands on the dollar. A dollar before anything else is itself. */
static bool variable(Lexer *lx, GError **error)
{
    bool braces = lx->p[1] == '{';
    const char *start = lx->p + (braces ? 2 : 1), *end = start;
    g_autofree char *name = NULL;
    const char *value;

    while (is_name(*end))
        end++;
    if (!braces && is_foreign_letter(end))
        return refuse_letter(start, end, error);
    if (end == start || (braces && *end != '}')) {
        if (braces) {
            name = g_strndup(lx->p, strcspn(lx->p, "\n"));
            return set_lexer_error(error, LEXER_ERROR_SYNTAX,
                                   "'%s' is no variable: ${NAME} is expected", name);
        }
        g_string_append_c(lx->word, *lx->p++);
        return true;
    }
    name = g_strndup(start, (gsize)(end - start));
    value = lx->lookup ? lx->lookup(name, lx->data) : NULL;
    if (!value)
        return set_lexer_error(error, LEXER_ERROR_VARIABLE, "variable '%s' is not set", name);
    g_string_append(lx->word, value);
    lx->p = end + (braces ? 1 : 0);
    return true;
}

/* Of a whole file behind it, the message shows the line. */
static bool open_quote(Lexer *lx, const char *start, GError **error)
{
    g_autofree char *line = g_strndup(start, strcspn(start, "\n"));

    lx->p = start;
    return set_lexer_error(error, LEXER_ERROR_QUOTE, "the quote in '%s' is not closed", line);
}

static bool quoted(Lexer *lx, GError **error)
{
    char quote = *lx->p;
    const char *start = lx->p++;

    lx->in_word = true;
    while (*lx->p && *lx->p != quote) {
        if (quote == '"' && *lx->p == '\\' && lx->p[1] && strchr("\"\\$", lx->p[1])) {
            g_string_append_c(lx->word, lx->p[1]);
            lx->p += 2;
        } else if (quote == '"' && *lx->p == '$') {
            if (!variable(lx, error))
                return false;
        } else {
            g_string_append_c(lx->word, *lx->p++);
        }
    }
    if (!*lx->p)
        return open_quote(lx, start, error);
    lx->p++;
    return true;
}

static void end_word(Lexer *lx, GPtrArray *words)
{
    if (lx->in_word)
        g_ptr_array_add(words, g_strdup(lx->word->str));
    g_string_truncate(lx->word, 0);
    lx->in_word = false;
}

/* 0 is the rest of a character, or of none. */
static bool is_unseen(gunichar c)
{
    if (c < 0x80)
        return (c > 0 && c < 0x20) || c == 0x7f;
    return g_unichar_isspace(c) || g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT;
}

/* What nobody can see would make one word of two, or another word. */
static bool check_plain(const char *p, GError **error)
{
    gunichar c = *p & 0x80 ? character(p) : (guchar)*p;

    return !is_unseen(c) ||
           set_lexer_error(
               error, LEXER_ERROR_SYNTAX,
               "the character U+%04X can't be seen: it may stand in quotes or a comment; a blank "
               "separates words",
               c);
}

static bool plain(Lexer *lx, GError **error)
{
    lx->in_word = true;
    if (*lx->p == '$')
        return variable(lx, error);
    if (*lx->p == '\\' && lx->p[1])
        lx->p++;
    else if (!check_plain(lx->p, error))
        return false;
    g_string_append_c(lx->word, *lx->p++);
    return true;
}

static bool words_of_command(Lexer *lx, GPtrArray *words, GError **error)
{
    while (*lx->p && *lx->p != ';' && *lx->p != '\n') {
        if (*lx->p == '#' && !lx->in_word) {
            lx->p += strcspn(lx->p, "\n");
        } else if (g_ascii_isspace(*lx->p)) {
            end_word(lx, words);
            lx->p++;
        } else if (*lx->p == '\'' || *lx->p == '"') {
            if (!quoted(lx, error))
                return false;
        } else if (!plain(lx, error)) {
            return false;
        }
    }
    end_word(lx, words);
    if (*lx->p)
        lx->p++;
    return true;
}

char **lexer_next(const char **text, LexerLookup lookup, void *data, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    Lexer lx = {.p = *text, .lookup = lookup, .data = data, .word = g_string_new(NULL)};
    bool ok = words_of_command(&lx, words, error);

    *text = lx.p;
    g_string_free(lx.word, TRUE);
    if (!ok)
        return NULL;
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

bool lexer_is_open(const char *text, size_t size)
{
    char quote = '\0', before = ' ';
    const char *end = text + size;

    for (const char *p = text; p < end; before = *p++) {
        if (*p == '\\' && quote != '\'') {
            if (++p == end || (p + 1 == end && *p == '\n'))
                return true;
        } else if (quote) {
            if (*p == quote)
                quote = '\0';
        } else if (*p == '\'' || *p == '"') {
            quote = *p;
        } else if (*p == '#' && (g_ascii_isspace(before) || before == ';')) {
            while (p + 1 < end && p[1] != '\n')
                p++;
        }
    }
    return quote != '\0';
}
