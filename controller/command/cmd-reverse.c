/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-reverse.c: what goes back in time: reverse, reverse-until, reverse-step; checkpoint. */
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/command/look.h"
#include "controller/past/past.h"
#include "controller/past/reverse.h"
#include "controller/run/node-symbols.h"
#include "controller/session/journal.h"
#include "controller/session/table.h"

#include <inttypes.h>

static const char *const ends[] = {
    [REVERSE_REACHED] = "reached", [REVERSE_BEGINNING] = "beginning", [REVERSE_STOPPED] = "stopped",
    [REVERSE_UNSURE] = "unsure",   [REVERSE_FAILED] = "failed",
};

static void answer_reverse(const CommandCall *call, const ReverseOutcome *o)
{
    Answer *a = call->session->answer;

    answer_text(a, "end", ends[o->end]);
    answer_text(a, "why", o->why);
    answer_int(a, "break", o->number);
    answer_text(a, "node", o->node ? o->node->name : NULL);
    answer_int(a, "virtual_ns", engine_now(call->session->engine).ns);
    answer_int(a, "host_ns", o->host.ns);
}

static char *hex(const uint8_t *bytes, unsigned size)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < size; i++)
        g_string_append_printf(text, "%s%02x", i > 0 ? " " : "", bytes[i]);
    return g_string_free(text, FALSE);
}

/* Of who-wrote, which stands behind the write. */
static void tell_writer(const CommandCall *call, const ReverseOutcome *o)
{
    Session *s = call->session;
    unsigned length = (unsigned)args_count(call, "LEN", 8);
    g_autofree char *time = units_format_seconds(o->time), *place = NULL;
    g_autofree char *before = o->before ? hex(o->before, length) : NULL;
    g_autofree char *after = o->after ? hex(o->after, length) : NULL;
    g_autofree char *pc = g_strdup_printf("0x%" PRIx64, o->pc);
    g_autofree char *insns = g_strdup_printf("%" PRId64, o->insns.n);
    g_autofree char *entry = g_strdup_printf("%" PRIu64, o->entry);

    if (o->end != REVERSE_REACHED || !o->node) {
        session_print(s, "nothing has written there since the past begins%s\n",
                      o->unseen ? ", that is, no instruction by this address: the value is another "
                                  "one now, by a device, or by another address"
                                : "");
        return;
    }
    if (o->by_instruction) {
        place = node_symbols_place(s, o->node, o->pc);
        session_print(s, "node %s: the instruction at %s wrote, icount %s, its time %s: %s -> %s\n",
                      o->node->name, place, insns, time, before, after);
    } else {
        session_print(s, "node %s: entry %s of the journal wrote, at %s: %s -> %s\n", o->node->name,
                      entry, time, before, after);
    }
    if (o->unseen)
        session_print(s, "the value is another one now: what changed it was no instruction that "
                         "wrote to this address: a device, or one by another address\n");
    if (s->options.json) {
        const char *const members[] = {"node",   o->node->name,
                                       "by",     o->by_instruction ? "instruction" : "journal",
                                       "pc",     pc,
                                       "icount", insns,
                                       "time",   time,
                                       "before", before,
                                       "after",  after,
                                       "entry",  entry,
                                       NULL};

        session_event(s, "writer", members);
    }
    if (!s->answer)
        return;
    answer_text(s->answer, "by", o->by_instruction ? "instruction" : "journal");
    answer_text(s->answer, "pc", o->by_instruction ? pc : NULL);
    answer_text(s->answer, "place", place);
    answer_int(s->answer, "icount", o->insns.n);
    answer_int(s->answer, "write_virtual_ns", o->time.ns);
    answer_bytes(s->answer, "before", o->before, length);
    answer_bytes(s->answer, "after", o->after, length);
    answer_count(s->answer, "entry", o->entry);
    answer_bool(s->answer, "unseen", o->unseen);
}

/* Where the node stands now whose instructions were asked for. */
static void tell_node(Session *s, const ReverseGoal *goal)
{
    Node *n = goal->node;
    int vcpu = goal->kind == REVERSE_STEP_VCPU ? (int)goal->vcpu : -1;
    g_autofree char *time = units_format_seconds(node_ensemble_time(n));
    g_autofree char *instruction =
        n->state == NODE_PAUSED ? look_instruction(s, n, vcpu, NULL) : NULL;

    session_print(s, "%s: icount %" PRId64 ", time %s%s%s\n", n->name, n->clock.icount.n, time,
                  instruction ? ", " : "", instruction ? instruction : "");
}

static void announce(const CommandCall *call, const ReverseOutcome *o)
{
    Session *s = call->session;
    g_autofree char *now = units_format_seconds(engine_now(s->engine));
    g_autofree char *virtual_ns = g_strdup_printf("%" PRId64, engine_now(s->engine).ns);
    g_autofree char *h = g_strdup_printf("%.6f", (double)o->host.ns / 1e9);
    g_autofree char *number = g_strdup_printf("%u", o->number);
    const char *const members[] = {"command",
                                   call->command->name,
                                   "end",
                                   ends[o->end],
                                   "why",
                                   o->why ? o->why : "",
                                   "break",
                                   number,
                                   "node",
                                   o->node ? o->node->name : "",
                                   "virtual_ns",
                                   virtual_ns,
                                   "host_seconds",
                                   h,
                                   NULL};

    session_event(s, "reverse", members);
    if (call->command == &cmd_who_wrote)
        tell_writer(call, o);
    log_info("%s: %s at %s, %s s host", call->command->name, ends[o->end], now, h);
    if (s->answer)
        answer_reverse(call, o);
    if (s->options.json || s->answer)
        return;
    if (o->goal->node && call->command != &cmd_who_wrote)
        tell_node(s, o->goal);
    if (o->why)
        session_print(s, "%s; ", o->why);
    else if (call->command == &cmd_reverse_continue)
        session_print(
            s, "nothing was hit since the past begins: `run-until TIME` goes forward again, as "
               "the same run\n");
    session_print(s, "the ensemble stands at %s\n", now);
}

static void on_done(const ReverseOutcome *o, void *data)
{
    CommandCall *call = data;
    Session *s = call->session;
    g_autofree char *origin =
        g_strjoinv(" ", (char *[]){(char *)call->command->name, call->args[0], NULL});
    GError *error = NULL;

    command_resume(call);
    if (o->end == REVERSE_FAILED)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_NODE, o->error->message);
    else if (o->end == REVERSE_UNSURE)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_FAILED, o->why);
    else if (o->end == REVERSE_STOPPED)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted");
    if (!error) {
        journal_set_origin(s, origin);
        announce(call, o);
    }
    command_finish(call, error);
}

static CommandResult go(CommandCall *call, ReverseGoal *goal, GError **error)
{
    Session *s = call->session;

    goal->anyway = args_has(call, "anyway");
    if (s->options.dry)
        return !command_is_sure(s) || reverse_can(s, goal->anyway, error) ? COMMAND_DONE
                                                                          : COMMAND_FAILED;
    return reverse_start(s, goal, on_done, call, error) ? COMMAND_PARKED : COMMAND_FAILED;
}

/* The node whose instructions are meant. */
static Node *insns_node(const CommandCall *call, GError **error)
{
    return args_counted_node(call, "There are several nodes: name one", error);
}

static CommandResult exec_reverse(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime now = engine_now(s->engine), by = args_time(call, "DURATION", vtime(0));
    ReverseGoal goal = {.kind = REVERSE_TO_TIME, .time = vtime(now.ns - by.ns)};

    if (!command_check_started(s, error))
        return COMMAND_FAILED;
    if (args_has(call, "NINSN")) {
        goal = (ReverseGoal){.kind = REVERSE_STEP, .count = (uint64_t)args_insns(call).n};
        goal.node = insns_node(call, error);
        return goal.node ? go(call, &goal, error) : COMMAND_FAILED;
    }
    if (goal.time.ns < 0 && !s->options.dry) {
        g_autofree char *text = units_format_seconds(now);

        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is more than has passed: the ensemble stands at %s",
                    args_text(call, "DURATION"), text);
        return COMMAND_FAILED;
    }
    return go(call, &goal, error);
}

const Command cmd_reverse = {
    .name = "reverse",
    .usage = "DURATION [anyway] | NINSN [on NODE] [anyway]",
    .help =
        "Take the whole ensemble back by a virtual time, or by instructions of a node: from the "
        "last checkpoint, save or start before that it runs forward again, and gets all that "
        "came from outside where it came",
    .exec = exec_reverse,
};

static CommandResult exec_reverse_until(CommandCall *call, GError **error)
{
    Session *s = call->session;
    ReverseGoal goal = {.kind = REVERSE_TO_TIME, .time = args_time(call, "TIME", vtime(0))};

    if (!command_check_started(s, error))
        return COMMAND_FAILED;
    if (args_has(call, "NINSN")) {
        goal = (ReverseGoal){.kind = REVERSE_TO_INSNS, .insns = args_insns(call)};
        goal.node = insns_node(call, error);
        if (!goal.node)
            return COMMAND_FAILED;
    }
    return go(call, &goal, error);
}

const Command cmd_reverse_until = {
    .name = "reverse-until",
    .usage = "TIME [anyway] | NODE NINSN [anyway]",
    .help = "Take the whole ensemble back to an absolute virtual time, or to a node's absolute "
            "instruction count",
    .exec = exec_reverse_until,
};

static CommandResult exec_reverse_step(CommandCall *call, GError **error)
{
    ReverseGoal goal = {.kind = REVERSE_STEP, .count = (uint64_t)args_count(call, "N", 1)};

    if (!command_check_started(call->session, error))
        return COMMAND_FAILED;
    goal.node = insns_node(call, error);
    if (args_vcpu(call) >= 0) {
        goal.kind = REVERSE_STEP_VCPU;
        goal.vcpu = (unsigned)args_vcpu(call);
    }
    return goal.node ? go(call, &goal, error) : COMMAND_FAILED;
}

const Command cmd_reverse_step = {
    .name = "reverse-step",
    .usage = "[NODE[.CPU]] [N] [anyway]",
    .least = 1,
    .most = INT64_C(1) << 40,
    .help = "Take the whole ensemble back by N instructions of a node, or of one of its vCPUs",
    .exec = exec_reverse_step,
};

static CommandResult exec_reverse_continue(CommandCall *call, GError **error)
{
    ReverseGoal goal = {.kind = REVERSE_CONTINUE};

    return command_check_started(call->session, error) ? go(call, &goal, error) : COMMAND_FAILED;
}

const Command cmd_reverse_continue = {
    .name = "reverse-continue",
    .usage = "[anyway]",
    .help = "Take the whole ensemble back to the last hit of any break before now, whichever node "
            "hit it; without one, to where the past begins",
    .exec = exec_reverse_continue,
};

static CommandResult exec_who_wrote(CommandCall *call, GError **error)
{
    ReverseGoal goal = {.kind = REVERSE_TO_WRITE,
                        .node = args_node(call),
                        .address = args_address(call),
                        .length = (unsigned)args_count(call, "LEN", 8)};

    if (!command_check_started(call->session, error) ||
        !command_check_range(goal.address, goal.length, error))
        return COMMAND_FAILED;
    if (call->session->options.dry &&
        command_would_reach(call->session, goal.node, error) == COMMAND_FAILED)
        return COMMAND_FAILED;
    if (!call->session->options.dry && !node_check(goal.node, false, error))
        return COMMAND_FAILED;
    return go(call, &goal, error);
}

const Command cmd_who_wrote = {
    .name = "who-wrote",
    .usage = "NODE ADDR [LEN] [anyway]",
    .least = 1,
    .most = REVERSE_MOST_BYTES,
    .help =
        "Take the whole ensemble back to the last write to memory at a virtual address (8 bytes "
        "without LEN), and show which instruction wrote when, and the value before and after",
    .exec = exec_who_wrote,
};

/* --- checkpoint --- */

static const Column columns[] = {
    COLUMN_SHOWN("virtual time", -16), COLUMN_TYPED("virtual_ns"), COLUMN("kind", "kind", -12),
    COLUMN_SHOWN("memory", 12),        COLUMN_TYPED("bytes"),
};
static const Table table = {"points", columns, G_N_ELEMENTS(columns)};

static void list(const Session *s)
{
    static const char *const kinds[] = {"start", "save", "checkpoint"};
    uint64_t sum = 0;

    table_begin(s, &table);
    for (unsigned i = 0; i < past_count(s); i++) {
        const PastPoint *p = past_point(s, i);
        g_autofree char *time = units_format_seconds(p->time);
        uint64_t bytes = past_point_bytes(p);
        g_autofree char *size = g_strdup_printf("%.1f MB", (double)bytes / 1e6);
        const Cell cells[] = {cell_text(time), cell_int(p->time.ns), cell_text(kinds[p->kind]),
                              cell_text(bytes > 0 ? size : "thinned out"), cell_count(bytes)};

        sum += bytes;
        table_row(s, &table, cells);
    }
    if (s->answer) {
        answer_int(s->answer, "every_ns", past_every(s).ns);
        answer_int(s->answer, "keep", past_keep(s));
        answer_count(s->answer, "bytes", sum);
        return;
    }
    if (past_every(s).ns > 0) {
        g_autofree char *every = units_format_duration(past_every(s));

        session_print(s, "every %s, at most %u are kept; %.1f MB in all\n", every, past_keep(s),
                      (double)sum / 1e6);
    } else {
        session_print(s, "no checkpoints are made; %.1f MB in all\n", (double)sum / 1e6);
    }
}

static CommandResult exec_checkpoint(CommandCall *call, GError **error)
{
    Session *s = call->session;
    bool off = args_is(call, "every", "off");
    VTime every = off ? vtime(0) : args_time(call, "every", past_every(s));

    if (args_has(call, "every") && !off && every.ns <= 0) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "every=%s: a virtual time above 0 is right, such as 100ms, or `off`",
                    args_text(call, "every"));
        return COMMAND_FAILED;
    }
    if (!command_check_started(s, error))
        return COMMAND_FAILED;
    if (call->n_args > 0 && !off && command_is_sure(s) && !reverse_can(s, true, error))
        return COMMAND_FAILED;
    if (s->options.dry)
        return COMMAND_DONE;
    if (call->n_args == 0) {
        list(s);
        return COMMAND_DONE;
    }
    past_set_checkpoints(s, every, (unsigned)args_count(call, "keep", 0));
    return COMMAND_DONE;
}

const Command cmd_checkpoint = {
    .name = "checkpoint",
    .usage = "[every=100ms|off] [keep=N]",
    .least = 1,
    .most = 100000,
    .help =
        "Save the ensemble in memory at each multiple of a virtual time, so that the way back is "
        "short; of all of them the data of N is kept (50), the older the thinner; without "
        "arguments list them with their memory",
    .exec = exec_checkpoint,
};
