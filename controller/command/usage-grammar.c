/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usage-grammar.c: see usage-grammar.h. */
#include "controller/command/usage-grammar.h"

#include "controller/base/units.h"
#include "controller/session/checking.h"

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

static GPtrArray *expand(const char *usage, GPtrArray *pool);

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

/* "NODE" of "NODE[.CPU]", "JSON" of "'JSON'", "off". */
static char *name_of(const char *kind)
{
    const char *letters = kind + (*kind == '\'');

    return g_ascii_isupper(*letters) ? g_strndup(letters, strspn(letters, G_CSET_A_2_Z))
                                     : g_strdup(letters);
}

/* Takes over text. */
static UsageWord *new_word(char *text, bool optional)
{
    size_t key = usage_key_length(text);
    const char *rest = text + key;
    g_autoptr(GPtrArray) kinds = g_ptr_array_new(), names = g_ptr_array_new();
    UsageWord *w = g_new(UsageWord, 1);

    for (char *kind; (kind = usage_next_alternative(&rest));) {
        g_ptr_array_add(kinds, kind);
        g_ptr_array_add(names, name_of(kind));
    }
    g_ptr_array_add(kinds, NULL);
    g_ptr_array_add(names, NULL);
    *w = (UsageWord){
        .text = text,
        .key = key > 0 ? g_strndup(text, key - 1) : NULL,
        .values = text + key,
        .optional = optional,
        .kinds = (char **)g_ptr_array_steal(kinds, NULL),
        .names = (char **)g_ptr_array_steal(names, NULL),
        .takes_rest =
            usage_is_name(text, "EXPR") || (g_ascii_isupper(*text) && g_str_has_suffix(text, "…")),
    };
    return w;
}

static void free_word(void *data)
{
    UsageWord *w = data;

    g_free(w->text);
    g_free(w->key);
    g_strfreev(w->kinds);
    g_strfreev(w->names);
    g_free(w);
}

/* All sequences of one item. */
static GPtrArray *expand_item(const char *item, GPtrArray *pool)
{
    size_t length = strlen(item);
    bool optional = item[0] == '[' && item[length - 1] == ']';
    g_autofree char *inner = optional ? g_strndup(item + 1, length - 2) : g_strdup(item);
    UsageWord *word;
    GPtrArray *out;

    if (optional && usage_key_length(inner) == 0) {
        out = expand(inner, pool);
        g_ptr_array_add(out, g_ptr_array_new());
        return out;
    }
    out = new_sequences();
    g_ptr_array_add(out, g_ptr_array_new());
    word = new_word(g_steal_pointer(&inner), optional);
    g_ptr_array_add(out->pdata[0], word);
    g_ptr_array_add(pool, word);
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

static GPtrArray *expand(const char *usage, GPtrArray *pool)
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

UsageGrammar *usage_read(const char *usage)
{
    UsageGrammar *g = g_new(UsageGrammar, 1);

    *g = (UsageGrammar){usage, g_ptr_array_new_with_free_func(free_word), NULL, G_MAXUINT};
    g->sequences = expand(usage, g->words);
    for (unsigned i = 0; i < g->sequences->len; i++) {
        const Sequence *s = g->sequences->pdata[i];

        for (unsigned n = 0; n < s->len && n < g->first_key; n++)
            if (((const UsageWord *)s->pdata[n])->key)
                g->first_key = n;
    }
    return g;
}

void usage_free(UsageGrammar *g)
{
    g_ptr_array_unref(g->sequences);
    g_ptr_array_unref(g->words);
    g_free(g);
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

/* True for what is read as a node, a time or a number; every other placeholder may be any text. */
static bool is_typed(const char *alternative)
{
    static const char *const names[] = {"NODE", "END", "DURATION", "TIME", "EVERY", "NINSN",
                                        "N",    "M",   "LEN",      "ADDR", "BYTES"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (usage_is_name(alternative, names[i]))
            return true;
    return false;
}

/* Whether the argument could be meant so; whether it is right is seen when it is read (args.c).
 * What only the run knows could be meant in every way. */
static bool placeholder_fits(const char *alternative, const char *arg)
{
    if (!is_typed(alternative) || strstr(arg, CHECKING_UNKNOWN))
        return true;
    if (strchr(arg, '=')) /* a key that stands too early */
        return false;
    if (usage_is_name(alternative, "NINSN"))
        return units_is_insns(arg);
    if (usage_is_name(alternative, "DURATION") || usage_is_name(alternative, "TIME"))
        return !units_is_insns(arg);
    if (usage_is_name(alternative, "NODE")) /* or it is a number that may follow one */
        return *arg && !strchr("+-0123456789", *arg);
    return true;
}

int usage_word_fit(const UsageWord *word, const char *arg)
{
    for (int i = 0; word->kinds[i]; i++)
        if (strcmp(word->kinds[i], arg) == 0 && !usage_is_placeholder(arg))
            return i;
    for (int i = 0; word->kinds[i]; i++)
        if (usage_is_placeholder(word->kinds[i]) && placeholder_fits(word->kinds[i], arg))
            return i;
    return -1;
}
