/* SPDX-License-Identifier: GPL-3.0-or-later */
/* find.c: a command by what was typed: a unique prefix, and what was meant where none fits. Long
 * scenarios call it for each line, so nothing is allocated where one is found. */
#include "controller/base/suggest.h"
#include "controller/command/command.h"
#include "controller/command/manual.h"

#include <string.h>

/* A word within a command's name. */
typedef struct {
    const char *p;
    size_t length;
} Word;

/* Word i (0 or 1) of a command's name; of length 0 if it has none. */
static Word name_word(const Command *c, unsigned i)
{
    size_t first = strcspn(c->name, " ");
    const char *second = c->name + first + (c->name[first] == ' ');

    return i == 0 ? (Word){c->name, first} : (Word){second, strlen(second)};
}

static bool same_word(Word a, Word b)
{
    return a.length == b.length && memcmp(a.p, b.p, a.length) == 0;
}

/* What may be chosen from: all commands, or with a group those whose first word it is. */
typedef struct {
    Word group;
    unsigned i; /* which word is chosen */
} Choice;

static bool is_candidate(const Choice *choice, const Command *c)
{
    return choice->i == 0 || same_word(name_word(c, 0), choice->group);
}

/* The distinct words among the candidates that begin with head, in the table's order; free with
 * g_ptr_array_unref(). */
static GPtrArray *collect(const Choice *choice, const char *head)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

    for (const Command *const *c = command_table(); *c; c++) {
        Word name = name_word(*c, choice->i);
        g_autofree char *word = g_strndup(name.p, name.length);

        if (is_candidate(choice, *c) && name.length > 0 && g_str_has_prefix(word, head) &&
            !g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
            g_ptr_array_add(words, g_steal_pointer(&word));
    }
    g_ptr_array_add(words, NULL);
    return words;
}

static char *list(const Choice *choice, const char *head)
{
    g_autoptr(GPtrArray) words = collect(choice, head);

    return g_strjoinv(", ", (char **)words->pdata);
}

/* The first command with the word that fits: the only one that begins so, or one equal to it. NULL:
 * none, or *several fit. */
static const Command *choose(const Choice *choice, const char *typed, bool *several)
{
    const Command *found = NULL;
    Word head = {typed, strlen(typed)};

    *several = false;
    for (const Command *const *c = command_table(); *c; c++) {
        Word name = name_word(*c, choice->i);

        if (name.length < head.length || memcmp(name.p, head.p, head.length) != 0 ||
            name.length == 0 || !is_candidate(choice, *c))
            continue;
        if (name.length == head.length) {
            *several = false;
            return *c;
        }
        *several = *several || (found && !same_word(name_word(found, choice->i), name));
        found = found ? found : *c;
    }
    return *several ? NULL : found;
}

/* The command of a group with this very second word; NULL as second: without one. */
static const Command *in_group(Word group, const char *second)
{
    for (const Command *const *c = command_table(); *c; c++)
        if (same_word(name_word(*c, 0), group) &&
            strcmp(name_word(*c, 1).p, second ? second : "") == 0)
            return *c;
    return NULL;
}

/* --- what fits nothing --- */

/* A command with this second word: `attach` is half of `node attach`. */
static const char *by_second_word(const char *typed)
{
    for (const Command *const *c = command_table(); *c; c++)
        if (strcmp(name_word(*c, 1).p, typed) == 0)
            return (*c)->name;
    return NULL;
}

/* What the first word was meant to be; NULL: nothing is near. Free with g_free(). */
static char *meant(const char *typed)
{
    const Choice all = {.i = 0};
    g_autoptr(GPtrArray) words = collect(&all, "");
    const char *best = suggest_best(typed, (const char *const *)words->pdata);

    return g_strdup(best ? best : by_second_word(typed));
}

static const Command *refuse_first(const char *typed, bool several, GError **error)
{
    const Choice all = {.i = 0};
    g_autofree char *fit = several ? list(&all, typed) : NULL;
    g_autofree char *best = meant(typed);

    if (!*typed)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "a command is expected, not '': `help` lists the commands");
    else if (several)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "ambiguous command '%s': could be %s", typed, fit);
    else if (manual_has_mode(typed))
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "unknown command '%s': as `metronome %s` it begins a command line, see "
                    "`metronome --help`",
                    typed, typed);
    else if (best)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "unknown command '%s': did you mean '%s'?", typed, best);
    else
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "unknown command '%s': `help` lists the commands", typed);
    return NULL;
}

static const Command *refuse_second(const Choice *choice, const char *typed, bool several,
                                    GError **error)
{
    g_autoptr(GPtrArray) names = collect(choice, "");
    g_autofree char *fit = list(choice, typed ? typed : "");
    g_autofree char *all = list(choice, "");
    g_autofree char *hint =
        suggest_hint(typed ? typed : "", (const char *const *)names->pdata, all);
    int length = (int)choice->group.length;
    const char *group = choice->group.p;

    if (!typed)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%.*s' is half a command: it goes on with %s", length, group, all);
    else if (several)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "ambiguous command '%.*s %s': could be %s", length, group, typed, fit);
    else
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "unknown command '%.*s %s': %s",
                    length, group, typed, hint);
    return NULL;
}

const Command *command_find(char **words, unsigned *used, GError **error)
{
    Choice choice = {.i = 0};
    bool several;
    const Command *c = choose(&choice, words[0], &several);

    *used = 1;
    if (!c)
        return refuse_first(words[0], several, error);
    choice = (Choice){.group = name_word(c, 0), .i = 1};
    /* `mem` and `mem write`: what begins with the second word may be an argument of the first. */
    if ((c = in_group(choice.group, NULL)) != NULL) {
        const Command *longer = words[1] && *words[1] ? in_group(choice.group, words[1]) : NULL;

        *used = longer ? 2 : 1;
        return longer ? longer : c;
    }
    *used = 2;
    c = words[1] && *words[1] ? choose(&choice, words[1], &several) : NULL;
    return c ? c : refuse_second(&choice, words[1], several, error);
}

const Command *command_guess(char **words, unsigned *used)
{
    g_autofree char *first = meant(words[0]);
    Choice choice = {.i = 0};
    g_autoptr(GPtrArray) seconds = NULL;
    char *guessed[3] = {first};
    bool several;
    const Command *c;

    if (!first)
        return NULL;
    if (strchr(first, ' ')) { /* one word stands for two */
        g_auto(GStrv) both = g_strsplit(first, " ", 2);

        c = command_find(both, used, NULL);
        *used = 1;
        return c;
    }
    c = choose(&choice, first, &several);
    *used = 1;
    if (!c || name_word(c, 1).length == 0 || !words[1])
        return c;
    choice = (Choice){.group = name_word(c, 0), .i = 1};
    seconds = collect(&choice, "");
    guessed[1] = (char *)suggest_best(words[1], (const char *const *)seconds->pdata);
    if (!guessed[1])
        return NULL;
    return command_find(guessed, used, NULL);
}

GPtrArray *command_words(char **words, unsigned n, const char *head)
{
    Choice choice = {.i = n};
    const Command *c = NULL;
    GPtrArray *found;
    bool several;

    if (n == 1) {
        choice.i = 0;
        c = choose(&choice, words[0], &several);
        choice = (Choice){.group = c ? name_word(c, 0) : (Word){"", 0}, .i = 1};
    }
    found = n == 0 || c ? collect(&choice, head) : g_ptr_array_new_with_free_func(g_free);
    if (found->len > 0)
        g_ptr_array_set_size(found, (int)found->len - 1); /* the NULL */
    return found;
}
