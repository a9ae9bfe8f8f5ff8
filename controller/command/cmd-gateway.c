/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-gateway.c: gateway add, list. */
#include "controller/base/log.h"
#include "controller/command/args.h"
#include "controller/fabric/fabric.h"
#include "controller/run/sampler.h"
#include "controller/session/table.h"

#include <inttypes.h>

/* `check` shows it as a finding of the scenario, a run warns, verify says it with its verdict. */
static void tell_finding(Session *s, const char *name, const char *what)
{
    const LintFinding f = {
        .severity = LINT_WARN,
        .what = (char *)what,
        .reason = "what comes in from outside, and when, differs from run to run",
        .mend = "leave it out where runs are to be repeatable",
    };
    g_autofree char *text = lint_text(&f);

    if (s->options.dry)
        session_finding(s, "gateway", name, &f);
    else
        log_warn("gateway %s: %s", name, text);
    if (!s->options.dry)
        sampler_note(s, "gateway %s: %s", name, text);
}

static CommandResult exec_add(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *name = args_text(call, "NAME");
    const GatewayOptions o = {.unix_path = args_text(call, "unix"),
                              .peer = args_text(call, "peer"),
                              .tap = args_text(call, "tap")};
    g_autofree char *what = NULL;
    Gateway *gateway = NULL;

    if (!command_check_name(s, name, error))
        return COMMAND_FAILED;
    if (!gateway_check(&o, error) ||
        (!s->options.dry && !(gateway = gateway_new(name, &o, error)))) {
        g_prefix_error(error, "gateway %s: ", name);
        return COMMAND_FAILED;
    }
    if (!fabric_add_gateway(session_fabric(s), name, gateway, error))
        return COMMAND_FAILED;
    what = o.tap ? g_strconcat("tap=", o.tap, NULL) : g_strconcat("unix=", o.unix_path, NULL);
    tell_finding(s, name, what);
    return COMMAND_DONE;
}

const Command cmd_gateway_add = {
    .name = "gateway add",
    .usage = "NAME unix=PATH [peer=PATH] | NAME tap=IFNAME",
    .help = "Let the outside take part, through a unix datagram socket or a tap device: links end "
            "at it as at a card. Frames pass at barriers; runs are not repeatable any more",
    .exec = exec_add,
    .outside = true,
    .defines = DEFINES_END,
    .journaled = true,
    .anew = true,
};

static const Column columns[] = {
    COLUMN("gateway", "gateway", -12),   COLUMN("in", "in", 9),
    COLUMN("malformed", "malformed", 9), COLUMN("out", "out", 9),
    COLUMN("refused", "refused", 9),     COLUMN("outside", "outside", 0, .apart = true),
};
static const Table table = {"gateways", columns, G_N_ELEMENTS(columns)};

static bool has_gateway(const Session *s)
{
    for (unsigned i = 0; s->fabric && i < network_n_ports(fabric_network(s->fabric)); i++)
        if (fabric_gateway(s->fabric, i))
            return true;
    return false;
}

static CommandResult exec_list(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    bool any = has_gateway(s);

    (void)error;
    if (s->options.dry)
        return COMMAND_DONE;
    if (!any && !s->answer) {
        session_print(s, "no gateways\n");
        return COMMAND_DONE;
    }
    table_begin(s, &table);
    for (unsigned i = 0; any && i < network_n_ports(fabric_network(s->fabric)); i++) {
        const Network *net = fabric_network(s->fabric);
        const Gateway *g = fabric_gateway(s->fabric, i);
        const Cell cells[] = {cell_text(network_end_name(net, (NetEnd){false, i})),
                              cell_count(g ? gateway_stats(g)->received : 0),
                              cell_count(network_port_stats(net, i)->malformed),
                              cell_count(g ? gateway_stats(g)->sent : 0),
                              cell_count(g ? gateway_stats(g)->refused : 0),
                              cell_text(g ? gateway_describe(g) : NULL)};

        if (g)
            table_row(s, &table, cells);
    }
    return COMMAND_DONE;
}

const Command cmd_gateway_list = {
    .name = "gateway list",
    .usage = "",
    .help = "Show of each gateway how many datagrams came in, how many of them were no frames, how "
            "many frames left, and how many the outside did not take",
    .exec = exec_list,
    .when = COMMAND_LOOKS,
};
