/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-run.c: what lets virtual time pass: run, run-until, barrier. */
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/command/run-command.h"
#include "controller/engine/rest.h"

#include <inttypes.h>
#include <string.h>

static void answer_run(const CommandCall *call, const RunOutcome *o, const LinesFound *found)
{
    Answer *a = call->session->answer;

    answer_text(a, "end", o->how);
    answer_text(a, "why", o->why);
    answer_int(a, "break", o->number);
    answer_int(a, "virtual_ns", engine_now(call->session->engine).ns);
    answer_count(a, "barriers", o->barriers);
    answer_count(a, "missed", o->missed);
    answer_int(a, "host_ns", o->host.ns);
    if (!found)
        return;
    answer_text(a, "line", found->line);
    answer_int(a, "line_virtual_ns", found->time.ns);
    answer_texts(a, "groups", (const char *const *)found->match.groups, found->match.n);
}

void run_announce(const CommandCall *call, const RunOutcome *o, const LinesFound *found)
{
    Session *s = call->session;
    g_autofree char *now = units_format_seconds(engine_now(s->engine));
    g_autofree char *virtual_ns = g_strdup_printf("%" PRId64, engine_now(s->engine).ns);
    g_autofree char *n = g_strdup_printf("%" PRIu64, o->barriers);
    g_autofree char *m = g_strdup_printf("%" PRIu64, o->missed);
    g_autofree char *h = g_strdup_printf("%.6f", (double)o->host.ns / 1e9);
    g_autofree char *number = g_strdup_printf("%u", o->number);
    g_autofree char *line = found ? text_line(found->line, -1) : NULL;
    g_autofree char *line_ns = found ? g_strdup_printf("%" PRId64, found->time.ns) : NULL;
    g_autofree char *line_time = found ? units_format_seconds(found->time) : NULL;
    const char *const members[] = {"command",
                                   call->command->name,
                                   "end",
                                   o->how,
                                   "why",
                                   o->why ? o->why : "",
                                   "break",
                                   number,
                                   "virtual_ns",
                                   virtual_ns,
                                   "barriers",
                                   n,
                                   "missed",
                                   m,
                                   "host_seconds",
                                   h,
                                   found ? "line" : NULL,
                                   line,
                                   "line_virtual_ns",
                                   line_ns,
                                   NULL};

    if (found)
        session_event_list(s, "run", members, "groups", (const char *const *)found->match.groups,
                           found->match.n);
    else
        session_event(s, "run", members);
    log_info("%s: %s at %s, %s barriers, %s missed, %s s host", call->command->name, o->how, now, n,
             m, h);
    if (s->answer)
        answer_run(call, o, found);
    if (s->options.json || s->answer)
        return;
    if (found)
        session_print(s, "%s %s: %s\n", call->args[0], line_time, line);
    if (o->why)
        session_print(s, "%s; the ensemble stands at %s\n", o->why, now);
}

/* Between two instructions there is no place to stop. */
static void report_grain(const Session *s, VTime target)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];
        g_autofree char *time = NULL;
        int64_t past;

        if (!node_is_live(n) || !n->icount.enabled || n->icount.shift == 0)
            continue;
        rest_settle(n);
        past = vtime_sub(node_ensemble_time(n), target).ns;
        if (past <= 0 || past >= node_granule_ns(n) || n->clock.idle)
            continue;
        time = units_format_seconds(node_ensemble_time(n));
        session_print(s,
                      "node %s stands at %s, %" PRId64
                      " ns past the target: with shift=%d an instruction takes %" PRId64 " ns\n",
                      n->name, time, past, n->icount.shift, INT64_C(1) << n->icount.shift);
    }
}

static GError *left_error(const Node *n, const char *mend)
{
    g_autofree char *time = units_format_seconds(node_ensemble_time(n));

    return g_error_new(SESSION_ERROR, SESSION_ERROR_NODE, "node %s %s at %s, before the target%s",
                       n->name, node_left_text(n->state, n->exit_status), time, mend);
}

static GError *exit_error(const Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (node_state_has_left(n->state) && n->options->on_exit == ON_EXIT_STOP)
            return left_error(n, "; `node add … on-exit=continue` lets the others go on");
    }
    return g_error_new(SESSION_ERROR, SESSION_ERROR_NODE,
                       "the guest powered off before the target");
}

/* What the end means for the command; NULL: it went well. call->data is the node whose instructions
 * it was to reach, NULL: it ran to a time. */
static GError *error_of(const CommandCall *call, const RunOutcome *o)
{
    Session *s = call->session;
    const Node *node = call->data;

    if (s->interrupted && engine_hurried(s->engine) && o->end == RUN_FAILED)
        return g_error_new(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted; %s",
                           o->error->message);
    if (o->end == RUN_FAILED)
        return g_error_new_literal(SESSION_ERROR, SESSION_ERROR_NODE, o->error->message);
    if (s->interrupted)
        return g_error_new_literal(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted");
    if (o->number > 0 || o->why)
        return NULL;
    if (node && (o->end == RUN_EXITED || o->end == RUN_EMPTY) && node_state_has_left(node->state))
        return left_error(node, "");
    if (o->end == RUN_EXITED || (o->end == RUN_EMPTY && call->command == &cmd_run_until))
        return exit_error(s);
    if (o->end == RUN_EMPTY)
        log_warn("every guest that was to run has left");
    return NULL;
}

static void on_run_done(const RunOutcome *outcome, void *data)
{
    CommandCall *call = data;

    command_resume(call);
    run_announce(call, outcome, NULL);
    if (outcome->end == RUN_REACHED && call->command == &cmd_run_until && outcome->number == 0 &&
        !call->data)
        report_grain(call->session, engine_now(call->session->engine));
    command_finish(call, error_of(call, outcome));
}

static CommandResult start_run(CommandCall *call, RunGoal goal, GError **error)
{
    Session *s = call->session;
    RunSpec spec = {.goal = goal, .pace = args_number(call, "pace", 0)};

    if (s->options.dry)
        return COMMAND_DONE;
    call->data = goal.node;
    return run_start(s, &spec, on_run_done, call, error) ? COMMAND_PARKED : COMMAND_FAILED;
}

/* The node whose instructions are meant. */
static Node *insns_node(const CommandCall *call, GError **error)
{
    return args_counted_node(call, "Say which with `on NODE`", error);
}

static CommandResult run_insns(CommandCall *call, Node *node, Insns target, GError **error)
{
    RunGoal goal = {.node = node,
                    .insns = target,
                    .time = {RUN_FOR_EVER},
                    .stop_on_exit = call->command == &cmd_run_until};

    if (!call->session->options.dry && target.n < node->clock.icount.n) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "node %s has executed %" PRId64 " instructions already: `reverse-until` "
                    "goes back",
                    node->name, node->clock.icount.n);
        return COMMAND_FAILED;
    }
    return start_run(call, goal, error);
}

static CommandResult run_time(CommandCall *call, VTime target, GError **error)
{
    RunGoal goal = {.time = target, .stop_on_exit = call->command == &cmd_run_until};

    return start_run(call, goal, error);
}

bool run_add_time(VTime base, VTime n, VTime *out, GError **error)
{
    if (!__builtin_add_overflow(base.ns, n.ns, &out->ns) && out->ns < RUN_FOR_EVER)
        return true;
    g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE, "virtual time ends at 146 years");
    return false;
}

/* So many more than the node has executed. */
static bool add_insns(const Node *node, Insns *n, GError **error)
{
    if (!__builtin_add_overflow(node->clock.icount.n, n->n, &n->n))
        return true;
    g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE,
                "node %s has executed %" PRId64 " instructions, and their count ends at 2^63",
                node->name, node->clock.icount.n);
    return false;
}

static CommandResult exec_run(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime target = vtime(0);
    Insns insns;
    Node *node;

    if (!command_check_started(s, error))
        return COMMAND_FAILED;
    if (args_has(call, "NINSN")) {
        insns = args_insns(call);
        node = insns_node(call, error);
        return node && add_insns(node, &insns, error) ? run_insns(call, node, insns, error)
                                                      : COMMAND_FAILED;
    }
    return run_add_time(engine_now(s->engine), args_time(call, "DURATION", target), &target, error)
               ? run_time(call, target, error)
               : COMMAND_FAILED;
}

const Command cmd_run = {
    .name = "run",
    .usage = "DURATION [pace=X] | NINSN [on NODE] [pace=X]",
    .help = "Run on for a virtual time, or until a node has executed so many more instructions; "
            "pace=1.0 "
            "holds it to real time",
    .exec = exec_run,
};

static CommandResult exec_run_until(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime now = engine_now(s->engine), target = args_time(call, "TIME", now);
    Node *node;

    if (!command_check_started(s, error))
        return COMMAND_FAILED;
    if (args_has(call, "NINSN")) {
        node = insns_node(call, error);
        return node ? run_insns(call, node, args_insns(call), error) : COMMAND_FAILED;
    }
    if (target.ns < now.ns) {
        g_autofree char *text = units_format_seconds(now);

        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is over: the ensemble stands at %s, and `reverse-until` goes back",
                    args_text(call, "TIME"), text);
        return COMMAND_FAILED;
    }
    return run_time(call, target, error);
}

const Command cmd_run_until = {
    .name = "run-until",
    .usage = "TIME [pace=X] | NODE NINSN [pace=X]",
    .help =
        "Run to an absolute virtual time, or to a node's absolute instruction count; exact to the "
        "instruction",
    .exec = exec_run_until,
};

static CommandResult exec_barrier(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime now = engine_now(s->engine), quantum = engine_quantum(s->engine), target;
    int64_t n = args_count(call, "N", 1);

    if (!command_check_started(s, error))
        return COMMAND_FAILED;
    if (__builtin_mul_overflow(n, quantum.ns, &n) ||
        !run_add_time(engine_barrier_at(s->engine, now), vtime(n), &target, error)) {
        if (error && !*error)
            g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE, "virtual time ends at 146 years");
        return COMMAND_FAILED;
    }
    return run_time(call, target, error);
}

const Command cmd_barrier = {
    .name = "barrier",
    .usage = "[N] [pace=X]",
    .least = 1,
    .most = INT64_MAX,
    .help = "Run N quanta, to a barrier",
    .exec = exec_barrier,
};
