/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-break.c: break time, pc, access, console, when; breaks, delete, watch, pause. Behind all of a
 * break there may be its manner: if EXPR, once, do 'COMMAND; COMMAND'. */
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/run/breaks.h"
#include "controller/run/run.h"

#include <string.h>

/* How many arguments are not the last two parts of the manner. */
static unsigned before_tail(const CommandCall *call)
{
    return call->n_args - (args_has(call, "do") ? 2 : 0) - (args_has(call, "once") ? 1 : 0);
}

/* The words from `first` to in front of `once` and `do` as one text; free with g_free(). */
static char *expression(const CommandCall *call, unsigned first)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = first; i < before_tail(call); i++)
        g_string_append_printf(text, "%s%s", text->len ? " " : "", call->args[i]);
    return g_string_free(text, FALSE);
}

static char *condition(const CommandCall *call)
{
    unsigned at = before_tail(call);

    if (!args_has(call, "if"))
        return NULL;
    while (at > 0 && strcmp(call->args[at - 1], "if") != 0)
        at--;
    return expression(call, at);
}

static bool bad_commands(const char *all, const char *why, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "do '%s': %s", all, why);
    return false;
}

/* One command of those behind `do`. */
static bool check_command(const CommandCall *call, const char *command, GError **error)
{
    if ((!call->inside || command_check_inside(command, error)) &&
        command_check_look(call->session, command, error))
        return true;
    g_prefix_error(error, "do: ");
    return false;
}

/* Adds each command of the text to `commands`; the last may be `continue`. */
static bool read_commands(const CommandCall *call, const char *all, GPtrArray *commands,
                          bool *goes_on, GError **error)
{
    const char *text = all;

    while (*text) {
        const char *start = text;
        g_auto(GStrv) words = command_read(call->session, &text, error);
        g_autofree char *one = g_strndup(start, (gsize)(text - start));

        if (!words)
            return false;
        g_strdelimit(one + strlen(one) - (g_str_has_suffix(one, ";") ? 1 : 0), ";", ' ');
        g_strstrip(one);
        if (!words[0])
            continue;
        if (*goes_on)
            return bad_commands(all, "`continue` lets the run go on, so it is the last command",
                                error);
        *goes_on = strcmp(one, "continue") == 0;
        if (*goes_on)
            continue;
        if (!check_command(call, one, error))
            return false;
        g_ptr_array_add(commands, g_steal_pointer(&one));
    }
    if (commands->len > MANNER_MAX_COMMANDS)
        return bad_commands(all, "64 commands are the limit", error);
    return commands->len > 0 || *goes_on ||
           bad_commands(all,
                        "there is nothing to do: leave it out, or name commands that let no time "
                        "pass, such as 'time; continue'",
                        error);
}

/* Gives the break its manner. Scripts and people delete by its number. */
static CommandResult added(const CommandCall *call, unsigned number, GError **error)
{
    g_autofree char *only_if = NULL;
    g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);
    Manner manner = {.once = args_has(call, "once")};

    if (number == 0)
        return COMMAND_FAILED;
    if (args_has(call, "do") &&
        !read_commands(call, args_text(call, "COMMANDS"), commands, &manner.goes_on, error)) {
        breaks_delete(call->session, number, NULL);
        return COMMAND_FAILED;
    }
    g_ptr_array_add(commands, NULL);
    only_if = condition(call);
    manner.condition = only_if;
    manner.commands = args_has(call, "do") ? (char **)commands->pdata : NULL;
    if (!breaks_set_manner(call->session, number, &manner, command_look, error))
        return COMMAND_FAILED;
    if (call->session->answer)
        answer_int(call->session->answer, "number", number);
    else if (!call->session->options.dry)
        session_print(call->session, "%s %u\n",
                      strcmp(call->command->name, "watch") == 0 ? "watch" : "break", number);
    return COMMAND_DONE;
}

static CommandResult exec_break_time(CommandCall *call, GError **error)
{
    return added(call, breaks_add_time(call->session, args_time(call, "TIME", vtime(0)), error),
                 error);
}

const Command cmd_break_time = {
    .name = "break time",
    .usage = "TIME [if EXPR] [once] [do COMMANDS]",
    .help = "Stop runs at an absolute virtual time",
    .exec = exec_break_time,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_pc(CommandCall *call, GError **error)
{
    return added(call,
                 breaks_add_point(call->session, args_node(call), GDB_POINT_HARDWARE,
                                  args_address(call), 4, error),
                 error);
}

const Command cmd_break_pc = {
    .name = "break pc",
    .usage = "NODE ADDR [if EXPR] [once] [do COMMANDS]",
    .help = "Stop runs before a vCPU of the node executes the instruction at an address; the other "
            "nodes "
            "stand at their next barrier",
    .exec = exec_break_pc,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_access(CommandCall *call, GError **error)
{
    GdbPoint type = args_is(call, "on", "read")  ? GDB_POINT_READ
                    : args_is(call, "on", "any") ? GDB_POINT_ACCESS
                                                 : GDB_POINT_WRITE;
    uint64_t address = args_address(call);
    unsigned size = (unsigned)args_count(call, "LEN", 8);

    if (!command_check_range(address, size, error))
        return COMMAND_FAILED;
    return added(call, breaks_add_point(call->session, args_node(call), type, address, size, error),
                 error);
}

const Command cmd_break_access = {
    .name = "break access",
    .usage = "NODE ADDR [LEN] [on=write|read|any] [if EXPR] [once] [do COMMANDS]",
    .least = 1,
    .most = 4096,
    .help =
        "Stop runs behind an instruction of the node that writes (or reads) memory at a virtual "
        "address; 8 bytes of it without LEN",
    .exec = exec_break_access,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_console(CommandCall *call, GError **error)
{
    Node *node = args_node(call);

    if (node->attached) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s has no console that metronome can read", node->name);
        return COMMAND_FAILED;
    }
    return added(call, breaks_add_console(call->session, node, args_text(call, "REGEX"), error),
                 error);
}

const Command cmd_break_console = {
    .name = "break console",
    .usage = "NODE REGEX [if EXPR] [once] [do COMMANDS]",
    .help = "Stop runs at the barrier behind a console line that matches, and say in which quantum "
            "it was "
            "written",
    .exec = exec_break_console,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_when(CommandCall *call, GError **error)
{
    g_autofree char *text = expression(call, 0);

    return added(call, breaks_add_when(call->session, text, error), error);
}

const Command cmd_break_when = {
    .name = "break when",
    .usage = "EXPR [once] [do COMMANDS]",
    .help = "Stop runs at the barrier at which a comparison becomes true, such as a.time - b.time "
            "> 1ms; "
            "with icount or idle in it each barrier becomes a stop",
    .exec = exec_break_when,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_packet(CommandCall *call, GError **error)
{
    const char *ends[2];
    unsigned n = args_ends(call, ends);

    return added(
        call, breaks_add_packet(call->session, n ? ends : NULL, args_text(call, "filter"), error),
        error);
}

const Command cmd_break_packet = {
    .name = "break packet",
    .usage = "[END END] [filter=\"tcp port 80\"] [if EXPR] [once] [do COMMANDS]",
    .help = "Stop runs at the barrier behind the sending of a packet, between two cards or any; "
            "filters are tcpdump's, see pcap-filter(7), with numbers for names",
    .exec = exec_break_packet,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_break_event(CommandCall *call, GError **error)
{
    return added(call, breaks_add_event(call->session, args_node(call), call->args[1], error),
                 error);
}

const Command cmd_break_event = {
    .name = "break event",
    .usage = "NODE reset|panic|watchdog|suspend|off|exit [if EXPR] [once] [do COMMANDS]",
    .help = "Stop runs at the barrier behind an event of the node's guest: a reset, a panic, a "
            "watchdog that ran out, a suspend, a power-off, or that its QEMU exits; each barrier "
            "becomes a stop",
    .exec = exec_break_event,
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
    unsigned number = (unsigned)args_count(call, "N", 0);

    return breaks_delete(call->session, number, error) ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_delete = {
    .name = "delete",
    .usage = "N",
    .least = 1,
    .most = UINT32_MAX,
    .help = "Delete a break or watch",
    .exec = exec_delete,
};

static CommandResult exec_watch(CommandCall *call, GError **error)
{
    const char *command = args_text(call, "COMMAND");

    if ((call->inside && !command_check_inside(command, error)) ||
        !command_check_look(call->session, command, error))
        return COMMAND_FAILED;
    return added(call,
                 breaks_add_watch(call->session, command, args_time(call, "EVERY", vtime(0)),
                                  command_look, error),
                 error);
}

const Command cmd_watch = {
    .name = "watch",
    .usage = "COMMAND EVERY",
    .help = "Carry out a command that only looks, such as 'regs a pc', every so much virtual time "
            "of runs",
    .exec = exec_watch,
    .defines = DEFINES_BREAK,
};

static CommandResult exec_max_skip(CommandCall *call, GError **error)
{
    Session *s = call->session;
    VTime skip = args_time(call, "DURATION", engine_max_skip(s->engine));

    if (!args_has(call, "DURATION")) {
        g_autofree char *text = units_format_duration(skip);

        if (s->answer)
            answer_int(s->answer, "max_skip_ns", skip.ns);
        else
            session_print(s, "%s\n", text);
        return COMMAND_DONE;
    }
    return engine_set_max_skip(s->engine, skip, error) ? COMMAND_DONE : COMMAND_FAILED;
}

const Command cmd_max_skip = {
    .name = "max-skip",
    .usage = "[DURATION]",
    .help = "Show or set how far the clock of a node with sleep=off may skip, executing nothing, "
            "when a pc "
            "or access break stops it or a step wakes it (100us): 1us at least; less costs speed; "
            "it is held to a part of the quantum",
    .exec = exec_max_skip,
    .journaled = true,
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
    .drives = true,
    .at_once = true,
};
