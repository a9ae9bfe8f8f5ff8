/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete-shell.c: completes options, modes and commands from the tables that parse them.
 * Variables and nodes come from a check of the scenario, or of the commands before the last one.
 */
#include "controller/shell/complete-shell.h"

#include "controller/base/log.h"
#include "controller/base/output.h"
#include "controller/command/command.h"
#include "controller/command/lexer.h"
#include "controller/report/schema.h"
#include "controller/session/session-life.h"
#include "controller/shell/arguments.h"
#include "controller/shell/complete.h"
#include "controller/shell/scenario.h"

#include <string.h>

typedef struct {
    const GOptionEntry *entries;
    const char *word;          /* the last word */
    const GOptionEntry *value; /* the option whose value `word` is, or NULL */
    GPtrArray *rest;           /* the words before `word` that are not options */
    Mode mode;
    bool plain; /* no options from here on */
    GString *out;
} Line;

/* --- the answer --- */

static void answer(Line *l, const char *kind, const char *prefix, size_t n)
{
    g_string_append_printf(l->out, "%s%.*s\n", kind, (int)n, prefix);
}

/* Offers a word, unless it was offered before. */
static void offer(Line *l, const char *before, const char *word, const char *behind)
{
    g_autofree char *text = g_strconcat(before, word, behind, NULL);
    g_autofree char *line = g_strconcat("\n", text, "\n", NULL);

    if (g_str_has_prefix(text, l->word) && !strchr(text, '\n') && !strstr(l->out->str, line))
        g_string_append_printf(l->out, "%s\n", text);
}

static void offer_file(Line *l, size_t prefix)
{
    answer(l, "files ", l->word, prefix);
}

/* --- results of a check --- */

static void drop(const char *line)
{
    (void)line;
}

/* Returns a session in which the scenario was checked. The caller frees the session with
 * free_checked(). */
static Session *check(const Scenario *scenario)
{
    Session *s = session_new((SessionOptions){.dry = true, .quiet = true}, NULL);

    log_set_writer(drop);
    if (s)
        scenario_check(scenario, NULL, s);
    return s;
}

static void free_checked(Session *s)
{
    if (!s)
        return;
    command_free_state(s);
    session_free(s);
}

/* Offers the variables that the scenario uses and that are not set yet. */
static void offer_variables(Line *l, const char *file)
{
    g_autoptr(Texts) texts = texts_new(false);
    const Scenario scenario = {.file = file, .texts = texts};
    g_autofree const char **used = NULL;
    Session *s;

    if (!g_file_test(file, G_FILE_TEST_IS_REGULAR)) /* other files can be read only once */
        return;
    s = check(&scenario);
    used = s ? checking_used(s->checking) : NULL;
    for (unsigned i = 0; used && used[i]; i++) {
        g_autofree char *pair = g_strconcat(used[i], "=", NULL);
        bool given = !session_check_variable(used[i], NULL);

        for (unsigned r = 2; r < l->rest->len; r++)
            given = given || g_str_has_prefix(l->rest->pdata[r], pair);
        if (!given)
            offer(l, "", pair, "");
    }
    free_checked(s);
}

/* --- commands of -c --- */

static const char *any_value(const char *name, void *data)
{
    (void)data;
    return name;
}

/* Returns the offset of the last command, which is not complete yet. */
static size_t last_command(const char *text, size_t size)
{
    g_autofree char *head = g_strndup(text, size);
    const char *p = head, *at = head;

    while (*p) {
        at = p;
        g_strfreev(lexer_next(&p, any_value, NULL, NULL));
        if (p == at)
            break;
        if (p > head && !*p && p[-1] == ';')
            at = p;
    }
    return (size_t)(at - head);
}

static void offer_commands(Line *l)
{
    size_t size = strlen(l->word), n = size;
    g_autoptr(Texts) texts = texts_new(false);
    g_autoptr(GPtrArray) words = NULL;
    g_autofree char *head = NULL, *before = NULL;
    Scenario scenario = {.texts = texts};
    bool files;
    Session *s;

    while (n > 0 && !strchr(" \t\n;='\"", l->word[n - 1]))
        n--;
    head = g_strndup(l->word, last_command(l->word, n));
    before = g_strndup(l->word, n);
    scenario.commands = head;
    s = check(&scenario);
    if (!s)
        return;
    words = complete_line(s, l->word, n, &files);
    if (files)
        offer_file(l, n);
    else
        answer(l, "words", "", 0);
    for (guint i = 0; i < words->len; i++)
        offer(l, before, words->pdata[i], "");
    free_checked(s);
}

/* --- options --- */

static const GOptionEntry *find_option(const Line *l, const char *word)
{
    size_t n;

    if (*word != '-')
        return NULL;
    for (const GOptionEntry *e = l->entries; e->long_name; e++) {
        if (e->short_name && word[1] == e->short_name && !word[2])
            return e;
        n = strlen(e->long_name);
        if (n > 0 && word[1] == '-' && strncmp(word + 2, e->long_name, n) == 0 &&
            (word[2 + n] == '=' || !word[2 + n]))
            return e;
    }
    return NULL;
}

/* Reports whether an option fits the line. -c replaces a mode. */
static bool fits(const Line *l, const char *name)
{
    return l->rest->len == 0 ||
           (arguments_has_option(l->mode, name) && strcmp(name, "command") != 0);
}

static void offer_options(Line *l)
{
    answer(l, "words", "", 0);
    for (const GOptionEntry *e = l->entries; e->long_name; e++)
        if (*e->long_name && !(e->flags & G_OPTION_FLAG_HIDDEN) && fits(l, e->long_name))
            offer(l, "--", e->long_name, e->arg == G_OPTION_ARG_NONE ? "" : "=");
}

/* Offers values of an option. n: number of bytes of the word in front of the value. */
static void offer_value(Line *l, const GOptionEntry *e, size_t n)
{
    g_autofree char *before = g_strndup(l->word, n);

    if (strcmp(e->long_name, "command") == 0) {
        if (n == 0)
            offer_commands(l);
    } else if (strcmp(e->long_name, "listen") == 0 && !strchr(l->word + n, ':')) {
        answer(l, "words", "", 0);
        offer(l, before, "stdio", "");
        offer(l, before, "unix:", "");
    } else if (strcmp(e->long_name, "listen") == 0) {
        offer_file(l, (size_t)(strchr(l->word + n, ':') + 1 - l->word));
    } else if (e->arg == G_OPTION_ARG_FILENAME && strcmp(e->long_name, "filter") != 0) {
        offer_file(l, n);
    } else {
        answer(l, "words", "", 0);
        if (strcmp(e->long_name, "log") == 0)
            for (const char *const *level = log_levels(); *level; level++)
                offer(l, before, *level, "");
    }
}

/* --- the line --- */

static void read_line(Line *l, char **words)
{
    for (; words[0] && words[1]; words++) {
        const GOptionEntry *e = l->plain ? NULL : find_option(l, words[0]);

        if (e && e->arg != G_OPTION_ARG_NONE && !strchr(words[0], '=')) {
            l->value = words[2] ? NULL : e;
            if (words[2])
                words++;
        } else if (!l->plain && strcmp(words[0], "--") == 0) {
            l->plain = true;
        } else if (l->plain || !e) {
            g_ptr_array_add(l->rest, words[0]);
        }
    }
    l->word = words[0] ? words[0] : "";
    l->mode = l->rest->len > 0 ? arguments_mode(l->rest->pdata[0]) : MODE_REPL;
}

/* Offers files, or the value of a variable, or variables of the cases that are named. */
static void offer_test(Line *l, const char *equals)
{
    offer_file(l, equals ? (size_t)(equals + 1 - l->word) : 0);
    for (unsigned i = 1; i < l->rest->len && !equals; i++)
        offer_variables(l, l->rest->pdata[i]);
}

static void offer_rest(Line *l)
{
    const char *equals = strchr(l->word, '=');

    if (l->rest->len == 0) {
        answer(l, "words", "", 0);
        for (const char *const *w = arguments_mode_words(); *w; w++)
            offer(l, "", *w, "");
    } else if (l->mode == MODE_HELP) {
        g_autoptr(GPtrArray) names =
            command_words((char **)l->rest->pdata + 1, l->rest->len - 1, l->word);

        answer(l, "words", "", 0);
        for (guint i = 0; i < names->len; i++)
            offer(l, "", names->pdata[i], "");
    } else if (l->mode == MODE_SCHEMA) {
        answer(l, "words", "", 0);
        for (const char *const *name = schema_names(); *name && l->rest->len == 1; name++)
            offer(l, "", *name, "");
    } else if (l->mode == MODE_TEST) {
        offer_test(l, equals);
    } else if (l->mode == MODE_RUN || l->mode == MODE_CHECK || l->mode == MODE_VERIFY) {
        if (l->rest->len == 1) {
            offer_file(l, 0);
        } else if (equals) {
            offer_file(l, (size_t)(equals + 1 - l->word));
        } else {
            answer(l, "words", "", 0);
            offer_variables(l, l->rest->pdata[1]);
        }
    }
}

void complete_shell(char **words)
{
    Arguments a = {0};
    g_autofree GOptionEntry *entries = arguments_entries(&a);
    g_autoptr(GPtrArray) rest = g_ptr_array_new();
    g_autoptr(GString) out = g_string_new(NULL);
    Line l = {.entries = entries, .rest = rest, .out = out};
    const GOptionEntry *own;

    read_line(&l, words);
    own = l.plain || l.value ? NULL : find_option(&l, l.word);
    if (l.value)
        offer_value(&l, l.value, 0);
    else if (own && strchr(l.word, '='))
        offer_value(&l, own, (size_t)(strchr(l.word, '=') + 1 - l.word));
    else if (!l.plain && *l.word == '-')
        offer_options(&l);
    else
        offer_rest(&l);
    output_print(out->str);
}
