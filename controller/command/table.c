/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c: the list of commands, and what all of them share. */
#include "controller/base/log.h"
#include "controller/base/suggest.h"
#include "controller/base/text.h"
#include "controller/command/args.h"
#include "controller/command/command.h"
#include "controller/command/lexer.h"
#include "controller/gdbserver/gdb-endpoint.h"
#include "controller/past/past.h"
#include "controller/past/reverse.h"
#include "controller/remote/message.h"
#include "controller/run/breaks.h"
#include "controller/run/clock-watch.h"
#include "controller/run/node-symbols.h"
#include "controller/run/profile.h"
#include "controller/run/run.h"
#include "controller/run/sampler.h"
#include "controller/run/tracer.h"
#include "controller/save/save.h"
#include "controller/save/spares.h"
#include "controller/session/journal.h"
#include "controller/session/session-life.h"

#include <stdlib.h>
#include <string.h>

/* One a line, whatever their number. */
/* clang-format off */
static const Command *const table[] = {
    &cmd_quantum,
    &cmd_host_add,
    &cmd_host_list,
    &cmd_host_remove,
    &cmd_hosts,
    &cmd_defaults,
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
    &cmd_trace,
    &cmd_network_trace,
    &cmd_network_packets,
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
    &cmd_break_event,
    &cmd_breaks,
    &cmd_delete,
    &cmd_watch,
    &cmd_max_skip,
    &cmd_time,
    &cmd_clocks,
    &cmd_stats,
    &cmd_perf,
    &cmd_symbols,
    &cmd_regs,
    &cmd_mem,
    &cmd_mem_write,
    &cmd_gdb,
    &cmd_send,
    &cmd_console,
    &cmd_assert,
    &cmd_save,
    &cmd_saves,
    &cmd_restore,
    &cmd_restart,
    &cmd_checkpoint,
    &cmd_reverse,
    &cmd_reverse_until,
    &cmd_reverse_step,
    &cmd_reverse_continue,
    &cmd_who_wrote,
    &cmd_journal,
    &cmd_report,
    &cmd_qmp,
    &cmd_hmp,
    &cmd_set,
    &cmd_include,
    &cmd_echo,
    &cmd_log,
    &cmd_log_console,
    &cmd_help,
    &cmd_quit,
    NULL,
};
/* clang-format on */

const Command *const *command_table(void)
{
    return table;
}

static bool check_inside(const Command *command, GError **error)
{
    if (command->outside)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is not for gdb's monitor: it reaches outside the ensemble, to programs, "
                    "files or sockets; say it to metronome itself",
                    command->name);
    return !command->outside;
}

bool command_has_values(char **args)
{
    for (; *args; args++)
        if (strchr(*args, '='))
            return true;
    return false;
}

CommandWhen command_when(const Command *c, char **args)
{
    return c->values_act && command_has_values(args) ? COMMAND_AT_REST : c->when;
}

/* The call's node, unless it was removed by the command. */
static Node *node_left(const CommandCall *call)
{
    Node *n = args_has(call, "NODE") ? args_node(call) : NULL;

    return n && g_ptr_array_find(call->session->nodes, n, NULL) ? n : NULL;
}

/* What is without arguments, though it may have some, only shows. */
static void note(const CommandCall *call)
{
    const Command *c = call->command;

    if (call->n_args > 0 || !*c->usage)
        journal_command(call->session, node_left(call), c->name, call->args);
}

CommandResult command_begin(CommandCall *call, char **words, GError **error)
{
    unsigned used = 0;
    CommandResult result;
    CommandWhen when;
    bool begun;

    call->command = command_find(words, &used, error);
    if (!call->command)
        return COMMAND_FAILED;
    if (call->inside && !check_inside(call->command, error))
        return COMMAND_FAILED;
    call->args = words + used;
    call->n_args = g_strv_length(words + used);
    if (!args_read(call, error))
        return COMMAND_FAILED;
    when = command_when(call->command, call->args);
    if ((when != COMMAND_ANYTIME && reverse_active(call->session)) ||
        (when == COMMAND_AT_REST && run_active(call->session)) ||
        (when == COMMAND_LOOKS && engine_running(call->session->engine))) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is not possible while the ensemble runs: `pause` stops it",
                    call->command->name);
        return COMMAND_FAILED;
    }
    if (when == COMMAND_LOOKS)
        engine_settle_clocks(call->session->engine);
    begun = call->command->journaled && journal_has_begun(call->session);
    result = call->command->exec(call, error);
    if (begun && result == COMMAND_DONE)
        note(call);
    if (begun && result == COMMAND_DONE && call->command->anew) {
        g_autofree char *why = g_strdup_printf("`%s` can't be given again", call->command->name);

        command_begin_past(call->session, why);
    }
    return result;
}

bool command_again(Session *s, char *const *given, GError **error)
{
    g_auto(GStrv) words = g_strdupv((char **)given);
    CommandCall call = {.session = s};
    Answer *answer = g_steal_pointer(&s->answer);
    unsigned used = 0;
    bool ok;

    call.command = command_find(words, &used, error);
    call.args = words + used;
    call.n_args = g_strv_length(words + used);
    ok =
        call.command && args_read(&call, error) && call.command->exec(&call, error) == COMMAND_DONE;
    if (ok && call.command->journaled)
        note(&call);
    s->answer = answer;
    return ok;
}

void command_settle(Session *s)
{
    gdb_end_all(s);
    run_pause(s, "metronome ends");
    session_settle(s);
}

void command_free_state(Session *s)
{
    command_settle(s);
    g_clear_pointer(&s->endpoints, g_ptr_array_unref);
    breaks_free(s);
    node_symbols_free(s);
    captures_free(s);
    tracer_free(s);
    profiles_free(s);
    perf_free(s);
    sampler_close(s);
    clock_watch_free(s);
    run_free(s);
    reverse_end(s);
    past_free(s);
    spares_want(s, false);
    saves_free(s);
}

/* Looked up in a session; `missing` is the name that was not there. */
typedef struct {
    const Session *session;
    char *missing;
} Variables;

static const char *variable(const char *name, void *data)
{
    Variables *v = data;
    const char *value = session_get(v->session, name);

    checking_use(v->session->checking, name);
    if (!value && !v->missing)
        v->missing = g_strdup(name);
    return value;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted: what is said depends on no hash. */
static void add_variable_hint(const Variables *v, GError **error)
{
    guint n;
    g_autofree const char **names =
        (const char **)g_hash_table_get_keys_as_array(v->session->variables, &n);
    g_autofree char *text = NULL;
    const char *best;

    qsort(names, n, sizeof(*names), by_name);
    best = suggest_best(v->missing, names);
    if (!best || !error || !*error)
        return;
    text = g_strdup_printf("%s: did you mean '%s'?", (*error)->message, best);
    g_free((*error)->message);
    (*error)->message = g_steal_pointer(&text);
}

char **command_read(const Session *s, const char **text, GError **error)
{
    Variables variables = {.session = s};
    char **words = lexer_next(text, variable, &variables, error);

    if (!words && variables.missing)
        add_variable_hint(&variables, error);
    g_free(variables.missing);
    return words;
}

/* The words of a command that only looks. */
static char **look_words(Session *s, const char *text, GError **error)
{
    g_auto(GStrv) words = command_read(s, &text, error);
    const Command *command;
    unsigned used;

    if (!words)
        return NULL;
    command = words[0] ? command_find(words, &used, error) : NULL;
    if (words[0] && !command)
        return NULL;
    if (command && command_when(command, words + used) != COMMAND_AT_REST && command != &cmd_quit &&
        !text[strspn(text, " \t;")])
        return g_steal_pointer(&words);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "one command that lets no time pass is expected here, such as time, not '%s'",
                command ? command->name : "");
    return NULL;
}

bool command_check_look(Session *s, const char *text, GError **error)
{
    g_auto(GStrv) words = look_words(s, text, error);
    const SessionOptions options = s->options;
    CommandCall call = {.session = s};
    bool started = s->started, ok = words != NULL;
    unsigned used;

    /* Its arguments too are looked at now; what it looks at may be started until then. */
    if (ok && words[0] && command_find(words, &used, NULL)->when == COMMAND_LOOKS) {
        s->options.dry = s->started = true;
        ok = command_begin(&call, words, error) != COMMAND_FAILED;
        s->options = options;
        s->started = started;
    }
    return ok;
}

bool command_check_inside(const char *text, GError **error)
{
    g_auto(GStrv) words = strchr(text, '$') ? NULL : lexer_next(&text, NULL, NULL, error);
    const Command *command;
    unsigned used;

    if (!words && error && !*error)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "no variable is possible in '%s', which comes from gdb's monitor", text);
    if (!words || !words[0])
        return words != NULL;
    command = command_find(words, &used, error);
    return command && check_inside(command, error);
}

void command_look(Session *s, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = look_words(s, text, &error);
    CommandCall call = {.session = s};

    if (!words || command_begin(&call, words, &error) == COMMAND_FAILED)
        log_warn("%s: %s", text, error->message);
}

bool command_check_started(const Session *s, GError **error)
{
    bool live = s->started || !command_is_sure(s);

    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        live = live || node_is_live(n) || (s->options.dry && n->attached);
    }
    if (!live)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "no node is started: `node add` and `start` come first");
    return live;
}

bool command_check_range(uint64_t address, uint64_t size, GError **error)
{
    if (size - 1 <= UINT64_MAX - address)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "%" G_GUINT64_FORMAT " bytes from 0x%" G_GINT64_MODIFIER
                "x on end behind the last address of 64 bits",
                size, address);
    return false;
}

void command_resume(CommandCall *call)
{
    if (call->resumed)
        call->resumed(call);
}

void command_finish(CommandCall *call, GError *error)
{
    call->done(call, error);
}

CommandResult command_usage_error(const CommandCall *call, const char *complaint, GError **error)
{
    const Command *c = call->command;

    if (c->open) /* its usage is long */
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "%s: %s; `help %s` shows the usage",
                    c->name, complaint, c->name);
    else
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "%s: %s; usage: %s%s%s", c->name,
                    complaint, c->name, *c->usage ? " " : "", c->usage);
    return COMMAND_FAILED;
}

char *command_quote(const char *word)
{
    bool plain = *word && *word != '#' && !word[strcspn(word, " \t\r\n;'\"\\$")];

    return plain ? g_strdup(word) : g_shell_quote(word);
}

void command_check(const CommandCall *call, bool passed, const char *found)
{
    Session *s = call->session;
    g_autoptr(GString) what = g_string_new(call->command->name);

    if (s->options.dry)
        return;
    for (unsigned i = 0; i < call->n_args; i++) {
        g_autofree char *word = command_quote(call->args[i]);

        g_string_append_printf(what, " %s", word);
    }
    verdict_check(&s->verdict, call->where, what->str, found, engine_now(s->engine), passed);
}

Outcome command_outcome(const GError *error)
{
    if (error->domain == SESSION_ERROR) {
        switch ((SessionError)error->code) {
        case SESSION_ERROR_USAGE:
            return OUTCOME_USAGE;
        case SESSION_ERROR_FAILED:
            return OUTCOME_FAILED;
        case SESSION_ERROR_NODE:
            return OUTCOME_NODE_FAILED;
        case SESSION_ERROR_INTERRUPTED:
            return OUTCOME_INTERRUPTED;
        case SESSION_ERROR_QUIT:
            return OUTCOME_PASSED;
        }
    }
    if (g_error_matches(error, NODE_ERROR, NODE_ERROR_INTERRUPTED))
        return OUTCOME_INTERRUPTED;
    if (error->domain == NODE_ERROR)
        return error->code == NODE_ERROR_OPTION || error->code == NODE_ERROR_STATE
                   ? OUTCOME_USAGE
                   : OUTCOME_NODE_FAILED;
    if (error->domain == REMOTE_ERROR)
        return OUTCOME_NODE_FAILED;
    if (error->domain == QMP_ERROR)
        return error->code == QMP_ERROR_COMMAND || error->code == QMP_ERROR_ARGUMENT
                   ? OUTCOME_USAGE
                   : OUTCOME_NODE_FAILED;
    if (error->domain == GDB_ERROR)
        return error->code == GDB_ERROR_REPLY || error->code == GDB_ERROR_UNSUPPORTED ||
                       error->code == GDB_ERROR_ARGUMENT
                   ? OUTCOME_USAGE
                   : OUTCOME_NODE_FAILED;
    if (error->domain == REPORT_ERROR)
        return OUTCOME_OUTPUT_LOST;
    return OUTCOME_USAGE;
}
