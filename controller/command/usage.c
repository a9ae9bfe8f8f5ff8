/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage.c: the usage is spelt out into all sequences without optional parts; those that the
 * arguments fit say what comes next. Optional keys may be many, so they stay in a sequence as marks
 * that take no place.
 */
#include "controller/command/usage.h"

#include "controller/base/near.h"
#include "controller/base/units.h"

#include <stdbool.h>
#include <string.h>

/* More optional parts than any command has. */
#define MAX_SEQUENCES 256

typedef GPtrArray Sequence; /* of char *, not owned */

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

/* Length of "key=" at the start of text, or 0. */
static size_t key_length(const char *text)
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

static GPtrArray *expand(const char *usage, GPtrArray *pool);

/* All sequences of one item. */
static GPtrArray *expand_item(const char *item, GPtrArray *pool)
{
    size_t length = strlen(item);
    bool optional = item[0] == '[' && item[length - 1] == ']';
    g_autofree char *inner = optional ? g_strndup(item + 1, length - 2) : g_strdup(item);
    GPtrArray *out;

    if (optional && key_length(inner) == 0) {
        out = expand(inner, pool);
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

/* All sequences that usage stands for; pool owns their words. */
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

/* --- words --- */

/* The next alternative of a word; NULL behind the last. Free with g_free(). */
static char *next_alternative(const char **p)
{
    const char *start = *p, *end;

    if (!start)
        return NULL;
    end = strchr(start, '|');
    *p = end ? end + 1 : NULL;
    return end ? g_strndup(start, (gsize)(end - start)) : g_strdup(start);
}

static bool is_placeholder(const char *alternative)
{
    return !g_ascii_islower(alternative[0]) && !g_ascii_isdigit(alternative[0]);
}

static bool is_name(const char *alternative, const char *name)
{
    size_t n = strlen(name);

    return strncmp(alternative, name, n) == 0 && !g_ascii_isupper(alternative[n]);
}

static bool alternative_fits(const char *alternative, const char *arg)
{
    if (!is_placeholder(alternative))
        return strcmp(alternative, arg) == 0;
    if (is_name(alternative, "NINSN"))
        return units_is_insns(arg);
    if (is_name(alternative, "DURATION") || is_name(alternative, "TIME"))
        return g_ascii_isdigit(arg[0]) && !units_is_insns(arg);
    return true;
}

static bool word_fits(const char *word, const char *arg)
{
    for (char *a; (a = next_alternative(&word)); g_free(a)) {
        if (alternative_fits(a, arg)) {
            g_free(a);
            return true;
        }
    }
    return false;
}

/* --- hints --- */

static void hint_free(void *data)
{
    UsageHint *h = data;

    g_free(h->text);
    g_free(h);
}

static void add_hint(GPtrArray *hints, UsageKind kind, const char *text, unsigned from)
{
    UsageHint *h;

    for (unsigned i = 0; i < hints->len; i++) {
        h = hints->pdata[i];
        if (h->kind == kind && h->from == from && g_strcmp0(h->text, text) == 0)
            return;
    }
    h = g_new0(UsageHint, 1);
    *h = (UsageHint){kind, g_strdup(text), from};
    g_ptr_array_add(hints, h);
}

static void hint_placeholder(GPtrArray *hints, const char *a, unsigned at, unsigned node)
{
    if (is_name(a, "FILE") || is_name(a, "DIR") || is_name(a, "PATH"))
        add_hint(hints, USAGE_FILE, NULL, 0);
    else if (is_name(a, "NODE"))
        add_hint(hints, strstr(a, ".CPU") ? USAGE_CPU : USAGE_NODE, NULL, 0);
    else if (is_name(a, "HOST"))
        add_hint(hints, USAGE_HOST, NULL, 0);
    else if (is_name(a, "COMMAND"))
        add_hint(hints, USAGE_COMMAND, NULL, at);
    else if (is_name(a, "REG") || is_name(a, "REGISTER"))
        add_hint(hints, USAGE_REGISTER, NULL, node);
}

/* The alternatives of text, of which `skip` was typed already. A single one is an example. */
static void hint_alternatives(GPtrArray *hints, const char *text, const char *skip, bool values,
                              unsigned at, unsigned node)
{
    bool several = strchr(text, '|') != NULL;
    size_t n = strlen(skip);

    for (char *a; (a = next_alternative(&text)); g_free(a)) {
        if (g_ascii_isupper(a[0]))
            hint_placeholder(hints, n == 0 ? a : "", at, node);
        else if (!is_placeholder(a) || values) {
            if ((several || !values) && strncmp(a, skip, n) == 0 && a[n])
                add_hint(hints, USAGE_WORD, a + n, 0);
        }
    }
}

/* --- matching --- */

typedef struct {
    char **args;
    unsigned n_args;
    const char *head;
    GPtrArray *hints;
} Match;

static bool has_key(const Match *m, const char *key, size_t length)
{
    for (unsigned i = 0; i < m->n_args; i++)
        if (strncmp(m->args[i], key, length) == 0)
            return true;
    return false;
}

static void hint_key(const Match *m, const char *word)
{
    size_t length = key_length(word);
    g_autofree char *key = g_strndup(word, length);

    if (has_key(m, word, length))
        return;
    if (m->head[0] == '\0')
        add_hint(m->hints, USAGE_WORD, key, 0);
    else if (strncmp(m->head, key, length) == 0)
        hint_alternatives(m->hints, word + length, m->head + length, true, 0, 0);
}

/* True if the argument is one of the sequence's keys. */
static bool is_key(const Sequence *s, const char *arg)
{
    size_t length = key_length(arg);

    for (unsigned i = 0; length > 0 && i < s->len; i++)
        if (strncmp(s->pdata[i], arg, length) == 0)
            return true;
    return false;
}

/* Walks the words along the arguments; behind the last argument come hints. */
static void match(const Match *m, const Sequence *s)
{
    unsigned at = 0, node = 0;

    for (unsigned i = 0; i < s->len; i++) {
        const char *word = s->pdata[i];
        bool command = is_name(word, "COMMAND");

        while (at < m->n_args && is_key(s, m->args[at]))
            at++;
        if (key_length(word) > 0) {
            if (at == m->n_args)
                hint_key(m, word);
            continue;
        }
        if (at == m->n_args) {
            if (m->head[0] == '\0')
                hint_alternatives(m->hints, word, "", false, at, node);
            return;
        }
        if (command && at + 1 == m->n_args && m->head[0] == '\0')
            add_hint(m->hints, USAGE_COMMAND, NULL, at); /* its second word */
        if (!word_fits(word, m->args[at]))
            return;
        if (is_name(word, "NODE"))
            node = at;
        at++;
    }
}

GPtrArray *usage_hints(const char *usage, char **args, unsigned n_args, const char *head)
{
    g_autoptr(GPtrArray) pool = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) sequences = expand(usage, pool);
    Match m = {args, n_args, head, g_ptr_array_new_with_free_func(hint_free)};

    for (unsigned i = 0; i < sequences->len; i++)
        match(&m, sequences->pdata[i]);
    return m.hints;
}

/* --- what does not fit --- */

/* Of the sequences that the arguments follow farthest: how far, and what they expect there. */
typedef struct {
    unsigned at;
    GPtrArray *expected; /* words, not owned */
    const char *key;     /* the argument's own key, whose value does not fit */
} Misfit;

/* The values of a key, if they are listed; an example or a placeholder stands for any. */
static bool is_list(const char *values)
{
    bool several = strchr(values, '|') != NULL, list = several;

    for (char *a; (a = next_alternative(&values)); g_free(a))
        list = list && !is_placeholder(a) && !strchr(a, '=') && !strstr(a, "…");
    return list;
}

/* The sequence's word for the key of an argument; NULL: it has none. */
static const char *key_word(const Sequence *s, const char *arg)
{
    size_t length = key_length(arg);

    for (unsigned i = 0; length > 0 && i < s->len; i++)
        if (strncmp(s->pdata[i], arg, length) == 0)
            return s->pdata[i];
    return NULL;
}

static bool key_fits(const char *word, const char *arg)
{
    size_t length = key_length(arg);

    return !is_list(word + length) || word_fits(word + length, arg + length);
}

static void note_misfit(Misfit *m, unsigned at, const char *word, const char *key)
{
    if (at < m->at)
        return;
    if (at > m->at)
        g_ptr_array_set_size(m->expected, 0);
    m->at = at;
    m->key = key;
    if (word && !g_ptr_array_find_with_equal_func(m->expected, word, g_str_equal, NULL))
        g_ptr_array_add(m->expected, (char *)word);
}

/* True if the arguments fit the sequence. */
static bool fit(Misfit *m, const Sequence *s, char **args, unsigned n_args)
{
    unsigned at = 0;

    for (unsigned i = 0; i <= s->len; i++) {
        const char *word = i < s->len ? s->pdata[i] : NULL;
        const char *key;

        for (; at < n_args && (key = key_word(s, args[at])); at++) {
            if (!key_fits(key, args[at])) {
                note_misfit(m, at, NULL, key);
                return false;
            }
        }
        if (!word || key_length(word) > 0)
            continue;
        if (at == n_args || !word_fits(word, args[at])) {
            note_misfit(m, at, word, NULL);
            return false;
        }
        at++;
    }
    if (at < n_args)
        note_misfit(m, at, NULL, NULL);
    return at == n_args;
}

/* "DURATION or NINSN". */
static char *alternatives(const GPtrArray *words)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < words->len; i++) {
        g_auto(GStrv) each = g_strsplit(words->pdata[i], "|", -1);

        for (char **a = each; *a; a++)
            g_string_append_printf(text, "%s%s", text->len ? " or " : "", *a);
    }
    return g_string_free(text, FALSE);
}

/* What an argument that fits nowhere was meant to be, among keys and literals; "" if nothing. */
static char *meant(const char *usage, const GPtrArray *expected, const char *arg)
{
    g_autoptr(GPtrArray) words = usage_keys(usage);
    g_autofree char *word = g_strndup(arg, strcspn(arg, "="));
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *best;

    for (unsigned i = 0; strchr(arg, '=') && i < words->len; i++)
        g_ptr_array_add(names, g_strdup(words->pdata[i]));
    for (unsigned i = 0; i < expected->len; i++) {
        const char *text = expected->pdata[i];

        for (char *a; (a = next_alternative(&text));)
            g_ptr_array_add(names, a);
    }
    g_ptr_array_add(names, NULL);
    best = near_best(word, (const char *const *)names->pdata);
    return best ? g_strdup_printf("; did you mean '%s%s'?", best, strchr(arg, '=') ? "=" : "")
                : g_strdup("");
}

static char *complain(const char *usage, const Misfit *m, char **args, unsigned n_args)
{
    g_autofree char *expected = alternatives(m->expected), *hint = NULL;
    const char *arg = m->at < n_args ? args[m->at] : NULL;

    if (!arg)
        return g_strdup_printf("%s is missing", expected);
    if (m->key) {
        g_autoptr(GPtrArray) values = g_ptr_array_new();
        g_autofree char *list = NULL;

        g_ptr_array_add(values, (char *)m->key + key_length(m->key));
        list = alternatives(values);
        hint = meant("", values, arg + key_length(arg));
        return g_strdup_printf("'%s': %s is expected%s", arg, list, hint);
    }
    hint = meant(usage, m->expected, arg);
    return *expected ? g_strdup_printf("'%s' is no %s%s", arg, expected, hint)
                     : g_strdup_printf("'%s' is too much%s", arg, hint);
}

char *usage_complaint(const char *usage, char **args, unsigned n_args)
{
    g_autoptr(GPtrArray) pool = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) sequences = expand(usage, pool);
    g_autoptr(GPtrArray) expected = g_ptr_array_new();
    Misfit m = {.expected = expected};

    if (sequences->len == 0) /* an empty usage */
        return n_args > 0 ? g_strdup_printf("'%s' is too much", args[0]) : NULL;
    for (unsigned i = 0; i < sequences->len; i++)
        if (fit(&m, sequences->pdata[i], args, n_args))
            return NULL;
    return complain(usage, &m, args, n_args);
}

GPtrArray *usage_keys(const char *usage)
{
    g_autoptr(GPtrArray) pool = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) sequences = expand(usage, pool);
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < sequences->len; i++) {
        const Sequence *s = sequences->pdata[i];

        for (unsigned j = 0; j < s->len; j++) {
            size_t length = key_length(s->pdata[j]);
            g_autofree char *key = g_strndup(s->pdata[j], length > 0 ? length - 1 : 0);

            if (length > 0 && !g_ptr_array_find_with_equal_func(keys, key, g_str_equal, NULL))
                g_ptr_array_add(keys, g_steal_pointer(&key));
        }
    }
    return keys;
}

unsigned usage_first_key(const char *usage)
{
    g_autoptr(GPtrArray) pool = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) sequences = expand(usage, pool);
    unsigned first = G_MAXUINT;

    for (unsigned i = 0; i < sequences->len; i++) {
        const Sequence *s = sequences->pdata[i];
        unsigned n = 0;

        while (n < s->len && key_length(s->pdata[n]) == 0)
            n++;
        if (n < s->len)
            first = MIN(first, n);
    }
    return first;
}
