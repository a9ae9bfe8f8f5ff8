/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-wait.c: wait-line. */
#include "controller/base/tail.h"
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/command/run-command.h"
#include "controller/engine/rest.h"
#include "controller/qemu/consoles.h"

#include <string.h>

#define SHOWN_LINES 5 /* of a console that did not match */

typedef struct {
    Node *node;
    unsigned uart; /* whose console */
    char *pattern;
    bool or_break; /* a break that comes first is no failure */
} Wait;

static void wait_free(Wait *w)
{
    g_free(w->pattern);
    g_free(w);
}

static Console *console_of(const Wait *w)
{
    return node_console(w->node, w->uart);
}

static GError *no_match(const CommandCall *call, const Wait *w, const char *reason)
{
    g_autofree char *now = units_format_seconds(engine_now(call->session->engine));
    g_autofree char *pattern = text_line(w->pattern, -1);
    g_autofree char *tail = tail_of_file(console_log_path(console_of(w)), SHOWN_LINES);

    if (tail)
        g_strchomp(tail);
    return g_error_new(SESSION_ERROR, SESSION_ERROR_FAILED,
                       "no line of node %s matched '%s' until %s%s%s; %s%s", w->node->name, pattern,
                       now, reason ? ": " : "", reason ? reason : "",
                       tail ? "its console ends with:\n" : "it printed nothing", tail ? tail : "");
}

static GError *gave_up_error(const Wait *w, const LinesFound *found)
{
    g_autofree char *pattern = text_line(w->pattern, -1), *line = text_line(found->line, -1);

    return g_error_new(SESSION_ERROR, SESSION_ERROR_FAILED,
                       "the pattern '%s' takes too long: it gave up on a line of node %s: '%s'",
                       pattern, w->node->name, line);
}

/* Why the run ended though no line matched; NULL: the time is up. Free with g_free(). */
static char *reason_of(const Wait *w, const RunOutcome *o)
{
    g_autofree char *time = NULL;

    rest_settle(w->node);
    time = units_format_seconds(node_ensemble_time(w->node));
    if (o->number > 0)
        return g_strdup_printf("%s (`or-break` would allow that)", o->why);
    if (o->why)
        return g_strdup(o->why);
    if (!node_is_live(w->node))
        return g_strdup_printf("it is %s since %s", node_state_name(w->node->state), time);
    return strcmp(o->how, "time-up") == 0 ? NULL : g_strdup_printf("the run ended (%s)", o->how);
}

/* NULL: it went well. */
static GError *error_of(const CommandCall *call, const Wait *w, const RunOutcome *o,
                        const LinesFound *found)
{
    g_autofree char *reason = NULL;

    if (o->end == RUN_FAILED)
        return g_error_new_literal(SESSION_ERROR, SESSION_ERROR_NODE, o->error->message);
    if (found->line)
        return found->gave_up ? gave_up_error(w, found) : NULL;
    if (call->session->interrupted)
        return g_error_new_literal(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted");
    if (o->number > 0 && w->or_break)
        return NULL;
    reason = reason_of(w, o);
    return no_match(call, w, reason);
}

/* For the report's list: what matched, or why nothing did. */
static void note(const CommandCall *call, const RunOutcome *o, const LinesFound *found,
                 const GError *error)
{
    g_autofree char *line = found->line ? text_line(found->line, -1) : NULL;

    command_check(call, !error, error ? error->message : line ? line : o->why);
}

/* Tells what came of it and ends the wait; takes over w. */
static GError *conclude(const CommandCall *call, Wait *w, const RunOutcome *o)
{
    Lines *lines = console_lines(console_of(w));
    const LinesFound *found = lines_found(lines);
    bool matched = found->line && !found->gave_up;
    GError *error = error_of(call, w, o, found);

    run_announce(call, o, matched ? found : NULL);
    note(call, o, found, error);
    if (matched)
        session_set_wait_variables(call->session, found);
    lines_await(lines, NULL);
    wait_free(w);
    return error;
}

static void on_run_done(const RunOutcome *outcome, void *data)
{
    CommandCall *call = data;
    Wait *w = call->data;

    call->data = NULL;
    command_resume(call);
    command_finish(call, conclude(call, w, outcome));
}

/* It waits from now on, or it is over already. Takes over w. */
static CommandResult begin(CommandCall *call, Wait *w, VTime until, GRegex *regex, GError **error)
{
    Session *s = call->session;
    Lines *lines = console_lines(console_of(w));
    RunSpec spec = {.goal = {.time = until, .exits = w->node},
                    .waits = console_of(w),
                    .pace = args_number(call, "pace", 0)};
    RunOutcome o = {.end = RUN_REACHED, .how = "matched"};
    GError *e;

    lines_await(lines, regex);
    if (!lines_found(lines)->line && node_is_live(w->node)) {
        call->data = w;
        if (run_start(s, &spec, on_run_done, call, error))
            return COMMAND_PARKED;
        call->data = NULL;
        lines_await(lines, NULL);
        wait_free(w);
        return COMMAND_FAILED;
    }
    if (lines_found(lines)->gave_up)
        o.how = "failed";
    else if (!lines_found(lines)->line && w->node->state == NODE_FAILED)
        o = (RunOutcome){.end = RUN_FAILED, .how = "failed", .error = w->node->failure};
    else if (!lines_found(lines)->line)
        o = (RunOutcome){.end = RUN_EXITED, .how = "exited"};
    e = conclude(call, w, &o);
    if (!e)
        return COMMAND_DONE;
    g_propagate_error(error, e);
    return COMMAND_FAILED;
}

static bool check_console(const Node *node, unsigned uart, GError **error)
{
    if (node_console(node, uart) && !node->attached)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                node->attached ? "node %s has no console that metronome can read"
                               : "node %s is not started: `start` comes first",
                node->name);
    return false;
}

static CommandResult exec_wait_line(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *pattern = args_text(call, "REGEX");
    VTime until = args_time(call, "timeout", vtime(5 * NS_PER_S));
    Wait w = {
        .node = args_node(call), .uart = args_uart(call), .or_break = args_has(call, "or-break")};
    g_autoptr(GRegex) regex = NULL;

    if (!command_check_started(s, error) || !pattern_check(pattern, error) ||
        !run_add_time(engine_now(s->engine), until, &until, error))
        return COMMAND_FAILED;
    if (s->options.dry && !w.node->attached)
        return COMMAND_DONE;
    if (!check_console(w.node, w.uart, error) || !(regex = pattern_new(pattern, error)))
        return COMMAND_FAILED;
    w.pattern = g_strdup(pattern);
    return begin(call, g_memdup2(&w, sizeof(w)), until, regex, error);
}

const Command cmd_wait_line = {
    .name = "wait-line",
    .usage = "NODE[.PORT] REGEX [timeout=5s] [or-break] [pace=X]",
    .help = "Run until a line of the node's console, or of its UART PORT, matches, and stop at the "
            "barrier behind it; "
            "the time limit is virtual. Shows the line and its time, and sets $line, $line_time "
            "and $1 to $9; a break that comes first is a failure without or-break",
    .exec = exec_wait_line,
    .defines = DEFINES_LINE,
};
