/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-clocks.c: clocks, clocks watch. */
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/run/clock-watch.h"
#include "controller/run/guest-agent.h"
#include "controller/run/run.h"
#include "controller/run/tracer.h"
#include "controller/session/table.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    CommandCall *call;
    Node *node;
    VTime asked, give_up; /* the ensemble's */
    ClocksAnswer *answer;
} Question;

static const Column columns[] = {
    COLUMN("clock", "clock", -20),
    COLUMN("cpu", "cpu", 3),
    COLUMN("at_virtual_ns", "at virtual ns", 16),
    COLUMN("value_ns", "value ns", 22),
    COLUMN("offset_ns", "offset ns", 22, .sign = true),
    COLUMN("rate", "rate", 14, .decimals = 9),
    COLUMN("drift_ppm", "drift ppm", 12, .decimals = 3, .sign = true),
};
static const Table table = {"clocks", columns, G_N_ELEMENTS(columns)};

static void answer_sample(const Session *s, const ClockSample *c, bool known, double rate)
{
    const Cell none = cell_text(NULL);
    const Cell cells[] = {cell_text(c->name),
                          cell_int(c->cpu),
                          cell_int(c->at.ns),
                          c->why_not ? none : cell_int(c->value),
                          c->why_not ? none : cell_int(c->value - c->at.ns),
                          known ? cell_real(rate) : none,
                          known ? cell_real((rate - 1) * 1e6) : none};

    answer_text(table_row(s, &table, cells), "why_not", c->why_not);
}

static void print_samples(Session *s, const Node *n, const GArray *samples)
{
    for (unsigned i = 0; i < samples->len; i++) {
        const ClockSample *c = &g_array_index(samples, ClockSample, i);
        double rate = 0;
        bool known = clock_watch_rate(s, n, c, &rate);

        tracer_clock(s, n, c);
        if (s->answer) {
            answer_sample(s, c, known && !c->why_not, rate);
            continue;
        }
        session_print(s, "%-20s %3d %16" PRId64, c->name, c->cpu, c->at.ns);
        if (c->why_not)
            session_print(s, " %22s\n", c->why_not);
        else if (known)
            session_print(s, " %22" PRId64 " %+22" PRId64 " %14.9f %+12.3f\n", c->value,
                          c->value - c->at.ns, rate, (rate - 1) * 1e6);
        else
            session_print(s, " %22" PRId64 " %+22" PRId64 "\n", c->value, c->value - c->at.ns);
    }
}

static void print_own(Session *s, Node *n)
{
    g_autoptr(GArray) own = clock_watch_own(n);

    if (s->answer) {
        answer_text(s->answer, "node", n->name);
        answer_int(s->answer, "icount", n->clock.icount.n);
    } else {
        session_print(s, "node %s: %" PRId64 " instructions\n", n->name, n->clock.icount.n);
    }
    table_begin(s, &table);
    print_samples(s, n, own);
}

static void question_end(Question *q, GError *error)
{
    CommandCall *call = q->call;

    clocks_answer_free(q->answer);
    g_free(q);
    command_finish(call, error);
}

static void print_answer(Question *q)
{
    Session *s = q->call->session;
    g_autofree char *asked = units_format_seconds(q->asked);
    g_autofree char *now = units_format_seconds(engine_now(s->engine));

    print_own(s, q->node);
    print_samples(s, q->node, q->answer->samples);
    if (s->answer) {
        answer_int(s->answer, "asked_virtual_ns", q->asked.ns);
        answer_int(s->answer, "virtual_ns", engine_now(s->engine).ns);
        return;
    }
    session_print(s,
                  "The guest was asked at %s, its clocks are those of the virtual times in the "
                  "column; now it is %s\n",
                  asked, now);
}

static bool go_on(Question *q, GError **error);

static void on_quantum(const RunOutcome *o, void *data)
{
    Question *q = data;
    Session *s = q->call->session;
    GError *error = NULL;

    if (o->end == RUN_FAILED)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_NODE, o->error->message);
    else if (s->interrupted)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted");
    else if (o->why)
        error = g_error_new(SESSION_ERROR, SESSION_ERROR_FAILED, "clocks: %s", o->why);
    else if (q->node->state != NODE_PAUSED || o->end == RUN_EMPTY)
        error = g_error_new(SESSION_ERROR, SESSION_ERROR_FAILED, "node %s %s", q->node->name,
                            node_left_text(q->node->state, q->node->exit_status));
    else if (guest_agent_read(q->node, q->answer, &error) && !q->answer->done &&
             engine_now(s->engine).ns >= q->give_up.ns)
        error = g_error_new(SESSION_ERROR, SESSION_ERROR_FAILED,
                            "node %s: its guest has not answered in time: is initramfs-agent "
                            "booted, or `agent serve` running? What needs no guest is above",
                            q->node->name);
    if (error || q->answer->done)
        command_resume(q->call);
    if (error && error->code == SESSION_ERROR_FAILED && error->domain == SESSION_ERROR)
        print_own(s, q->node);
    if (!error && q->answer->done)
        print_answer(q);
    else if (!error && go_on(q, &error))
        return;
    question_end(q, error);
}

/* One quantum more. */
static bool go_on(Question *q, GError **error)
{
    const Session *s = q->call->session;
    RunSpec spec = {.goal = {.time = engine_next_barrier(s->engine)}};

    return run_start(q->call->session, &spec, on_quantum, q, error);
}

static CommandResult ask(CommandCall *call, Node *node, VTime timeout, GError **error)
{
    Session *s = call->session;
    Question *q = g_new0(Question, 1);

    q->call = call;
    q->node = node;
    q->asked = engine_now(s->engine);
    q->give_up = vtime_add_capped(q->asked, timeout);
    q->answer = clocks_answer_new(clock_watch_next_id(s),
                                  node->icount.enabled ? INT64_C(1) << node->icount.shift : 1);
    if (guest_agent_ask(call->session, node, q->answer->id, "clocks", error) && go_on(q, error))
        return COMMAND_PARKED;
    clocks_answer_free(q->answer);
    g_free(q);
    return COMMAND_FAILED;
}

static CommandResult watch(const CommandCall *call, GError **error)
{
    bool off = args_has(call, "off");
    int64_t every = off ? 0 : args_count(call, "every", 1);

    if (call->session->options.quiet && !call->session->options.reports && !off) {
        clock_watch_refuse(error);
        return COMMAND_FAILED;
    }
    if (call->session->options.dry)
        return COMMAND_DONE;
    return clock_watch_set(call->session, every, error) ? COMMAND_DONE : COMMAND_FAILED;
}

static CommandResult exec_clocks(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *node = args_node(call);

    if (args_has(call, "watch"))
        return watch(call, error);
    if (s->options.dry)
        return command_would_reach(s, node, error);
    if (!node_check(node, false, error))
        return COMMAND_FAILED;
    if (!guest_agent_why_not(node))
        return ask(call, node, args_time(call, "timeout", vtime(NS_PER_S)), error);
    print_own(s, node);
    if (s->answer)
        answer_text(s->answer, "why_no_guest", guest_agent_why_not(node));
    else
        session_print(s, "%s\n", guest_agent_why_not(node));
    return COMMAND_DONE;
}

const Command cmd_clocks = {
    .name = "clocks",
    .usage = "NODE [timeout=1s] | watch [every=N] | watch off",
    .least = 1,
    .most = 1000000,
    .help =
        "Show every clock of a node: value, offset to virtual time, rate and drift since the last "
        "call; runs until the guest's agent has answered, within a virtual time. watch: write them "
        "for all nodes to clocks.csv of the report, every N quanta of runs",
    .exec = exec_clocks,
};
