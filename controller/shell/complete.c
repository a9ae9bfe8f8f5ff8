/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete.c: completes a word for readline and for the shells. Words also break at '=', so that
 * readline completes a path behind a key like any other path.
 */
#include "controller/shell/complete.h"

#include "controller/command/command.h"
#include "controller/command/lexer.h"
#include "controller/command/usage.h"
#include "controller/run/node-symbols.h"
#include "controller/session/remote-host.h"

#include <stdio.h>
#include <string.h>

#include <readline/readline.h>

static Session *session;

/* Input of generate(). */
static GPtrArray *candidates; /* char * */
static bool files;            /* also offer paths */

/* --- the line before the word --- */

typedef struct {
    char **words; /* of the command, without the word under construction */
    char *head;   /* that word up to its last '=' */
} Before;

static void before_clear(Before *b)
{
    g_strfreev(b->words);
    g_free(b->head);
}

/* The values of variables are not known yet: this same line may set them. */
static const char *any_value(const char *name, void *data)
{
    (void)data;
    return name;
}

/* Reads the last, incomplete command of the text. Returns false if the text is not valid. */
static bool read_before(const char *line, size_t size, Before *b)
{
    g_autofree char *text = g_strndup(line, size);
    const char *p = text;
    bool at_word = size == 0 || strchr(" \t\n;", text[size - 1]) != NULL;
    unsigned n;

    *b = (Before){.head = g_strdup("")};
    do {
        g_strfreev(b->words);
        b->words = lexer_next(&p, any_value, NULL, NULL);
        if (!b->words)
            return false;
    } while (*p);
    if (size > 0 && text[size - 1] == ';') { /* a new command begins */
        g_strfreev(b->words);
        b->words = g_new0(char *, 1);
    }
    n = g_strv_length(b->words);
    if (!at_word && n > 0) {
        g_free(b->head);
        b->head = b->words[n - 1];
        b->words[n - 1] = NULL;
    }
    return true;
}

/* --- candidates --- */

static void offer(const char *word, const char *text)
{
    if (g_str_has_prefix(word, text) &&
        !g_ptr_array_find_with_equal_func(candidates, word, g_str_equal, NULL))
        g_ptr_array_add(candidates, g_strdup(word));
}

static void offer_names(char **words, unsigned n, const char *text)
{
    g_autoptr(GPtrArray) names = command_words(words, n, text);

    for (unsigned i = 0; i < names->len; i++)
        offer(names->pdata[i], text);
}

/* Offers nodes, also nodes that a check has refused: a guest's kernel may be elsewhere, but the
 * user means this node. */
static void offer_nodes(const char *text, bool cpus)
{
    g_autoptr(GPtrArray) doubtful = checking_doubtful(session->checking, CHECKING_END);

    for (unsigned i = 0; i < session->nodes->len; i++) {
        const Node *n = session->nodes->pdata[i];
        unsigned vcpus = n->attached ? n->vcpus->len : (unsigned)n->options->smp;
        g_autofree char *head = g_strconcat(n->name, ".", NULL);

        offer(n->name, text);
        for (unsigned c = 0; cpus && c < vcpus && g_str_has_prefix(text, head); c++) {
            g_autofree char *word = g_strdup_printf("%s%u", head, c);

            offer(word, text);
        }
    }
    for (guint i = 0; i < doubtful->len; i++)
        offer(doubtful->pdata[i], text);
}

static void offer_hosts(const char *text)
{
    for (guint i = 0; session->hosts && i < session->hosts->len; i++)
        offer(((const RemoteHost *)session->hosts->pdata[i])->options.name, text);
}

static void offer_defaults(const char *text)
{
    g_autoptr(GPtrArray) keys = command_default_keys(session);

    for (guint i = 0; i < keys->len; i++)
        offer(keys->pdata[i], text);
}

static void offer_saves(const char *text)
{
    g_autoptr(GPtrArray) names = command_save_names(session);

    for (guint i = 0; i < names->len; i++)
        offer(names->pdata[i], text);
}

/* Offers registers. name: NODE or NODE.CPU. */
static void offer_registers(const char *name, const char *text)
{
    g_autofree char *plain = g_strndup(name, strcspn(name, "."));
    Node *node = session_node(session, plain);
    g_auto(GStrv) registers = node ? session_registers(session, node) : NULL;

    for (unsigned i = 0; registers && registers[i]; i++)
        offer(registers[i], text);
}

/* Offers names of addresses. There may be very many, sorted and each once. */
static void offer_symbols(const char *name, const char *text)
{
    g_autofree char *plain = g_strndup(name, strcspn(name, "."));
    const Node *node = session_node(session, plain);
    const Symbols *symbols = node ? node_symbols(session, node) : NULL;
    g_autoptr(GPtrArray) names = symbols ? symbols_beginning_with(symbols, text) : NULL;

    for (unsigned i = 0; names && i < names->len; i++)
        g_ptr_array_add(candidates, g_strdup(names->pdata[i]));
}

static void offer_hint(const UsageHint *h, char **args, unsigned n_args, const char *text)
{
    switch (h->kind) {
    case USAGE_WORD:
        offer(h->text, text);
        break;
    case USAGE_FILE:
        files = true;
        break;
    case USAGE_NODE:
        offer_nodes(text, false);
        break;
    case USAGE_HOST:
        offer_hosts(text);
        break;
    case USAGE_DEFAULT:
        offer_defaults(text);
        break;
    case USAGE_SAVE:
        offer_saves(text);
        break;
    case USAGE_CPU:
        offer_nodes(text, true);
        break;
    case USAGE_COMMAND:
        offer_names(args + h->from, n_args - h->from, text);
        break;
    case USAGE_REGISTER:
        if (h->from < n_args)
            offer_registers(args[h->from], text);
        break;
    case USAGE_SYMBOL:
        if (h->from < n_args)
            offer_symbols(args[h->from], text);
        break;
    }
}

static void collect(const Before *b, const char *text)
{
    g_autoptr(GPtrArray) hints = NULL;
    unsigned n = g_strv_length(b->words), used = 0;
    const Command *command = n > 0 ? command_find(b->words, &used, NULL) : NULL;

    if (!command || used > n) {
        if (b->head[0] == '\0')
            offer_names(b->words, n, text);
        return;
    }
    if (used == 1 && n == 1 && b->head[0] == '\0') /* `mem`, of which there is a `mem write` */
        offer_names(b->words, n, text);
    hints = usage_hints(command->usage, b->words + used, n - used, b->head);
    for (unsigned i = 0; i < hints->len; i++)
        offer_hint(hints->pdata[i], b->words + used, n - used, text);
}

/* --- readline --- */

/* Readline frees the returned text. */
static char *generate(const char *text, int state)
{
    static unsigned next;
    static int file;

    if (state == 0)
        next = 0, file = 0;
    if (next < candidates->len)
        return strdup(candidates->pdata[next++]);
    return files ? rl_filename_completion_function(text, file++) : NULL;
}

GPtrArray *complete_line(Session *s, const char *line, size_t size, bool *paths)
{
    Before before;

    session = s;
    candidates = g_ptr_array_new_with_free_func(g_free);
    files = false;
    if (read_before(line, size, &before))
        collect(&before, line + size);
    before_clear(&before);
    *paths = files;
    return g_steal_pointer(&candidates);
}

static char **complete(const char *text, int start, int end)
{
    size_t size = (size_t)start;
    char **matches = NULL;
    Before before;

    (void)end;
    rl_attempted_completion_over = 1; /* prevents file names where no path is possible */
    if (rl_completion_quote_character && size > 0)
        size--; /* excludes the word's opening quote */
    candidates = g_ptr_array_new_with_free_func(g_free);
    files = false;
    if (read_before(rl_line_buffer, size, &before)) {
        collect(&before, text);
        matches = rl_completion_matches(text, generate);
    }
    if (matches && !matches[1] && g_str_has_suffix(matches[0], "="))
        rl_completion_suppress_append = 1;
    before_clear(&before);
    g_clear_pointer(&candidates, g_ptr_array_unref);
    return matches;
}

void complete_open(Session *s)
{
    session = s;
    rl_attempted_completion_function = complete;
    rl_basic_word_break_characters = " \t\n;=";
    rl_completer_word_break_characters = " \t\n;=";
    rl_completer_quote_characters = "'\"";
    rl_filename_quote_characters = " \t\n;#$'\"\\";
    rl_variable_bind("expand-tilde", "on"); /* the commands do not expand ~ */
}
