/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-symbols.c: symbols. */
#include "controller/command/args.h"
#include "controller/run/node-symbols.h"

static CommandResult exec_symbols(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const Node *node = args_has(call, "NODE") ? args_node(call) : NULL;
    const char *file = args_text(call, "FILE");

    if (file && !node_symbols_load(s, node, file, error))
        return COMMAND_FAILED;
    if (args_has(call, "off"))
        node_symbols_drop(s, node);
    if (!s->options.dry)
        node_symbols_print(s, node);
    return COMMAND_DONE;
}

const Command cmd_symbols = {
    .name = "symbols",
    .usage = "[NODE [FILE|off]]",
    .help = "Take the names of a node's addresses from an ELF file (a program or a vmlinux), a "
            "System.map or a kallsyms, in place of those of an ELF file that is its kernel=; "
            "without a FILE, list how many names each node has and where they are from",
    .exec = exec_symbols,
    .outside = true,
    .defines = DEFINES_SYMBOLS,
};
