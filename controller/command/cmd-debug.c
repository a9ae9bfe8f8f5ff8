/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-debug.c: step, regs, mem. */
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/command/look.h"
#include "controller/command/poke-command.h"
#include "controller/engine/rest.h"
#include "controller/qemu/debug.h"
#include "controller/run/node-symbols.h"
#include "controller/run/peek.h"
#include "controller/run/run.h"
#include "controller/session/journal.h"

#include <inttypes.h>
#include <string.h>

/* A step that waits longer in virtual time for an interrupt gives up. */
#define STEP_PATIENCE_NS (100 * NS_PER_MS)

/* The name goes behind the number with which QEMU's line begins. */
static char *with_name(Session *s, const Node *n, uint64_t pc, const char *line)
{
    g_autofree char *suffix = node_symbols_suffix(s, n, pc);
    size_t number = strcspn(line, ":");

    return g_strdup_printf("%.*s%s%s", (int)number, line, suffix, line + number);
}

char *look_instruction(Session *s, Node *n, int vcpu, GError **error)
{
    g_autofree char *arguments = NULL, *output = NULL;
    GdbThread thread;
    uint64_t pc = 0;
    bool ok;

    if (!debug_use(n, error))
        return NULL;
    ok = debug_thread(n, vcpu < 0 ? 0 : (unsigned)vcpu, &thread, error) &&
         debug_pc(n, &thread, &pc, error);
    debug_release(n);
    if (!ok)
        return NULL;
    arguments = g_strdup_printf("{\"command-line\":\"x/1i 0x%" PRIx64 "\",\"cpu-index\":%d}", pc,
                                MAX(vcpu, 0));
    output = node_qmp(n, "human-monitor-command", arguments, NULL);
    if (output && strstr(output, "0x") && !strstr(output, "OBJD") && !strstr(output, "Cannot")) {
        g_auto(GStrv) lines = g_strsplit(strstr(output, "0x"), "\\r", 2);

        return with_name(s, n, pc, lines[0]);
    }
    return node_symbols_place(s, n, pc);
}

/* --- step --- */

typedef struct {
    Node *node;
    int vcpu;
    Insns before;
    VTime began;
    bool masked;
} Step;

static void answer_step(Answer *a, const Step *step, const RunOutcome *o, const char *instruction)
{
    const Node *n = step->node;

    answer_text(a, "node", n->name);
    answer_text(a, "end", o->how);
    answer_text(a, "why", o->why);
    answer_int(a, "executed", n->clock.icount.n - step->before.n);
    answer_int(a, "icount", n->clock.icount.n);
    answer_int(a, "virtual_ns", node_ensemble_time(n).ns);
    answer_text(a, "instruction", instruction);
}

static void show_step(const CommandCall *call, const Step *step, const RunOutcome *o)
{
    Session *s = call->session;
    g_autoptr(GError) error = NULL;
    Node *n = step->node;
    g_autofree char *time = units_format_seconds(node_ensemble_time(n));
    g_autofree char *icount = g_strdup_printf("%" PRId64, n->clock.icount.n);
    g_autofree char *instruction = NULL;
    const char *const members[] = {"node", n->name, "end", o->how, "icount",
                                   icount, "time",  time,  NULL};

    session_event(s, "step", members);
    if (n->state == NODE_PAUSED && !s->options.json) {
        instruction = look_instruction(s, n, step->vcpu, &error);
        if (!instruction)
            instruction = g_strdup(error->message);
    }
    if (s->answer)
        answer_step(s->answer, step, o, instruction);
    if (!instruction || s->answer)
        return;
    session_print(s, "%s%s: %" PRId64 " executed, icount %s, time %s, %s\n", n->name,
                  o->why ? " stopped" : "", n->clock.icount.n - step->before.n, icount, time,
                  instruction);
    if (o->why)
        session_print(s, "%s\n", o->why);
}

static GError *asleep_error(const Step *step)
{
    const Node *n = step->node;
    g_autofree char *who = step->vcpu < 0
                               ? g_strdup_printf("node %s", n->name)
                               : g_strdup_printf("vCPU %d of node %s", step->vcpu, n->name);

    return g_error_new(
        SESSION_ERROR, SESSION_ERROR_FAILED,
        "%s waits for an interrupt, so it executes nothing: %s%s", who,
        step->masked ? "`step … mask=off` lets time pass until one comes, " : "none came, ",
        step->masked ? "`run` and `barrier` too" : "`run` and `barrier` let more time pass");
}

static void on_step_done(const RunOutcome *o, void *data)
{
    CommandCall *call = data;
    Session *s = call->session;
    g_autofree Step *step = call->data;
    GError *error = NULL;

    command_resume(call);
    journal_steps(s, step->node, JOURNAL_BY_COMMAND,
                  &(JournalSteps){step->vcpu, step->masked, step->before, step->began});
    show_step(call, step, o);
    if (o->end == RUN_FAILED)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_NODE, o->error->message);
    else if (s->interrupted)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted");
    else if (o->end == RUN_ASLEEP || o->end == RUN_TIME_UP)
        error = asleep_error(step);
    else if (o->end == RUN_EMPTY)
        error = g_error_new(SESSION_ERROR, SESSION_ERROR_NODE, "node %s %s", step->node->name,
                            node_left_text(step->node->state, step->node->exit_status));
    call->data = NULL;
    command_finish(call, error);
}

static CommandResult exec_step(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *node = args_has(call, "NODE") ? args_node(call) : command_only_node(s);
    int64_t count = args_count(call, "N", 1);
    bool masked = !args_is(call, "mask", "off");
    RunSpec spec = {.pace = 0};
    Step *step;

    if (!command_check_started(s, error))
        return COMMAND_FAILED;
    if (!node)
        return command_usage_error(call, "NODE is missing: there are several nodes", error);
    if (!s->options.dry && !node_check(node, false, error))
        return COMMAND_FAILED;
    if (!node->icount.enabled) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s runs without icount: its steps can't be counted", node->name);
        return COMMAND_FAILED;
    }
    if (s->options.dry)
        return command_would_reach(s, node, error);
    rest_settle(node);
    step = g_new0(Step, 1);
    *step = (Step){node, args_vcpu(call), node->clock.icount, engine_now(s->engine), masked};
    spec.goal = (RunGoal){
        .time = {engine_now(s->engine).ns + STEP_PATIENCE_NS + (count << node->icount.shift)},
        .node = node,
        .insns = {step->before.n + count},
        .step = true,
        .vcpu = step->vcpu,
        .manner = masked ? STEP_MASKED : STEP_LIVE};
    call->data = step;
    if (run_start(s, &spec, on_step_done, call, error))
        return COMMAND_PARKED;
    g_clear_pointer(&call->data, g_free);
    return COMMAND_FAILED;
}

const Command cmd_step = {
    .name = "step",
    .usage = "[NODE[.CPU]] [N] [mask=on|off]",
    .least = 1,
    .most = INT64_C(1) << 40,
    .help = "Execute N instructions, one by one; mask=on (gdb's default) keeps interrupts and "
            "timers away, "
            "mask=off lets them act as in a run. The other nodes follow at each barrier",
    .exec = exec_step,
};

/* --- regs --- */

static bool is_pc(const char *name)
{
    return strcmp(name, "pc") == 0 || strcmp(name, "rip") == 0 || strcmp(name, "eip") == 0;
}

static void answer_register(Session *s, const Node *n, const GdbRegister *r, const uint8_t *bytes,
                            const char *name)
{
    Answer *row = answer_add(s->answer, "registers");
    uint64_t pc = 0;

    answer_text(row, "name", name);
    answer_int(row, "bits", r->bitsize);
    answer_hex(row, "value", bytes, r->bitsize);
    if (is_pc(name) && r->bitsize <= 64) {
        g_autofree char *place = NULL;

        for (unsigned i = (r->bitsize + 7) / 8; i-- > 0;)
            pc = pc << 8 | bytes[i];
        place = node_symbols_place(s, n, pc);
        answer_text(row, "place", place);
    }
}

static bool show_register(Session *s, const Node *n, GdbClient *gdb, const GdbThread *thread,
                          const GdbRegister *r, GError **error)
{
    size_t size = (r->bitsize + 7) / 8;
    g_autofree uint8_t *bytes = g_malloc0(size);
    g_autofree char *name = text_line(r->name, -1);
    g_autoptr(GString) text = g_string_new("0x");
    g_autofree char *suffix = NULL;

    if (!gdb_register_read_bytes(gdb, thread, r->name, bytes, size, NODE_REPLY_MS, error))
        return false;
    if (s->answer) {
        answer_register(s, n, r, bytes, name);
        return true;
    }
    for (size_t i = size; i-- > 0;)
        g_string_append_printf(text, "%02x", bytes[i]);
    suffix = is_pc(name) ? node_symbols_suffix(s, n, g_ascii_strtoull(text->str + 2, NULL, 16))
                         : g_strdup("");
    session_print(s, "%-16s %s%s\n", name, text->str, suffix);
    return true;
}

static bool show_registers(CommandCall *call, Node *n, GError **error)
{
    GdbClient *gdb = debug_client(n);
    const GArray *all = gdb_register_list(gdb, NODE_REPLY_MS, error);
    unsigned shown = 0;
    GdbThread thread;

    if (!all || !debug_thread(n, (unsigned)MAX(args_vcpu(call), 0), &thread, error))
        return false;
    if (call->session->answer) {
        answer_text(call->session->answer, "node", n->name);
        answer_int(call->session->answer, "vcpu", MAX(args_vcpu(call), 0));
        answer_list(call->session->answer, "registers");
    }
    for (unsigned i = 1; i < call->n_args; i++) {
        const GdbRegister *r = peek_find_register(n, call->args[i], error);

        if (!r || !show_register(call->session, n, gdb, &thread, r, error))
            return false;
    }
    for (unsigned i = 0; call->n_args == 1 && i < all->len; i++) {
        const GdbRegister *r = &g_array_index(all, GdbRegister, i);

        if (!gdb_register_is_general(all, r))
            continue;
        if (!show_register(call->session, n, gdb, &thread, r, error))
            return false;
        shown++;
    }
    if (call->n_args > 1 || shown > 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "node %s: QEMU names no general registers; `regs %s REG` shows one by its name",
                n->name, n->name);
    return false;
}

static CommandResult exec_regs(CommandCall *call, GError **error)
{
    Node *n = args_node(call);
    bool ok;

    if (command_has_values(call->args))
        return poke_command_registers(call, error);

    if (call->session->options.dry)
        return command_would_reach(call->session, n, error);
    if (!node_check(n, true, error) || !debug_use(n, error))
        return COMMAND_FAILED;
    ok = show_registers(call, n, error);
    debug_release(n);
    return ok ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_regs = {
    .name = "regs",
    .usage = "NODE[.CPU] [REG…] | NODE[.CPU] REG=VALUE…",
    .help =
        "Show the general registers of a vCPU, or those that are named, system registers included; "
        "with values, set them: all or none; pc and sp are known on each architecture, a VALUE is "
        "a number (also 0x… or negative) or a name as in `symbols`",
    .exec = exec_regs,
    .when = COMMAND_LOOKS,
    .values_act = true,
};

/* --- mem --- */

static void answer_memory(Answer *a, const Node *n, uint64_t address, const uint8_t *bytes,
                          size_t size)
{
    uint8_t place[sizeof(address)];

    for (unsigned i = 0; i < sizeof(place); i++)
        place[i] = (uint8_t)(address >> 8 * i);
    answer_text(a, "node", n->name);
    answer_hex(a, "address", place, 64);
    answer_count(a, "size", size);
    answer_bytes(a, "bytes", bytes, size);
}

static void show_memory(const Session *s, uint64_t address, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += 16) {
        g_autoptr(GString) line = g_string_new(NULL);

        g_string_append_printf(line, "0x%016" PRIx64 " ", address + at);
        for (size_t i = at; i < at + 16; i++)
            if (i < size)
                g_string_append_printf(line, " %02x", bytes[i]);
            else
                g_string_append(line, "   ");
        g_string_append(line, "  ");
        for (size_t i = at; i < MIN(at + 16, size); i++)
            g_string_append_c(line, g_ascii_isprint(bytes[i]) ? (char)bytes[i] : '.');
        session_print(s, "%s\n", line->str);
    }
}

static CommandResult exec_mem(CommandCall *call, GError **error)
{
    Node *n = args_node(call);
    uint64_t address = args_address(call);
    int64_t size = args_count(call, "LEN", 0);
    g_autofree uint8_t *bytes = NULL;

    if (!command_check_range(address, (uint64_t)size, error))
        return COMMAND_FAILED;
    if (call->session->options.dry)
        return command_would_reach(call->session, n, error);
    bytes = g_malloc((gsize)size);
    if (!node_check(n, true, error))
        return COMMAND_FAILED;
    if (!peek_memory(n, 0, address, bytes, (size_t)size, args_is(call, "phys", "on"), error)) {
        g_prefix_error(error, "node %s: ", n->name);
        return COMMAND_FAILED;
    }
    if (call->session->answer)
        answer_memory(call->session->answer, n, address, bytes, (size_t)size);
    else
        show_memory(call->session, address, bytes, (size_t)size);
    return COMMAND_DONE;
}

const Command cmd_mem = {
    .name = "mem",
    .usage = "NODE ADDR LEN [phys=on|off]",
    .least = 1,
    .most = POKE_MOST,
    .help = "Show guest memory at a virtual address as vCPU 0 sees it, or at a physical one",
    .exec = exec_mem,
    .when = COMMAND_LOOKS,
};
