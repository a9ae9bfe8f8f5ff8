/* SPDX-License-Identifier: GPL-3.0-or-later */
/* params.c: walks the sequences of a usage (usage-grammar.h) along the parameters. */
#include "controller/serve/params.h"

#include "controller/base/suggest.h"
#include "controller/command/args.h"
#include "controller/serve/param-value.h"

#include <json-c/json.h>
#include <string.h>

const Command *params_command(const char *method)
{
    for (const Command *const *c = command_table(); *c; c++) {
        g_autofree char *name = params_method(*c);

        if (strcmp(name, method) == 0)
            return *c;
    }
    return NULL;
}

char *params_method(const Command *command)
{
    return g_strdelimit(g_strdup(command->name), " ", '.');
}

G_GNUC_PRINTF(2, 3) static void *refuse(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (error && !*error)
        *error = g_error_new_valist(SESSION_ERROR, SESSION_ERROR_USAGE, format, args);
    va_end(args);
    return NULL;
}

/* --- names --- */

static bool is_literal(const char *kind)
{
    return !usage_is_placeholder(kind);
}

/* The one literal that a word (NULL: none) stands for; NULL: it has several, or a placeholder. */
static const char *only_literal(const UsageWord *w)
{
    return w && !w->key && w->kinds[0] && !w->kinds[1] && is_literal(w->kinds[0]) ? w->kinds[0]
                                                                                  : NULL;
}

/* The parameter of this name, however it is written; *given is the name as it was given. */
static json_object *find(json_object *params, const char *name, const char **given)
{
    json_object_object_foreach(params, key, value)
    {
        g_autofree char *plain = g_strdelimit(g_strdup(key), "_", '-');

        if (value && (strcmp(key, name) == 0 || strcmp(plain, name) == 0)) {
            *given = key;
            return value;
        }
    }
    return NULL;
}

static char *name_of(const UsageWord *w, unsigned kind)
{
    return g_ascii_strdown(w->names[kind], -1);
}

/* All names of a usage's parameters, each once. Free with g_ptr_array_unref(). */
static GPtrArray *all_names(const UsageGrammar *g)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < g->words->len; i++) {
        const UsageWord *w = g->words->pdata[i];

        for (unsigned k = 0; w->key ? k == 0 : w->kinds[k] != NULL; k++) {
            char *name = w->key ? g_strdup(w->key) : name_of(w, k);

            if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_free(name);
            else
                g_ptr_array_add(names, name);
        }
    }
    return names;
}

/* --- one sequence --- */

/* How far a sequence was filled. */
typedef struct {
    const Command *command;
    json_object *params;
    GPtrArray *words; /* char * */
    GHashTable *used; /* name as given -> GUINT_TO_POINTER(how many of its values) */
    unsigned literals;
    char *missing; /* the name of what was not given, or NULL */
} Fill;

static unsigned used_of(const Fill *f, const char *given)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(f->used, given));
}

static void use(Fill *f, const char *given, unsigned n)
{
    g_hash_table_insert(f->used, (void *)given, GUINT_TO_POINTER(used_of(f, given) + n));
}

/* `help` takes a command's name, of one word or two. */
static bool takes_all(const UsageWord *w, bool last)
{
    return w->takes_rest || (last && usage_is_name(w->text, "COMMAND"));
}

static bool add_value(Fill *f, const char *given, json_object *value, const UsageWord *w,
                      unsigned kind, bool last, GError **error)
{
    bool list = json_object_is_type(value, json_type_array);
    unsigned n = list ? (unsigned)json_object_array_length(value) : 1, from = used_of(f, given);
    unsigned to = takes_all(w, last) ? n : from + 1;

    if (from >= n)
        return false;
    for (unsigned i = from; i < to; i++) {
        json_object *one = list ? json_object_array_get_idx(value, i) : value;
        char *text = param_value_text(given, one, w->kinds[kind], false, error);

        if (!text)
            return false;
        if (!list && !w->takes_rest && takes_all(w, last)) {
            g_auto(GStrv) both = g_strsplit(text, " ", 2);

            g_free(text);
            for (char **p = both; *p; p++)
                g_ptr_array_add(f->words, g_strdup(*p));
        } else {
            g_ptr_array_add(f->words, text);
        }
    }
    use(f, given, to - from);
    return true;
}

/* A word of the sequence that is no key. pending: the literal before it, whose value it has. */
static bool fill_word(Fill *f, const UsageWord *w, const char *pending, bool last, GError **error)
{
    for (unsigned k = 0; w->kinds[k]; k++) {
        g_autofree char *name = name_of(w, k);
        const char *given = NULL;
        json_object *value = find(f->params, pending ? pending : name, &given);

        if (is_literal(w->kinds[k])) {
            if (pending || !value || !json_object_is_type(value, json_type_boolean) ||
                !json_object_get_boolean(value) || used_of(f, given) > 0)
                continue;
            g_ptr_array_add(f->words, g_strdup(w->kinds[k]));
            use(f, given, 1);
            f->literals++;
            return true;
        }
        if (value && add_value(f, given, value, w, k, last, error))
            return true;
    }
    g_free(f->missing);
    f->missing = name_of(w, 0);
    return false;
}

/* Whether a placeholder's own parameter is there, so that the literal before it goes without
 * saying. */
static bool is_given(const Fill *f, const UsageWord *w)
{
    g_autofree char *name = w && !w->key && !only_literal(w) ? name_of(w, 0) : NULL;
    const char *given;

    return name && find(f->params, name, &given);
}

/* A literal that stands alone. *pending: if it has the value of the word behind it. */
static bool fill_literal(Fill *f, const char *literal, const UsageWord *next, bool first,
                         const char **pending)
{
    const char *given = NULL;
    json_object *value = find(f->params, literal, &given);
    bool flag = value && json_object_is_type(value, json_type_boolean);

    if (flag && json_object_get_boolean(value)) {
        use(f, given, 1);
    } else if (value && !flag && next && !next->key && !only_literal(next)) {
        *pending = literal;
    } else if (flag || value || first || !is_given(f, next)) {
        g_free(f->missing);
        f->missing = g_strdup(literal);
        return false;
    }
    g_ptr_array_add(f->words, g_strdup(literal));
    f->literals++;
    return true;
}

static bool add_key(Fill *f, const char *key, const char *given, json_object *value,
                    const char *kind, GError **error)
{
    g_autofree char *text = param_value_text(given, value, kind, true, error);

    if (!text)
        return false;
    g_ptr_array_add(f->words, g_strconcat(key, "=", text, NULL));
    use(f, given, 1);
    return true;
}

static bool fill_key(Fill *f, const UsageWord *w, GError **error)
{
    const char *given = NULL;
    json_object *value = find(f->params, w->key, &given);

    if (value)
        return add_key(f, w->key, given, value, w->kinds[0] ? w->kinds[0] : "", error);
    if (w->optional)
        return true;
    g_free(f->missing);
    f->missing = g_strdup(w->key);
    return false;
}

/* Keys that others read: all that is left. ">latency" and the like are as their key. */
static bool fill_open(Fill *f, GError **error)
{
    const UsageGrammar *g = args_grammar(f->command);

    json_object_object_foreach(f->params, given, value)
    {
        const char *key = given + strspn(given, "<>"), *kind = "";
        g_autofree char *plain = g_strdelimit(g_strdup(given), "_", '-');

        if (!value || used_of(f, given) > 0)
            continue;
        for (unsigned i = 0; i < g->words->len; i++) {
            const UsageWord *w = g->words->pdata[i];

            if (w->key && strcmp(w->key, plain + (key - given)) == 0 && w->kinds[0])
                kind = w->kinds[0];
        }
        if (!add_key(f, plain, given, value, kind, error))
            return false;
    }
    return true;
}

static bool fill_sequence(Fill *f, const Sequence *s, GError **error)
{
    const char *pending = NULL;

    for (unsigned i = 0; i < s->len; i++) {
        const UsageWord *w = s->pdata[i], *next = i + 1 < s->len ? s->pdata[i + 1] : NULL;
        const char *literal = only_literal(w);

        if (w->key && f->command->open)
            continue;
        if (w->key                ? !fill_key(f, w, error)
            : literal && !pending ? !fill_literal(f, literal, next, i == 0, &pending)
                                  : !fill_word(f, w, literal ? NULL : pending, !next, error))
            return false;
        if (!w->key && !literal) /* a list goes on to the next placeholder */
            pending = pending && next && !next->key && !only_literal(next) ? pending : NULL;
    }
    return !f->command->open || fill_open(f, error);
}

/* Whether each parameter, and each of its values, was used. */
static bool all_used(const Fill *f)
{
    json_object_object_foreach(f->params, key, value)
    {
        unsigned n = used_of(f, key);
        bool list = value && json_object_is_type(value, json_type_array);

        if (value && json_object_is_type(value, json_type_boolean) &&
            !json_object_get_boolean(value))
            continue; /* a literal that is not meant */
        if (value && n < (list ? (unsigned)json_object_array_length(value) : 1))
            return false;
    }
    return true;
}

/* --- all sequences --- */

static void fill_clear(Fill *f)
{
    g_clear_pointer(&f->words, g_ptr_array_unref);
    g_clear_pointer(&f->used, g_hash_table_unref);
    g_clear_pointer(&f->missing, g_free);
}

static Fill fill_new(const Command *c, json_object *params)
{
    return (Fill){.command = c,
                  .params = params,
                  .words = g_ptr_array_new_with_free_func(g_free),
                  .used = g_hash_table_new(g_str_hash, g_str_equal)};
}

static bool check_names(const Command *c, json_object *params, GError **error)
{
    g_autoptr(GPtrArray) names = all_names(args_grammar(c));
    g_autofree char *method = params_method(c), *list = NULL, *meant = NULL;

    if (c->open)
        return true;
    g_ptr_array_add(names, NULL);
    json_object_object_foreach(params, key, value)
    {
        g_autofree char *plain = g_strdelimit(g_strdup(key), "_", '-');

        (void)value;
        if (g_strv_contains((const char *const *)names->pdata, plain) ||
            g_strv_contains((const char *const *)names->pdata, key))
            continue;
        list = g_strjoinv(", ", (char **)names->pdata);
        meant = suggest_suffix(key, (const char *const *)names->pdata);
        refuse(error, "'%s' is no parameter of '%s': %s%s%s", key, method,
               *list ? "it has " : "it has none", list, meant);
        return false;
    }
    return true;
}

/* Fills the sequences in turn; of those that fit, the one with most literals counts, as where words
 * are typed. missing: what the first that did not fit wanted. */
static GPtrArray *fill_any(const Command *c, json_object *params, char **missing, GError **error)
{
    const GPtrArray *sequences = args_grammar(c)->sequences;
    GPtrArray *best = NULL;
    unsigned literals = 0;

    for (unsigned i = 0; i < sequences->len; i++) {
        Fill f = fill_new(c, params);
        g_autoptr(GError) why = NULL;
        bool fits = fill_sequence(&f, sequences->pdata[i], &why) && all_used(&f);

        if (fits && (!best || f.literals > literals)) {
            g_clear_pointer(&best, g_ptr_array_unref);
            best = g_steal_pointer(&f.words);
            literals = f.literals;
        } else if (!fits && why && error && !*error) {
            g_propagate_error(error, g_steal_pointer(&why));
        } else if (!fits && !*missing && f.missing && (c->open || all_used(&f))) {
            *missing = g_steal_pointer(&f.missing);
        }
        fill_clear(&f);
    }
    if (best)
        g_clear_error(error);
    return best;
}

static GPtrArray *fill(const Command *c, json_object *params, GError **error)
{
    g_autofree char *method = params_method(c), *missing = NULL, *usage = NULL;
    GPtrArray *words;

    if (!check_names(c, params, error))
        return NULL;
    if (args_grammar(c)->sequences->len == 0)
        return g_ptr_array_new_with_free_func(g_free);
    words = fill_any(c, params, &missing, error);
    if (words)
        return words;
    usage = c->open ? g_strdup_printf("`help %s` shows the usage", c->name)
                    : g_strdup_printf("usage: %s %s", c->name, c->usage);
    if (missing)
        refuse(error, "%s: '%s' is missing; %s", method, missing, usage);
    else
        refuse(error, "%s: these parameters do not go together; %s", method, usage);
    return NULL;
}

/* Words as they would be typed. */
static GPtrArray *typed(json_object *params, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < json_object_array_length(params); i++) {
        g_autofree char *name = g_strdup_printf("word %zu", i + 1);
        char *text = param_value_text(name, json_object_array_get_idx(params, i), "", false, error);

        if (!text)
            return NULL;
        g_ptr_array_add(words, text);
    }
    return g_steal_pointer(&words);
}

char **params_words(const Command *command, json_object *params, GError **error)
{
    g_auto(GStrv) name = g_strsplit(command->name, " ", -1);
    bool list = json_object_is_type(params, json_type_array);
    json_object *none = params ? NULL : json_object_new_object();
    g_autoptr(GPtrArray) words =
        list ? typed(params, error) : fill(command, params ? params : none, error);
    GPtrArray *all;

    json_object_put(none);
    if (!words)
        return NULL;
    all = g_ptr_array_new();
    for (char **p = name; *p; p++)
        g_ptr_array_add(all, g_strdup(*p));
    for (unsigned i = 0; i < words->len; i++)
        g_ptr_array_add(all, g_strdup(words->pdata[i]));
    g_ptr_array_add(all, NULL);
    return (char **)g_ptr_array_free(all, FALSE);
}

/* --- description --- */

static const char *type_of(const UsageWord *w, unsigned kind)
{
    static const char *const types[] = {
        [ARG_TEXT] = "text",          [ARG_NODE] = "node",   [ARG_TIME] = "time",
        [ARG_INSNS] = "instructions", [ARG_COUNT] = "count", [ARG_ADDRESS] = "address",
        [ARG_NUMBER] = "number"};
    const char *text = w->kinds[kind];

    if (!text || (w->key && is_literal(text) && !g_ascii_isdigit(*text)))
        return "text";
    if (!w->key && is_literal(text))
        return "flag";
    return args_kind(text) == ARG_TIME && !param_value_is_time(text) ? "text"
                                                                     : types[args_kind(text)];
}

static void describe_params(const UsageGrammar *g, Answer *method)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    answer_list(method, "params");
    for (unsigned i = 0; i < g->words->len; i++) {
        const UsageWord *w = g->words->pdata[i];

        for (unsigned k = 0; w->key ? k == 0 : w->kinds[k] != NULL; k++) {
            char *name = w->key ? g_strdup(w->key) : name_of(w, k);
            Answer *param;

            if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
                g_free(name);
                continue;
            }
            g_ptr_array_add(names, name);
            param = answer_add(method, "params");
            answer_text(param, "name", name);
            answer_text(param, "type", type_of(w, k));
        }
    }
}

void params_describe(const Command *c, Answer *methods)
{
    g_autofree char *name = params_method(c);
    Answer *method = answer_add(methods, "methods");

    answer_text(method, "name", name);
    answer_text(method, "usage", c->usage);
    answer_text(method, "help", c->help);
    answer_bool(method, "other_params", c->open);
    describe_params(args_grammar(c), method);
}
