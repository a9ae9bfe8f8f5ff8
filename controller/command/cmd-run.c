/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-run.c: what lets virtual time pass: quantum, run, run-until, barrier, wait-line. */
#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/command/command.h"

#include <inttypes.h>
#include <string.h>

static CommandResult exec_quantum(CommandCall *call, GError **error)
{
    Session *s = call->session;
    g_autofree char *text = NULL;
    VTime quantum;

    if (call->n_args == 0) {
        text = units_format_duration(engine_quantum(s->engine));
        command_print(s, "%s\n", text);
        return COMMAND_DONE;
    }
    return units_parse_duration(call->args[0], &quantum, error) &&
                   engine_set_quantum(s->engine, quantum, error)
               ? COMMAND_DONE
               : COMMAND_FAILED;
}

const Command cmd_quantum = {
    "quantum", "[DURATION]", "Show or set the quantum: whole microseconds, 1us to 1000s", 0,
    1,         exec_quantum,
};

/* --- runs --- */

/* A parked run. */
typedef struct {
    Node *waits; /* wait-line: whose console */
    char *pattern;
    bool timed;                /* to a time, not to an instruction */
    uint64_t barriers, missed; /* when it began */
    HTime began;
} Run;

static void run_free(Run *run)
{
    g_free(run->pattern);
    g_free(run);
}

static void announce(const CommandCall *call, const Run *run, const char *how)
{
    Session *s = call->session;
    uint64_t barriers = engine_stats(s->engine)->barriers - run->barriers;
    uint64_t missed = engine_missed(s->engine) - run->missed;
    double host = (double)htime_sub(htime_now(), run->began).ns / 1e9;
    g_autofree char *now = units_format_seconds(engine_now(s->engine));
    g_autofree char *virtual_ns = g_strdup_printf("%" PRId64, engine_now(s->engine).ns);
    g_autofree char *n = g_strdup_printf("%" PRIu64, barriers);
    g_autofree char *m = g_strdup_printf("%" PRIu64, missed);
    g_autofree char *h = g_strdup_printf("%.6f", host);
    const char *const members[] = {"command",
                                   call->command->name,
                                   "end",
                                   how,
                                   "virtual_ns",
                                   virtual_ns,
                                   "barriers",
                                   n,
                                   "missed",
                                   m,
                                   "host_seconds",
                                   h,
                                   NULL};

    command_event(s, "run", members);
    log_info("%s: %s at %s, %s barriers, %s missed, %s s host", call->command->name, how, now, n, m,
             h);
}

/* The promise is the first instruction at or after a time: said where that is not the time. */
static void announce_grain(const Session *s, VTime target)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        int64_t grain = INT64_C(1) << n->icount.shift;
        int64_t past = vtime_sub(node_ensemble_time(n), target).ns;
        g_autofree char *at = NULL;

        if (!node_is_live(n) || !n->icount.enabled || n->clock.idle || past <= 0 || past >= grain)
            continue;
        at = units_format_seconds(node_ensemble_time(n));
        command_print(s,
                      "node %s stands at %s, %" PRId64
                      " ns past the target: with shift=%d an instruction takes %" PRId64 " ns\n",
                      n->name, at, past, n->icount.shift, grain);
    }
}

static GError *wait_error(const CommandCall *call, const Run *run)
{
    g_autofree char *now = units_format_seconds(engine_now(call->session->engine));

    return g_error_new(COMMAND_ERROR, COMMAND_ERROR_FAILED,
                       "no line of node %s matched '%s' until %s", run->waits->name, run->pattern,
                       now);
}

static void on_run_done(RunEnd end, const GError *why, void *data)
{
    static const char *const hows[] = {"reached", "stopped", "failed", "empty"};
    CommandCall *call = data;
    Session *s = call->session;
    Run *run = call->data;
    bool matched = run->waits && console_match(run->waits->console);
    GError *error = NULL;

    s->in_runs.ns += htime_sub(htime_now(), run->began).ns;
    announce(call, run, matched ? "matched" : hows[end]);
    if (end == RUN_REACHED && run->timed)
        announce_grain(s, engine_now(s->engine));
    if (end == RUN_FAILED)
        error = g_error_new_literal(COMMAND_ERROR, COMMAND_ERROR_NODE, why->message);
    else if (s->interrupted)
        error = g_error_new_literal(COMMAND_ERROR, COMMAND_ERROR_INTERRUPTED, "interrupted");
    else if (run->waits && !matched)
        error = wait_error(call, run);
    else if (end == RUN_EMPTY && !run->waits)
        log_warn("every guest that was to run has powered off");
    if (run->waits && run->waits->console)
        console_await(run->waits->console, NULL);
    run_free(run);
    call->data = NULL;
    command_finish(call, error);
}

static CommandResult start_run(CommandCall *call, RunGoal goal, Node *waits, const char *pattern)
{
    Session *s = call->session;
    Run *run;

    if (s->options.dry)
        return COMMAND_DONE;
    run = g_new0(Run, 1);
    run->waits = waits;
    run->timed = !goal.node;
    run->pattern = g_strdup(pattern);
    run->barriers = engine_stats(s->engine)->barriers;
    run->missed = engine_missed(s->engine);
    session_prepare_recording(s);
    run->began = htime_now();
    call->data = run;
    engine_run(s->engine, &goal, on_run_done, call);
    return COMMAND_PARKED;
}

static bool check_started(const Session *s, GError **error)
{
    bool live = s->started;

    for (unsigned i = 0; i < s->nodes->len; i++)
        live = live || node_is_live(s->nodes->pdata[i]);
    if (!live)
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                    "no node is started: `node add` and `start` come first");
    return live;
}

/* The node whose instructions are meant: named, or the only one. */
static Node *insns_node(const Session *s, const char *name, GError **error)
{
    Node *node = NULL;

    if (name)
        node = session_find_node(s, name, error);
    else if (s->nodes->len == 1)
        node = s->nodes->pdata[0];
    else
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                    "whose instructions? Say which with `on NODE`");
    if (node && !node->icount.enabled) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s runs without icount: its instructions are not counted", node->name);
        return NULL;
    }
    return node;
}

static CommandResult run_insns(CommandCall *call, Node *node, Insns target, GError **error)
{
    RunGoal goal = {.node = node, .insns = target, .time = engine_now(call->session->engine)};

    if (!call->session->options.dry && target.n < node->clock.icount.n) {
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                    "node %s has executed %" PRId64 " instructions already: there is no way back",
                    node->name, node->clock.icount.n);
        return COMMAND_FAILED;
    }
    return start_run(call, goal, NULL, NULL);
}

static CommandResult run_time(CommandCall *call, VTime target, Node *waits, const char *pattern)
{
    return start_run(call, (RunGoal){.time = target}, waits, pattern);
}

/* base + n, refused beyond 292 years. */
static bool add_time(VTime base, VTime n, VTime *out, GError **error)
{
    if (!__builtin_add_overflow(base.ns, n.ns, &out->ns))
        return true;
    g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE, "virtual time ends at 292 years");
    return false;
}

static CommandResult exec_run(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime duration, target;
    Insns insns;
    Node *node;

    if (!check_started(s, error))
        return COMMAND_FAILED;
    if (units_is_insns(call->args[0])) {
        if (call->n_args == 2 || (call->n_args == 3 && strcmp(call->args[1], "on") != 0))
            return command_usage_error(call, error);
        node = insns_node(s, call->n_args == 3 ? call->args[2] : NULL, error);
        if (!node || !units_parse_insns(call->args[0], &insns, error))
            return COMMAND_FAILED;
        return run_insns(call, node, (Insns){node->clock.icount.n + insns.n}, error);
    }
    if (call->n_args != 1)
        return command_usage_error(call, error);
    if (!units_parse_duration(call->args[0], &duration, error) ||
        !add_time(engine_now(s->engine), duration, &target, error))
        return COMMAND_FAILED;
    return run_time(call, target, NULL, NULL);
}

const Command cmd_run = {
    "run",
    "DURATION | NINSN [on NODE]",
    "Run on for a virtual time, or until a node has executed so many more instructions",
    1,
    3,
    exec_run,
};

static CommandResult exec_run_until(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime now = engine_now(s->engine), target;
    Insns insns;
    Node *node;

    if (!check_started(s, error))
        return COMMAND_FAILED;
    if (call->n_args == 2) {
        node = session_find_node(s, call->args[0], error);
        if (!node || !insns_node(s, node->name, error) ||
            !units_parse_insns(call->args[1], &insns, error))
            return COMMAND_FAILED;
        return run_insns(call, node, insns, error);
    }
    if (!units_parse_duration(call->args[0], &target, error))
        return COMMAND_FAILED;
    if (target.ns < now.ns) {
        g_autofree char *text = units_format_seconds(now);

        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                    "'%s' is over: the ensemble stands at %s, and there is no way back",
                    call->args[0], text);
        return COMMAND_FAILED;
    }
    return run_time(call, target, NULL, NULL);
}

const Command cmd_run_until = {
    "run-until",
    "TIME | NODE NINSN",
    "Run to an absolute virtual time, or to a node's absolute instruction count; exact to the "
    "instruction",
    1,
    2,
    exec_run_until,
};

static CommandResult exec_barrier(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime now = engine_now(s->engine), quantum = engine_quantum(s->engine), target;
    int64_t n = 1;

    if (!check_started(s, error) ||
        (call->n_args == 1 &&
         !units_parse_int(call->args[0], "number of barriers", 1, INT64_MAX, &n, error)))
        return COMMAND_FAILED;
    if (__builtin_mul_overflow(n, quantum.ns, &n) ||
        !add_time(vtime(now.ns - now.ns % quantum.ns), vtime(n), &target, error)) {
        if (error && !*error)
            g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE, "virtual time ends at 292 years");
        return COMMAND_FAILED;
    }
    return run_time(call, target, NULL, NULL);
}

const Command cmd_barrier = {
    "barrier", "[N]", "Run N quanta, to a barrier", 0, 1, exec_barrier,
};

static CommandResult exec_wait_line(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime timeout = {5 * NS_PER_S}, target;
    g_autoptr(GRegex) regex = NULL;
    const char *value;
    Node *node;

    if (!check_started(s, error) || !(node = session_find_node(s, call->args[0], error)))
        return COMMAND_FAILED;
    if (call->n_args == 3) {
        value = command_option(call->args[2], "timeout");
        if (!value)
            return command_usage_error(call, error);
        if (!units_parse_duration(value, &timeout, error))
            return COMMAND_FAILED;
    }
    regex = g_regex_new(call->args[1], G_REGEX_OPTIMIZE, 0, error);
    if (!regex || !add_time(engine_now(s->engine), timeout, &target, error))
        return COMMAND_FAILED;
    if (s->options.dry)
        return COMMAND_DONE;
    if (node->attached || !node->console) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s has no console that metronome can read", node->name);
        return COMMAND_FAILED;
    }
    console_await(node->console, regex);
    if (console_match(node->console)) {
        console_await(node->console, NULL);
        return COMMAND_DONE;
    }
    return run_time(call, target, node, call->args[1]);
}

const Command cmd_wait_line = {
    "wait-line",
    "NODE REGEX [timeout=5s]",
    "Run until a line of the node's console matches, and stop at the barrier behind it; the time "
    "limit is virtual",
    2,
    3,
    exec_wait_line,
};
