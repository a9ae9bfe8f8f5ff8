/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usage.c: which of a usage's sequences the arguments fit: what comes next, or what does not fit. */
#include "controller/command/usage.h"

#include "controller/base/suggest.h"

#include <string.h>

/* --- which sequences are meant --- */

/* Whether the sequence begins with this very word. */
static bool begins_with(const Sequence *s, const char *arg)
{
    const UsageWord *word = s->len > 0 ? s->pdata[0] : NULL;
    int kind = word && !word->key ? usage_word_fit(word, arg) : -1;

    return kind >= 0 && !usage_is_placeholder(word->kinds[kind]);
}

/* Whether one of the sequences begins with this very word: then all others are out. */
static bool is_literal(const GPtrArray *sequences, const char *arg)
{
    for (unsigned i = 0; i < sequences->len; i++)
        if (begins_with(sequences->pdata[i], arg))
            return true;
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
    if (usage_is_name(a, "FILE") || usage_is_name(a, "DIR") || usage_is_name(a, "PATH"))
        add_hint(hints, USAGE_FILE, NULL, 0);
    else if (usage_is_name(a, "NODE") || usage_is_name(a, "END"))
        add_hint(hints, strstr(a, ".CPU") ? USAGE_CPU : USAGE_NODE, NULL, 0);
    else if (usage_is_name(a, "HOST"))
        add_hint(hints, USAGE_HOST, NULL, 0);
    else if (usage_is_name(a, "DEFAULT"))
        add_hint(hints, USAGE_DEFAULT, NULL, 0);
    else if (usage_is_name(a, "SAVE"))
        add_hint(hints, USAGE_SAVE, NULL, 0);
    else if (usage_is_name(a, "COMMAND"))
        add_hint(hints, USAGE_COMMAND, NULL, at);
    else if (usage_is_name(a, "REG") || usage_is_name(a, "REGISTER"))
        add_hint(hints, USAGE_REGISTER, NULL, node);
    else if (usage_is_name(a, "ADDR"))
        add_hint(hints, USAGE_SYMBOL, NULL, node);
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

/* True if one of the arguments is this key. */
static bool has_key(char **args, unsigned n_args, const UsageWord *word)
{
    for (unsigned i = 0; i < n_args; i++)
        if (strncmp(args[i], word->text, strlen(word->key) + 1) == 0)
            return true;
    return false;
}

static void hint_key(const Match *m, const UsageWord *word)
{
    g_autofree char *key = g_strconcat(word->key, "=", NULL);
    size_t length = strlen(key);

    if (has_key(m->args, m->n_args, word))
        return;
    if (m->head[0] == '\0')
        add_hint(m->hints, USAGE_WORD, key, 0);
    else if (strncmp(m->head, key, length) == 0)
        hint_alternatives(m->hints, word->values, m->head + length, true, 0, 0);
}

/* The sequence's word for the key of an argument; NULL: it has none. */
static const UsageWord *key_word(const Sequence *s, const char *arg)
{
    size_t length = usage_key_length(arg);

    for (unsigned i = 0; length > 0 && i < s->len; i++) {
        const UsageWord *word = s->pdata[i];

        if (strncmp(word->text, arg, length) == 0)
            return word;
    }
    return NULL;
}

/* The first argument from `at` on that is one of the sequence's keys, or n_args. */
static unsigned next_key(const Sequence *s, char **args, unsigned n_args, unsigned at)
{
    while (at < n_args && !key_word(s, args[at]))
        at++;
    return at;
}

/* Which argument is behind those that word `i`, which takes all, begins with argument `at`. */
static unsigned rest_end(const Sequence *s, unsigned i, char **args, unsigned n_args, unsigned at)
{
    const UsageWord *word = s->pdata[i], *next = i + 1 < s->len ? s->pdata[i + 1] : NULL;

    if (!next && !usage_is_name(word->text, "EXPR"))
        return next_key(s, args, n_args, at + 1);
    if (!next || next->key || usage_is_placeholder(next->text))
        return n_args;
    for (at++; at < n_args; at++)
        if (usage_word_fit(next, args[at]) >= 0)
            return at;
    return n_args;
}

/* Walks the words along the arguments; behind the last argument come hints. */
static void match(const Match *m, const Sequence *s)
{
    unsigned at = 0, node = 0;

    for (unsigned i = 0; i < s->len; i++) {
        const UsageWord *w = s->pdata[i];
        const char *word = w->text;
        bool command = usage_is_name(word, "COMMAND");

        while (at < m->n_args && key_word(s, m->args[at]))
            at++;
        if (w->key) {
            if (at == m->n_args)
                hint_key(m, w);
            continue;
        }
        if (at == m->n_args) {
            if (m->head[0] == '\0')
                hint_alternatives(m->hints, word, "", false, at, node);
            return;
        }
        if (command && at + 1 == m->n_args && m->head[0] == '\0')
            add_hint(m->hints, USAGE_COMMAND, NULL, at); /* its second word */
        if (usage_word_fit(w, m->args[at]) < 0)
            return;
        if (usage_is_name(word, "NODE"))
            node = at;
        at = w->takes_rest && i + 1 < s->len ? rest_end(s, i, m->args, m->n_args, at) : at + 1;
    }
}

GPtrArray *usage_hints(const char *usage, char **args, unsigned n_args, const char *head)
{
    g_autoptr(UsageGrammar) g = usage_read(usage);
    Match m = {args, n_args, head, g_ptr_array_new_with_free_func(hint_free)};

    bool literal = n_args > 0 && is_literal(g->sequences, args[0]);

    for (unsigned i = 0; i < g->sequences->len; i++)
        if (!literal || begins_with(g->sequences->pdata[i], args[0]))
            match(&m, g->sequences->pdata[i]);
    return m.hints;
}

/* --- what does not fit --- */

/* Of the sequences that the arguments follow farthest: how far, and what they expect there. */
typedef struct {
    unsigned at;
    GPtrArray *expected;  /* words, not owned */
    const UsageWord *key; /* the argument's own, whose value does not fit */
} Misfit;

/* Whether the values of a key are listed; an example or a placeholder stands for any. */
static bool is_list(const char *values)
{
    bool several = strchr(values, '|') != NULL, list = several;

    for (char *a; (a = usage_next_alternative(&values)); g_free(a))
        list = list && g_ascii_islower(*a) && !strchr(a, '=');
    return list;
}

static void note_misfit(Misfit *m, unsigned at, const UsageWord *word, const UsageWord *key)
{
    if (at < m->at)
        return;
    if (at > m->at)
        g_ptr_array_set_size(m->expected, 0);
    m->key = at > m->at || key ? key : m->key;
    m->at = at;
    if (word && !g_ptr_array_find_with_equal_func(m->expected, word->text, g_str_equal, NULL))
        g_ptr_array_add(m->expected, word->text);
}

/* kind: which of the word's alternatives. text: of a key, what is behind it. */
static void bind(UsageArgs *out, const UsageWord *word, int kind, const char *text)
{
    if (!out)
        return;
    g_assert(out->n < USAGE_MAX_ARGS);
    out->n_literals += !word->key && !usage_is_placeholder(word->kinds[kind]);
    out->all[out->n++] = (UsageArg){word->key ? word->key : word->names[kind], word->values,
                                    word->kinds[kind], text};
}

static bool bind_key(UsageArgs *out, const UsageWord *word, const char *value)
{
    int kind = usage_word_fit(word, value);

    if (kind < 0 && is_list(word->values))
        return false;
    bind(out, word, MAX(kind, 0), value);
    return true;
}

/* The arguments, and how they are to be looked at. */
typedef struct {
    char **args;
    unsigned n_args, first_key;
    bool open;
} Line;

/* The word of which argument `at` is a key; NULL: it is none. */
static const UsageWord *key_at(const Line *l, const Sequence *s, unsigned at)
{
    bool possible = !l->open && at >= l->first_key && at < l->n_args;

    return possible ? key_word(s, l->args[at]) : NULL;
}

/* True if the arguments fit the sequence. */
static bool fit(Misfit *m, const Sequence *s, const Line *l, UsageArgs *out)
{
    unsigned at = 0;

    for (unsigned i = 0; i <= s->len; i++) {
        const UsageWord *word = i < s->len ? s->pdata[i] : NULL;
        int kind;

        for (const UsageWord *key; (key = key_at(l, s, at)); at++) {
            if (!bind_key(out, key, l->args[at] + strlen(key->key) + 1)) {
                note_misfit(m, at, NULL, key);
                return false;
            }
        }
        if (i == s->len || word->key)
            continue;
        kind = at < l->n_args ? usage_word_fit(word, l->args[at]) : -1;
        if (kind < 0) {
            note_misfit(m, at, word, NULL);
            return false;
        }
        bind(out, word, kind, l->args[at]);
        at = word->takes_rest ? rest_end(s, i, l->args, l->n_args, at) : at + 1;
        if (at < l->n_args && i + 1 == s->len && usage_is_name(word->text, "COMMAND"))
            at++;
    }
    if (l->open)
        return true;
    if (at < l->n_args) {
        note_misfit(m, at, NULL, NULL);
        return false;
    }
    for (unsigned i = 0; i < s->len; i++) {
        const UsageWord *word = s->pdata[i];

        if (!word->key || word->optional ||
            has_key(l->args + l->first_key, l->n_args - l->first_key, word))
            continue;
        note_misfit(m, l->n_args, word, NULL);
        return false;
    }
    return true;
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
    best = suggest_best(word, (const char *const *)names->pdata);
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

/* How what is expected is written. */
static const char *form_of(const GPtrArray *expected)
{
    static const struct {
        const char *kind, *form;
    } forms[] = {{"NINSN", "; instructions are written as 1000insn"},
                 {"TIME", "; a time is written as 1ms"},
                 {"DURATION", "; a time is written as 1ms"},
                 {"NODE", "; a node's name begins with a letter"}};

    for (unsigned f = 0; f < G_N_ELEMENTS(forms); f++) {
        for (unsigned i = 0; i < expected->len; i++) {
            const char *text = expected->pdata[i];
            bool found = false;

            for (char *a; (a = usage_next_alternative(&text)); g_free(a))
                found = found || usage_is_name(a, forms[f].kind);
            if (found)
                return forms[f].form;
        }
    }
    return "";
}

static char *complain(const char *usage, const Misfit *m, const Line *l)
{
    g_autofree char *expected = alternatives(m->expected), *hint = NULL, *arg_key = NULL;
    const char *arg = m->at < l->n_args ? l->args[m->at] : NULL;

    if (!arg)
        return g_strdup_printf("%s is missing", expected);
    arg_key = g_strdup_printf("'%.*s'", (int)usage_key_length(arg), arg);
    if (m->key) {
        g_autoptr(GPtrArray) values = g_ptr_array_new();
        g_autofree char *list = NULL;

        g_ptr_array_add(values, (char *)m->key->values);
        list = alternatives(values);
        hint = meant("", values, arg + usage_key_length(arg));
        return g_strdup_printf("'%s': %s is expected%s", arg, list, hint);
    }
    hint = meant(usage, m->expected, arg);
    if (usage_key_length(arg) > 0 && strstr(hint, arg_key))
        return m->at < l->first_key
                   ? g_strdup_printf("'%s' comes too early: %s comes first", arg, expected)
                   : g_strdup_printf("'%s' does not go with what is before it", arg);
    if (!*hint && m->at > 0 && takes_text(usage)) {
        g_free(hint);
        hint = g_strdup("; a text with spaces in it needs quotes");
    } else if (!*hint) {
        g_free(hint);
        hint = g_strdup(form_of(m->expected));
    }
    if (!*expected && usage_key_length(arg) > 0 && m->at >= l->first_key)
        return g_strdup_printf("'%s' has an unknown key%s", arg, hint);
    return *expected ? g_strdup_printf("'%s' is no %s%s", arg, expected, hint)
                     : g_strdup_printf("'%s' is too much%s", arg, hint);
}

/* A key that is given twice, or >KEY=…: of two values one would be lost without a word. */
static char *complain_twice(const Line *l)
{
    for (unsigned j = l->first_key; j < l->n_args; j++) {
        const char *arg = l->args[j], *key = arg + (*arg == '>' || *arg == '<');
        size_t length = strcspn(arg, "=");

        for (unsigned i = l->first_key; i < j && arg[length]; i++)
            if (strncmp(l->args[i], arg, length + 1) == 0)
                return g_strdup_printf("'%s' and '%s': %.*s= may be given once", l->args[i], arg,
                                       (int)strcspn(key, "="), key);
    }
    return NULL;
}

/* Literals come before placeholders, or no `off` would be found where a FILE or NODE may be, too. */
char *usage_match(const UsageGrammar *g, bool open, char **args, unsigned n_args, UsageArgs *out)
{
    const GPtrArray *sequences = g->sequences;
    g_autoptr(GPtrArray) expected = g_ptr_array_new();
    Line l = {args, n_args, g->first_key, open};
    Misfit m = {.expected = expected};
    bool literal = false, found = false;
    char *twice = complain_twice(&l);

    if (twice)
        return twice;
    if (sequences->len == 0) /* an empty usage */
        return n_args > 0 ? g_strdup_printf("'%s' is too much", args[0]) : NULL;
    literal = n_args > 0 && is_literal(sequences, args[0]);
    for (unsigned i = 0; i < sequences->len; i++) {
        UsageArgs these = {.n = 0};

        if ((literal && !begins_with(sequences->pdata[i], args[0])) ||
            !fit(&m, sequences->pdata[i], &l, out ? &these : NULL))
            continue;
        if (out && (!found || these.n_literals > out->n_literals))
            *out = these;
        found = true;
    }
    return found ? NULL : complain(g->usage, &m, &l);
}

GPtrArray *usage_keys(const char *usage)
{
    g_autoptr(UsageGrammar) g = usage_read(usage);
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < g->sequences->len; i++) {
        const Sequence *s = g->sequences->pdata[i];

        for (unsigned j = 0; j < s->len; j++) {
            const UsageWord *word = s->pdata[j];

            if (word->key && !g_ptr_array_find_with_equal_func(keys, word->key, g_str_equal, NULL))
                g_ptr_array_add(keys, g_strdup(word->key));
        }
    }
    return keys;
}
