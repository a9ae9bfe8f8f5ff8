/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c: the list of commands, finding one by unique prefix, and what all of them share. */
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/command/breaks.h"
#include "controller/command/clock-watch.h"
#include "controller/command/command.h"
#include "controller/command/lexer.h"
#include "controller/command/run.h"
#include "controller/command/sampler.h"
#include "controller/remote/codec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK(metronome_command_error_quark, command_error)

static const Command *const table[] = {
    &cmd_quantum,
    &cmd_host_add,
    &cmd_host_list,
    &cmd_host_remove,
    &cmd_hosts,
    &cmd_node_add,
    &cmd_node_attach,
    &cmd_node_remove,
    &cmd_node_list,
    &cmd_node_console,
    &cmd_node_transcript,
    &cmd_link_add,
    &cmd_link_remove,
    &cmd_link_set,
    &cmd_link_down,
    &cmd_link_up,
    &cmd_link_list,
    &cmd_switch_add,
    &cmd_gateway_add,
    &cmd_gateway_list,
    &cmd_capture,
    &cmd_network_trace,
    &cmd_network_order,
    &cmd_seed,
    &cmd_start,
    &cmd_run,
    &cmd_run_until,
    &cmd_barrier,
    &cmd_step,
    &cmd_pause,
    &cmd_wait_line,
    &cmd_break_time,
    &cmd_break_pc,
    &cmd_break_access,
    &cmd_break_console,
    &cmd_break_when,
    &cmd_break_packet,
    &cmd_breaks,
    &cmd_delete,
    &cmd_watch,
    &cmd_max_skip,
    &cmd_time,
    &cmd_clocks,
    &cmd_stats,
    &cmd_perf,
    &cmd_regs,
    &cmd_mem,
    &cmd_gdb,
    &cmd_send,
    &cmd_assert,
    &cmd_report,
    &cmd_qmp,
    &cmd_hmp,
    &cmd_set,
    &cmd_include,
    &cmd_echo,
    &cmd_log,
    &cmd_help,
    &cmd_quit,
    NULL,
};

const Command *const *command_table(void)
{
    return table;
}

/* Word i of a command's name, or NULL; free with g_free(). */
static char *name_word(const Command *c, unsigned i)
{
    g_auto(GStrv) words = g_strsplit(c->name, " ", 2);

    return i < g_strv_length(words) ? g_strdup(words[i]) : NULL;
}

/*
 * Of the candidates, those whose word i begins with `word`; if one is equal to it, only that. The
 * distinct words that fit are collected for the message.
 */
static GPtrArray *narrow(const GPtrArray *candidates, unsigned i, const char *word,
                         GPtrArray *distinct)
{
    GPtrArray *fit = g_ptr_array_new();
    bool exact = false;

    for (unsigned j = 0; j < candidates->len; j++) {
        const Command *c = candidates->pdata[j];
        g_autofree char *name = name_word(c, i);
        bool equal = name && strcmp(name, word) == 0;

        if (!name || !g_str_has_prefix(name, word) || (exact && !equal))
            continue;
        if (equal && !exact) {
            g_ptr_array_set_size(fit, 0);
            g_ptr_array_set_size(distinct, 0);
            exact = true;
        }
        g_ptr_array_add(fit, (void *)c);
        if (!g_ptr_array_find_with_equal_func(distinct, name, g_str_equal, NULL))
            g_ptr_array_add(distinct, g_steal_pointer(&name));
    }
    return fit;
}

/* As narrow(), but an equal word does not hide those that go on behind it. */
static void collect(const GPtrArray *candidates, unsigned i, const char *head, GPtrArray *distinct)
{
    for (unsigned j = 0; j < candidates->len; j++) {
        g_autofree char *name = name_word(candidates->pdata[j], i);

        if (name && g_str_has_prefix(name, head) &&
            !g_ptr_array_find_with_equal_func(distinct, name, g_str_equal, NULL))
            g_ptr_array_add(distinct, g_steal_pointer(&name));
    }
}

static char *join(const GPtrArray *words)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < words->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", (const char *)words->pdata[i]);
    return g_string_free(text, FALSE);
}

/* Narrows by one word; NULL with an error if none or several fit. */
static GPtrArray *choose(const GPtrArray *candidates, unsigned i, const char *word, const char *of,
                         GError **error)
{
    g_autoptr(GPtrArray) distinct = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) fit = narrow(candidates, i, word, distinct);
    g_autofree char *names = NULL;

    if (distinct->len == 1)
        return g_steal_pointer(&fit);
    if (distinct->len > 1) {
        names = join(distinct);
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                    "ambiguous command '%s%s': could be %s", of, word, names);
        return NULL;
    }
    g_ptr_array_unref(narrow(candidates, i, "", all));
    names = join(all);
    g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE, "unknown command '%s%s': %s", of, word,
                names);
    return NULL;
}

const Command *command_find(char **words, unsigned *used, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autoptr(GPtrArray) first = NULL, second = NULL;
    const Command *c;
    g_autofree char *group = NULL, *of = NULL, *sub = NULL;

    for (unsigned i = 0; table[i]; i++)
        g_ptr_array_add(all, (void *)table[i]);
    first = choose(all, 0, words[0], "", error);
    if (!first)
        return NULL;
    c = first->pdata[0];
    *used = 1;
    sub = name_word(c, 1);
    if (!sub)
        return c;
    group = name_word(c, 0);
    of = g_strconcat(group, " ", NULL);
    second = choose(first, 1, words[1] ? words[1] : "", of, error);
    *used = 2;
    return second ? second->pdata[0] : NULL;
}

CommandResult command_begin(CommandCall *call, char **words, GError **error)
{
    unsigned used = 0;

    call->command = command_find(words, &used, error);
    if (!call->command)
        return COMMAND_FAILED;
    call->args = words + used;
    call->n_args = g_strv_length(words + used);
    if (call->n_args < call->command->min_args || call->n_args > call->command->max_args)
        return command_usage_error(call, error);
    if ((call->command->when == COMMAND_AT_REST && run_active(call->session)) ||
        (call->command->when == COMMAND_LOOKS && engine_running(call->session->engine))) {
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                    "'%s' is not possible while the ensemble runs: `pause` stops it",
                    call->command->name);
        return COMMAND_FAILED;
    }
    return call->command->exec(call, error);
}

void command_free_state(Session *s)
{
    run_pause(s, NULL);
    session_settle(s);
    g_clear_pointer(&s->endpoints, g_ptr_array_unref);
    breaks_free(s);
    captures_free(s);
    perf_free(s);
    sampler_close(s);
    clock_watch_free(s);
    run_free(s);
}

static const char *variable(const char *name, void *data)
{
    return session_get(data, name);
}

/* The words of a command that only looks. */
static char **look_words(Session *s, const char *text, GError **error)
{
    g_auto(GStrv) words = lexer_next(&text, variable, s, error);
    const Command *command;
    unsigned used;

    if (!words)
        return NULL;
    command = words[0] ? command_find(words, &used, error) : NULL;
    if (words[0] && !command)
        return NULL;
    if (command && command->when != COMMAND_AT_REST && !text[strspn(text, " \t;")])
        return g_steal_pointer(&words);
    g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                "one command that lets no time pass is expected here, such as time, not '%s'",
                command ? command->name : "");
    return NULL;
}

bool command_check_look(Session *s, const char *text, GError **error)
{
    g_auto(GStrv) words = look_words(s, text, error);

    return words != NULL;
}

void command_look(Session *s, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = look_words(s, text, &error);
    CommandCall call = {.session = s};

    if (!words || command_begin(&call, words, &error) == COMMAND_FAILED)
        log_warn("%s: %s", text, error->message);
}

Node *command_find_vcpu(const Session *s, const char *text, int *vcpu, GError **error)
{
    const char *dot = strrchr(text, '.');
    g_autofree char *name = dot ? g_strndup(text, (gsize)(dot - text)) : g_strdup(text);
    Node *node = session_find_node(s, name, error);
    int64_t number = -1, vcpus;

    if (!node)
        return NULL;
    vcpus = node->attached ? (int64_t)node->vcpus->len : node->options->smp;
    if (dot && !units_parse_int(dot + 1, "vCPU", 0, INT32_MAX, &number, error))
        return NULL;
    if (number >= vcpus) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "node %s has no vCPU %" G_GINT64_FORMAT ": 0 to %" G_GINT64_FORMAT " are there",
                    node->name, number, vcpus - 1);
        return NULL;
    }
    *vcpu = (int)number;
    return node;
}

bool command_check_started(const Session *s, GError **error)
{
    bool live = s->started;

    for (unsigned i = 0; i < s->nodes->len; i++)
        live = live || node_is_live(s->nodes->pdata[i]);
    if (!live)
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                    "no node is started: `node add` and `start` come first");
    return live;
}

bool command_parse_address(const char *text, uint64_t *out, GError **error)
{
    char *end;
    bool hex = g_str_has_prefix(text, "0x");
    const char *digits = hex ? text + 2 : text;

    errno = 0;
    *out = g_ascii_strtoull(digits, &end, hex ? 16 : 10);
    if (errno == 0 && g_ascii_isxdigit(*digits) && *end == '\0')
        return true;
    g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                "'%s' is no address: a number is needed, such as 0x40000000", text);
    return false;
}

GPtrArray *command_words(char **words, unsigned n, const char *head)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new(), first = NULL;
    g_autoptr(GPtrArray) distinct = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; table[i]; i++)
        g_ptr_array_add(all, (void *)table[i]);
    if (n == 0) {
        collect(all, 0, head, found);
    } else if (n == 1) {
        first = narrow(all, 0, words[0], distinct);
        if (distinct->len == 1)
            collect(first, 1, head, found);
    }
    return found;
}

void command_finish(CommandCall *call, GError *error)
{
    call->done(call, error);
}

static void show(const Session *session, const char *text)
{
    if (session->on_output) {
        session->on_output(text, NULL);
    } else {
        fputs(text, stdout);
        fflush(stdout);
    }
}

void command_event(const Session *session, const char *event, const char *const *members)
{
    g_autofree char *line = NULL;

    g_autofree char *text = NULL;

    if (!session->options.json)
        return;
    line = report_event(event, members);
    text = g_strconcat(line, "\n", NULL);
    show(session, text);
}

void command_print(const Session *session, const char *format, ...)
{
    g_autofree char *text = NULL, *plain = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    plain = text_plain(text, -1);
    command_print_raw(session, plain);
}

void command_print_raw(const Session *session, const char *text)
{
    if (session->options.json) {
        const char *const members[] = {"text", text, NULL};
        command_event(session, "output", members);
    } else {
        show(session, text);
    }
}

CommandResult command_usage_error(const CommandCall *call, GError **error)
{
    g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE, "usage: %s%s%s", call->command->name,
                *call->command->usage ? " " : "", call->command->usage);
    return COMMAND_FAILED;
}

const char *command_option(const char *arg, const char *key)
{
    size_t length = strlen(key);

    return strncmp(arg, key, length) == 0 && arg[length] == '=' ? arg + length + 1 : NULL;
}

int command_exit_code(const GError *error)
{
    if (error->domain == COMMAND_ERROR) {
        switch ((CommandError)error->code) {
        case COMMAND_ERROR_USAGE:
            return 2;
        case COMMAND_ERROR_FAILED:
            return 1;
        case COMMAND_ERROR_NODE:
            return 3;
        case COMMAND_ERROR_INTERRUPTED:
            return 130;
        case COMMAND_ERROR_QUIT:
            return 0;
        }
    }
    if (g_error_matches(error, NODE_ERROR, NODE_ERROR_INTERRUPTED))
        return 130;
    if (error->domain == NODE_ERROR)
        return error->code == NODE_ERROR_OPTION || error->code == NODE_ERROR_STATE ? 2 : 3;
    if (error->domain == REMOTE_ERROR)
        return 3;
    if (error->domain == QMP_ERROR)
        return error->code == QMP_ERROR_COMMAND || error->code == QMP_ERROR_ARGUMENT ? 2 : 3;
    return 2;
}
