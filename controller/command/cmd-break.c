/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-break.c: break time, pc, access, console, when; breaks, delete, watch, pause. */
#include "controller/base/units.h"
#include "controller/command/command.h"
#include "controller/run/breaks.h"
#include "controller/run/run.h"

#include <string.h>

/* Scripts and people delete by this number. */
static CommandResult added(const CommandCall *call, unsigned number)
{
    if (number == 0)
        return COMMAND_FAILED;
    if (!call->session->options.dry)
        session_print(call->session, "%s %u\n",
                      strcmp(call->command->name, "watch") == 0 ? "watch" : "break", number);
    return COMMAND_DONE;
}

static CommandResult exec_break_time(CommandCall *call, GError **error)
{
    VTime time;

    if (!units_parse_duration(call->args[0], &time, error))
        return COMMAND_FAILED;
    return added(call, breaks_add_time(call->session, time, error));
}

const Command cmd_break_time = {
    .name = "break time",
    .usage = "TIME",
    .help = "Stop runs at an absolute virtual time",
    .min_args = 1,
    .max_args = 1,
    .exec = exec_break_time,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_pc(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *node = session_find_node(s, call->args[0], error);
    uint64_t address;

    if (!node || !command_parse_address(call->args[1], &address, error))
        return COMMAND_FAILED;
    return added(call, breaks_add_point(s, node, GDB_POINT_HARDWARE, address, 4, error));
}

const Command cmd_break_pc = {
    .name = "break pc",
    .usage = "NODE ADDR",
    .help = "Stop runs before a vCPU of the node executes the instruction at an address; the other "
            "nodes "
            "stand at their next barrier",
    .min_args = 2,
    .max_args = 2,
    .exec = exec_break_pc,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_access(CommandCall *call, GError **error)
{
    static const struct {
        const char *name;
        GdbPoint type;
    } kinds[] = {{"write", GDB_POINT_WRITE}, {"read", GDB_POINT_READ}, {"any", GDB_POINT_ACCESS}};
    Session *s = call->session;
    Node *node = session_find_node(s, call->args[0], error);
    GdbPoint type = GDB_POINT_WRITE;
    const char *kind = NULL;
    int64_t length = 8;
    uint64_t address;
    bool known = true;

    if (!node || !command_parse_address(call->args[1], &address, error))
        return COMMAND_FAILED;
    if (call->n_args > 2)
        kind = command_option(call->args[call->n_args - 1], "on");
    for (unsigned i = 0; kind && i < G_N_ELEMENTS(kinds); i++) {
        known = strcmp(kind, kinds[i].name) == 0;
        if (known) {
            type = kinds[i].type;
            break;
        }
    }
    if (!known || (call->n_args == 4 && !kind))
        return command_usage_error(call, error);
    if (call->n_args - (kind != NULL) == 3 &&
        !units_parse_int(call->args[2], "length", 1, 4096, &length, error))
        return COMMAND_FAILED;
    return added(call, breaks_add_point(s, node, type, address, (unsigned)length, error));
}

const Command cmd_break_access = {
    .name = "break access",
    .usage = "NODE ADDR [LEN] [on=write|read|any]",
    .help =
        "Stop runs behind an instruction of the node that writes (or reads) memory at a virtual "
        "address; 8 bytes of it without LEN",
    .min_args = 2,
    .max_args = 4,
    .exec = exec_break_access,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_console(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *node = session_find_node(s, call->args[0], error);

    if (!node)
        return COMMAND_FAILED;
    if (node->attached) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s has no console that metronome can read", node->name);
        return COMMAND_FAILED;
    }
    return added(call, breaks_add_console(s, node, call->args[1], error));
}

const Command cmd_break_console = {
    .name = "break console",
    .usage = "NODE REGEX",
    .help = "Stop runs at the barrier behind a console line that matches, and say in which quantum "
            "it was "
            "written",
    .min_args = 2,
    .max_args = 2,
    .exec = exec_break_console,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_when(CommandCall *call, GError **error)
{
    g_autofree char *text = g_strjoinv(" ", call->args);

    return added(call, breaks_add_when(call->session, text, error));
}

const Command cmd_break_when = {
    .name = "break when",
    .usage = "EXPR",
    .help = "Stop runs at the barrier at which a comparison becomes true, such as a.time - b.time "
            "> 1ms; "
            "with icount or idle in it each barrier becomes a stop",
    .min_args = 1,
    .max_args = COMMAND_ANY_ARGS,
    .exec = exec_break_when,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_packet(CommandCall *call, GError **error)
{
    const char *filter =
        call->n_args ? command_option(call->args[call->n_args - 1], "filter") : NULL;
    unsigned n = call->n_args - (filter != NULL);

    if (n != 0 && n != 2)
        return command_usage_error(call, error);
    return added(call, breaks_add_packet(call->session, n ? (const char *const *)call->args : NULL,
                                         filter, error));
}

const Command cmd_break_packet = {
    .name = "break packet",
    .usage = "[NODE NODE] [filter=\"tcp port 80\"]",
    .help = "Stop runs at the barrier behind the sending of a packet, between two cards or any; "
            "filters are tcpdump's, see pcap-filter(7), with numbers for names",
    .max_args = 3,
    .exec = exec_break_packet,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_breaks(CommandCall *call, GError **error)
{
    (void)error;
    if (!call->session->options.dry)
        breaks_print(call->session);
    return COMMAND_DONE;
}

const Command cmd_breaks = {
    .name = "breaks",
    .usage = "",
    .help = "List breaks and watches, with how often each was hit",
    .exec = exec_breaks,
    .when = COMMAND_LOOKS,
};

static CommandResult exec_delete(CommandCall *call, GError **error)
{
    int64_t number;

    if (!units_parse_int(call->args[0], "break", 1, UINT32_MAX, &number, error))
        return COMMAND_FAILED;
    return breaks_delete(call->session, (unsigned)number, error) ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_delete = {
    .name = "delete",
    .usage = "N",
    .help = "Delete a break or watch",
    .min_args = 1,
    .max_args = 1,
    .exec = exec_delete,
};

static CommandResult exec_watch(CommandCall *call, GError **error)
{
    VTime every;

    if (!units_parse_duration(call->args[1], &every, error) ||
        (call->inside && !command_check_inside(call->args[0], error)) ||
        !command_check_look(call->session, call->args[0], error))
        return COMMAND_FAILED;
    return added(call, breaks_add_watch(call->session, call->args[0], every, command_look, error));
}

const Command cmd_watch = {
    .name = "watch",
    .usage = "COMMAND EVERY",
    .help = "Carry out a command that only looks, such as 'regs a pc', every so much virtual time "
            "of runs",
    .min_args = 2,
    .max_args = 2,
    .exec = exec_watch,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_max_skip(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime skip;

    if (call->n_args == 0) {
        g_autofree char *text = units_format_duration(engine_max_skip(s->engine));

        session_print(s, "%s\n", text);
        return COMMAND_DONE;
    }
    return units_parse_duration(call->args[0], &skip, error) &&
                   engine_set_max_skip(s->engine, skip, error)
               ? COMMAND_DONE
               : COMMAND_FAILED;
}

const Command cmd_max_skip = {
    .name = "max-skip",
    .usage = "[DURATION]",
    .help = "Show or set how far the clock of a node with sleep=off may skip, executing nothing, "
            "when a pc "
            "or access break stops it or a step wakes it (100us): 1us at least; less costs speed",
    .max_args = 1,
    .exec = exec_max_skip,
};

static CommandResult exec_pause(CommandCall *call, GError **error)
{
    (void)error;
    run_pause(call->session, "paused");
    return COMMAND_DONE;
}

const Command cmd_pause = {
    .name = "pause",
    .usage = "",
    .help = "Stop the ensemble at the next barrier (Ctrl-C does it too)",
    .exec = exec_pause,
    .when = COMMAND_ANYTIME,
};
