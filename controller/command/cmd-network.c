/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-network.c: link add, set, up, down, list; switch add; seed. */
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/command/net-end.h"
#include "controller/fabric/fabric.h"
#include "controller/network/link-options.h"
#include "controller/run/quantum.h"
#include "controller/session/table.h"

#include <inttypes.h>
#include <string.h>

/* ">key=" is for what the first end sends, "<key=" for what the second sends. */
static bool set_options(const CommandCall *call, LinkParams params[2], GError **error)
{
    for (unsigned i = 2; i < call->n_args; i++) {
        const char *arg = call->args[i];
        LinkDirection direction = *arg == '>'   ? LINK_FORWARD
                                  : *arg == '<' ? LINK_BACKWARD
                                                : LINK_BOTH;
        const char *key = direction == LINK_BOTH ? arg : arg + 1, *equals = strchr(key, '=');
        g_autofree char *name = equals ? g_strndup(key, (gsize)(equals - key)) : NULL;

        if (!equals) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s' is no key=value", arg);
            return false;
        }
        if (!link_options_set(params, name, equals + 1, direction, error))
            return false;
    }
    return true;
}

#define NOT_GIVEN  (-1)
#define USUAL_BAUD 115200

/* Gives each way what was not said: a serial line has a baud rate, and its bytes take no more than
 * their bits' time. */
static bool suit_ends(const Session *s, NetEnd a, NetEnd b, LinkParams params[2], GError **error)
{
    const Network *net = fabric_network(s->fabric);
    bool line = !a.is_switch && !b.is_switch && network_port_is_uart(net, a.index) &&
                network_port_is_uart(net, b.index);

    for (unsigned i = 0; i < 2; i++) {
        LinkParams *p = &params[i];

        if (p->latency.ns == NOT_GIVEN)
            p->latency = vtime(line ? 0 : NS_PER_MS);
        if (p->byte_bits > 0 && !line) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                        "baud= is for a link of two UARTs, as a.uart1 b.uart1");
            return false;
        }
        if (line && p->byte_bits == 0 && p->bandwidth > 0) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                        "bandwidth= is for cards: a link of two UARTs has baud=");
            return false;
        }
        if (line && p->byte_bits == 0)
            p->bandwidth = USUAL_BAUD;
        if (line)
            p->byte_bits = LINK_BYTE_BITS;
    }
    return true;
}

static CommandResult exec_link_add(CommandCall *call, GError **error)
{
    Session *s = call->session;
    LinkParams params[2] = {{.latency = {NOT_GIVEN}}, {.latency = {NOT_GIVEN}}};
    NetEnd a, b;
    unsigned link;

    quantum_catch_up(s);
    if (!set_options(call, params, error) || !net_end_find(s, call->args[0], &a, error) ||
        !net_end_find(s, call->args[1], &b, error) || !suit_ends(s, a, b, params, error) ||
        !network_add_link(fabric_network(session_fabric(s)), a, b, params, &link, error))
        return COMMAND_FAILED;
    quantum_follow(s);
    return COMMAND_DONE;
}

const Command cmd_link_add = {
    .name = "link add",
    .usage = "END END [latency=1ms] [bandwidth=1G] [loss=0.1%] [jitter=10us] [queue=256K] "
             "[duplicate=0.1%] [reorder=1%] [delivery=barrier|exact] [baud=115200]",
    .open = true,
    .help =
        "Join two ends: cards (NODE or NODE.N), switches or gateways, or two UARTs (NODE.uartN), "
        "where baud= takes the place of bandwidth=; >key= and <key= are for one "
        "direction "
        "only. A "
        "latency below the quantum is raised to it. delivery=exact hands each packet over at its "
        "due time, not at the next barrier",
    .exec = exec_link_add,
    .defines = DEFINES_LINK,
    .journaled = true,
};

static bool find_link(const CommandCall *call, unsigned *link, bool *reversed, GError **error)
{
    const Network *net = fabric_network(session_fabric(call->session));
    NetEnd a, b;

    if (network_find(net, call->args[0], &a, error) &&
        network_find(net, call->args[1], &b, error) &&
        network_find_link(net, a, b, link, reversed, error))
        return true;
    session_doubt_link(call->session, call->args[0], call->args[1]);
    return false;
}

/* What QEMU holds already is aimed at a time. */
static bool may_set(const Session *s, unsigned link, const LinkParams params[2], GError **error)
{
    for (unsigned way = 0; way < 2; way++) {
        bool exact = network_link_way(fabric_network(s->fabric), link, way)->params.exact;

        if (exact == params[way].exact || !fabric_in_flight(s->fabric))
            continue;
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "exact delivery can't be ended or begun while packets are under way to a guest "
                    "until the "
                    "next barrier: `barrier` first");
        return false;
    }
    return true;
}

static CommandResult exec_link_set(CommandCall *call, GError **error)
{
    Network *net = fabric_network(session_fabric(call->session));
    LinkParams params[2];
    bool reversed, is_line;
    unsigned link;

    if (call->n_args == 2)
        return command_usage_error(call, "a key is missing", error);
    if (!find_link(call, &link, &reversed, error))
        return COMMAND_FAILED;
    for (unsigned way = 0; way < 2; way++)
        params[way] = network_link_way(net, link, reversed ? 1 - way : way)->params;
    is_line = params[0].byte_bits > 0;
    if (!set_options(call, params, error))
        return COMMAND_FAILED;
    if (is_line != (params[0].byte_bits > 0) || is_line != (params[1].byte_bits > 0)) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "baud= is for a link of two UARTs: this link has bandwidth=");
        return COMMAND_FAILED;
    }
    if (reversed) {
        LinkParams first = params[0];

        params[0] = params[1];
        params[1] = first;
    }
    if (!may_set(call->session, link, params, error))
        return COMMAND_FAILED;
    quantum_catch_up(call->session);
    network_set_link(net, link, params);
    quantum_follow(call->session);
    return COMMAND_DONE;
}

const Command cmd_link_set = {
    .name = "link set",
    .usage = "END END [latency=1ms] [bandwidth=1G] [loss=0.1%] [jitter=10us] [queue=256K] "
             "[duplicate=0.1%] [reorder=1%] [delivery=barrier|exact] [baud=115200]",
    .open = true,
    .help = "Change a link from now on; what is under way keeps its time",
    .exec = exec_link_set,
    .journaled = true,
};

static CommandResult exec_link_remove(CommandCall *call, GError **error)
{
    Network *net = fabric_network(session_fabric(call->session));
    const LinkParams barrier[2] = {{.exact = false}, {.exact = false}};
    bool reversed;
    unsigned link;

    if (!find_link(call, &link, &reversed, error) || !may_set(call->session, link, barrier, error))
        return COMMAND_FAILED;
    quantum_catch_up(call->session);
    network_remove_link(net, link);
    quantum_follow(call->session);
    return COMMAND_DONE;
}

const Command cmd_link_remove = {
    .name = "link remove",
    .usage = "END END",
    .help = "Take the link of two ends away; what is on it still arrives, at barriers, and its "
            "ends are free for "
            "another",
    .exec = exec_link_remove,
    .journaled = true,
};

static CommandResult set_up(CommandCall *call, bool up, GError **error)
{
    VTime now = engine_now(call->session->engine), at = args_time(call, "at", now);
    bool reversed;
    unsigned link;

    if (!find_link(call, &link, &reversed, error))
        return COMMAND_FAILED;
    if (at.ns < now.ns) { /* in a check: the run stands there, or later */
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "at='%s' is over",
                    args_text(call, "at"));
        return COMMAND_FAILED;
    }
    quantum_catch_up(call->session);
    for (unsigned way = 0; way < 2; way++)
        network_schedule_link(fabric_network(call->session->fabric), link, way, at, up);
    quantum_follow(call->session);
    return COMMAND_DONE;
}

static CommandResult exec_link_up(CommandCall *call, GError **error)
{
    return set_up(call, true, error);
}

static CommandResult exec_link_down(CommandCall *call, GError **error)
{
    return set_up(call, false, error);
}

const Command cmd_link_up = {
    .name = "link up",
    .usage = "END END [at=TIME]",
    .help = "Let a link carry frames again, now or at a virtual time",
    .exec = exec_link_up,
    .journaled = true,
};

const Command cmd_link_down = {
    .name = "link down",
    .usage = "END END [at=TIME]",
    .help = "Let a link lose every frame that enters it, from now or from a virtual time on",
    .exec = exec_link_down,
    .journaled = true,
};

static const Column link_columns[] = {
    COLUMN_SHOWN("from -> to", -28),
    COLUMN_TYPED("from"),
    COLUMN_TYPED("to"),
    COLUMN_SHOWN("latency", 9),
    COLUMN_TYPED("latency_ns"),
    COLUMN("sent", "sent", 8),
    COLUMN("delivered", "delivered", 9),
    COLUMN("lost", "lost", 6),
    COLUMN("dropped_in_queue", "queue", 6),
    COLUMN("dropped_while_down", "down", 6),
    COLUMN("carried", "carried", 7),
    COLUMN_SHOWN("asked for", 0, .apart = true),
    COLUMN_TYPED("options"),
    COLUMN_TYPED("removed"),
};
static const Table link_table = {"links", link_columns, G_N_ELEMENTS(link_columns)};

static void print_way(const Session *s, unsigned link, unsigned way)
{
    const Network *net = fabric_network(s->fabric);
    const LinkWay *w = network_link_way(net, link, way);
    const LinkStats *st = &w->stats;
    bool removed = network_link_removed(net, link);
    NetEnd ends[2];
    g_autofree char *options = link_options_format(&w->params), *both = NULL;
    g_autofree char *real = units_format_duration(network_latency(net, link, way));

    network_link_ends(net, link, ends);
    both = g_strdup_printf("%-12s -> %-12s", network_end_name(net, ends[way]),
                           network_end_name(net, ends[1 - way]));
    {
        const Cell cells[] = {cell_text(both),
                              cell_text(network_end_name(net, ends[way])),
                              cell_text(network_end_name(net, ends[1 - way])),
                              cell_text(real),
                              cell_int(network_latency(net, link, way).ns),
                              cell_count(st->sent),
                              cell_count(st->delivered),
                              cell_count(st->lost),
                              cell_count(st->dropped),
                              cell_count(st->down),
                              cell_count(st->carried),
                              cell_text(removed ? "removed" : options),
                              cell_text(options),
                              cell_bool(removed)};

        table_row(s, &link_table, cells);
    }
}

static CommandResult exec_link_list(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    unsigned n = s->fabric ? network_n_links(fabric_network(s->fabric)) : 0;
    VTime lookahead;

    (void)error;
    if (s->options.dry)
        return COMMAND_DONE;
    if (n == 0 && !s->answer) {
        session_print(s, "no links\n");
        return COMMAND_DONE;
    }
    lookahead = n > 0 ? network_lookahead(fabric_network(s->fabric)) : vtime(0);
    if (s->answer && n > 0) {
        answer_int(s->answer, "lookahead_ns", lookahead.ns);
    } else if (n > 0) {
        g_autofree char *text = units_format_duration(lookahead);

        session_print(s, "lookahead %s\n", text);
    }
    table_begin(s, &link_table);
    for (unsigned i = 0; i < n; i++) {
        print_way(s, i, 0);
        print_way(s, i, 1);
    }
    return COMMAND_DONE;
}

const Command cmd_link_list = {
    .name = "link list",
    .usage = "",
    .help = "Show each direction of each link: the latency that counts, what it carried, lost, "
            "dropped in "
            "its queue or while down, what had to wait because the receiving card was full, and "
            "what was "
            "asked for",
    .exec = exec_link_list,
    .when = COMMAND_LOOKS,
};

static CommandResult exec_switch_add(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *name = args_text(call, "NAME");
    unsigned index;

    return command_check_name(s, name, error) &&
                   network_add_switch(fabric_network(session_fabric(s)), name, &index, error)
               ? COMMAND_DONE
               : COMMAND_FAILED;
}

const Command cmd_switch_add = {
    .name = "switch add",
    .usage = "NAME",
    .help = "Make a learning switch, with as many ports as links end at it",
    .exec = exec_switch_add,
    .defines = DEFINES_END,
    .journaled = true,
};

static CommandResult exec_seed(CommandCall *call, GError **error)
{
    (void)error;
    network_set_seed(fabric_network(session_fabric(call->session)),
                     (uint64_t)args_count(call, "N", 0));
    return COMMAND_DONE;
}

const Command cmd_seed = {
    .name = "seed",
    .usage = "N",
    .most = INT64_MAX,
    .help = "Start the random numbers of all links (loss, jitter, …) again from N (1)",
    .exec = exec_seed,
    .journaled = true,
};
