/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usage-grammar.c: see usage-grammar.h. */
#include "controller/command/usage-grammar.h"

#include "controller/base/units.h"

#include <string.h>

/* More optional parts than any command has. */
#define MAX_SEQUENCES 256

/* Where the word, or with bar the sequence, that begins at p ends: at a blank that is in no bracket
 * and no quotes. */
static const char *item_end(const char *p, bool bar)
{
    int depth = 0;
    bool quoted = false;

    for (; *p; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (*p == '[')
            depth++;
        else if (*p == ']')
            depth--;
        else if (depth == 0 && !quoted && (bar ? g_str_has_prefix(p, " | ") : *p == ' '))
            break;
    }
    return p;
}

size_t usage_key_length(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return n > 0 && text[n] == '=' ? n + 1 : 0;
}

static GPtrArray *new_sequences(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
}

/* Each of `sequences`, with each of `tails` behind it. */
static GPtrArray *combine(const GPtrArray *sequences, const GPtrArray *tails)
{
    GPtrArray *out = new_sequences();

    for (unsigned i = 0; i < sequences->len; i++) {
        for (unsigned j = 0; j < tails->len && out->len < MAX_SEQUENCES; j++) {
            Sequence *s = g_ptr_array_copy(sequences->pdata[i], NULL, NULL);

            g_ptr_array_extend(s, tails->pdata[j], NULL, NULL);
            g_ptr_array_add(out, s);
        }
    }
    return out;
}

/* All sequences of one item. */
static GPtrArray *expand_item(const char *item, GPtrArray *pool)
{
    size_t length = strlen(item);
    bool optional = item[0] == '[' && item[length - 1] == ']';
    g_autofree char *inner = optional ? g_strndup(item + 1, length - 2) : g_strdup(item);
    GPtrArray *out;

    if (optional && usage_key_length(inner) == 0) {
        out = usage_sequences(inner, pool);
        g_ptr_array_add(out, g_ptr_array_new());
        return out;
    }
    out = new_sequences();
    g_ptr_array_add(out, g_ptr_array_new());
    g_ptr_array_add(out->pdata[0], inner);
    g_ptr_array_add(pool, g_steal_pointer(&inner));
    return out;
}

static GPtrArray *expand_sequence(const char *text, GPtrArray *pool)
{
    GPtrArray *out = new_sequences();
    const char *end;

    g_ptr_array_add(out, g_ptr_array_new());
    for (const char *p = text; *p; p = end + strspn(end, " ")) {
        g_autofree char *item = NULL;
        g_autoptr(GPtrArray) tails = NULL, before = out;

        end = item_end(p, false);
        item = g_strndup(p, (gsize)(end - p));
        tails = expand_item(item, pool);
        out = combine(before, tails);
    }
    return out;
}

GPtrArray *usage_sequences(const char *usage, GPtrArray *pool)
{
    GPtrArray *out = new_sequences();
    const char *end;

    for (const char *p = usage; *p; p = *end ? end + strlen(" | ") : end) {
        g_autofree char *text = NULL;
        GPtrArray *sequences;

        end = item_end(p, true);
        text = g_strndup(p, (gsize)(end - p));
        sequences = expand_sequence(text, pool);
        g_ptr_array_extend_and_steal(out, sequences);
    }
    return out;
}

/* --- words --- */

char *usage_next_alternative(const char **p)
{
    const char *start = *p, *end;

    if (!start)
        return NULL;
    end = strchr(start, '|');
    *p = end ? end + 1 : NULL;
    return end ? g_strndup(start, (gsize)(end - start)) : g_strdup(start);
}

bool usage_is_placeholder(const char *alternative)
{
    return !g_ascii_islower(alternative[0]) && !g_ascii_isdigit(alternative[0]);
}

bool usage_is_name(const char *alternative, const char *name)
{
    size_t n = strlen(name);

    return strncmp(alternative, name, n) == 0 && !g_ascii_isupper(alternative[n]);
}

static bool alternative_fits(const char *alternative, const char *arg)
{
    if (!usage_is_placeholder(alternative))
        return strcmp(alternative, arg) == 0;
    if (usage_is_name(alternative, "NINSN"))
        return units_is_insns(arg);
    if (usage_is_name(alternative, "DURATION") || usage_is_name(alternative, "TIME"))
        return g_ascii_isdigit(arg[0]) && !units_is_insns(arg);
    return true;
}

bool usage_word_fits(const char *word, const char *arg)
{
    for (char *a; (a = usage_next_alternative(&word)); g_free(a)) {
        if (alternative_fits(a, arg)) {
            g_free(a);
            return true;
        }
    }
    return false;
}
