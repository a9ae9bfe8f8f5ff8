/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usage.c: which of a usage's sequences the arguments fit: what comes next, or what does not fit. */
#include "controller/command/usage.h"

#include "controller/base/near.h"
#include "controller/command/usage-grammar.h"

#include <string.h>

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
    if (usage_is_name(a, "FILE") || usage_is_name(a, "DIR") || usage_is_name(a, "PATH"))
        add_hint(hints, USAGE_FILE, NULL, 0);
    else if (usage_is_name(a, "NODE"))
        add_hint(hints, strstr(a, ".CPU") ? USAGE_CPU : USAGE_NODE, NULL, 0);
    else if (usage_is_name(a, "HOST"))
        add_hint(hints, USAGE_HOST, NULL, 0);
    else if (usage_is_name(a, "DEFAULT"))
        add_hint(hints, USAGE_DEFAULT, NULL, 0);
    else if (usage_is_name(a, "COMMAND"))
        add_hint(hints, USAGE_COMMAND, NULL, at);
    else if (usage_is_name(a, "REG") || usage_is_name(a, "REGISTER"))
        add_hint(hints, USAGE_REGISTER, NULL, node);
}

/* The alternatives of text, of which `skip` was typed already. A single one is an example. */
static void hint_alternatives(GPtrArray *hints, const char *text, const char *skip, bool values,
                              unsigned at, unsigned node)
{
    bool several = strchr(text, '|') != NULL;
    size_t n = strlen(skip);

    for (char *a; (a = usage_next_alternative(&text)); g_free(a)) {
        if (g_ascii_isupper(a[0]))
            hint_placeholder(hints, n == 0 ? a : "", at, node);
        else if (!usage_is_placeholder(a) || values) {
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
    size_t length = usage_key_length(word);
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
    size_t length = usage_key_length(arg);

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
        bool command = usage_is_name(word, "COMMAND");

        while (at < m->n_args && is_key(s, m->args[at]))
            at++;
        if (usage_key_length(word) > 0) {
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
        if (!usage_word_fits(word, m->args[at]))
            return;
        if (usage_is_name(word, "NODE"))
            node = at;
        at++;
    }
}

GPtrArray *usage_hints(const char *usage, char **args, unsigned n_args, const char *head)
{
    g_autoptr(GPtrArray) pool = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) sequences = usage_sequences(usage, pool);
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

    for (char *a; (a = usage_next_alternative(&values)); g_free(a))
        list = list && !usage_is_placeholder(a) && !strchr(a, '=') && !strstr(a, "…");
    return list;
}

/* The sequence's word for the key of an argument; NULL: it has none. */
static const char *key_word(const Sequence *s, const char *arg)
{
    size_t length = usage_key_length(arg);

    for (unsigned i = 0; length > 0 && i < s->len; i++)
        if (strncmp(s->pdata[i], arg, length) == 0)
            return s->pdata[i];
    return NULL;
}

static bool key_fits(const char *word, const char *arg)
{
    size_t length = usage_key_length(arg);

    return !is_list(word + length) || usage_word_fits(word + length, arg + length);
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
        if (!word || usage_key_length(word) > 0)
            continue;
        if (at == n_args || !usage_word_fits(word, args[at])) {
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

        for (char *a; (a = usage_next_alternative(&text));)
            g_ptr_array_add(names, a);
    }
    g_ptr_array_add(names, NULL);
    best = near_best(word, (const char *const *)names->pdata);
    return best ? g_strdup_printf("; did you mean '%s%s'?", best, strchr(arg, '=') ? "=" : "")
                : g_strdup("");
}

/* True for a command whose text, pattern or command is one argument. */
static bool takes_text(const char *usage)
{
    static const char *const texts[] = {"TEXT", "REGEX", "'JSON'", "COMMAND EVERY"};

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
        if (strstr(usage, texts[i]))
            return true;
    return false;
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

        g_ptr_array_add(values, (char *)m->key + usage_key_length(m->key));
        list = alternatives(values);
        hint = meant("", values, arg + usage_key_length(arg));
        return g_strdup_printf("'%s': %s is expected%s", arg, list, hint);
    }
    hint = meant(usage, m->expected, arg);
    if (!*hint && m->at > 0 && takes_text(usage)) {
        g_free(hint);
        hint = g_strdup("; a text with spaces in it needs quotes");
    }
    return *expected ? g_strdup_printf("'%s' is no %s%s", arg, expected, hint)
                     : g_strdup_printf("'%s' is too much%s", arg, hint);
}

char *usage_complaint(const char *usage, char **args, unsigned n_args)
{
    g_autoptr(GPtrArray) pool = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) sequences = usage_sequences(usage, pool);
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
    g_autoptr(GPtrArray) sequences = usage_sequences(usage, pool);
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < sequences->len; i++) {
        const Sequence *s = sequences->pdata[i];

        for (unsigned j = 0; j < s->len; j++) {
            size_t length = usage_key_length(s->pdata[j]);
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
    g_autoptr(GPtrArray) sequences = usage_sequences(usage, pool);
    unsigned first = G_MAXUINT;

    for (unsigned i = 0; i < sequences->len; i++) {
        const Sequence *s = sequences->pdata[i];
        unsigned n = 0;

        while (n < s->len && usage_key_length(s->pdata[n]) == 0)
            n++;
        if (n < s->len)
            first = MIN(first, n);
    }
    return first;
}
