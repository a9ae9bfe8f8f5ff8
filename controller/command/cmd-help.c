/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-help.c: help, made from the table. */
#include "controller/base/wrap.h"
#include "controller/command/command.h"

#include <string.h>

/* Of the longest name, so that the texts stand below each other. */
#define NAME_COLUMN 16

static void help_line(const Session *s, const Command *c)
{
    unsigned used = MAX(NAME_COLUMN, (unsigned)strlen(c->name) + 1);
    g_autofree char *text = wrap_text(c->help, used, NAME_COLUMN, s->columns);

    session_print(s, "%-*s%s\n", (int)used, c->name, text);
}

static void help_full(const Session *s, const Command *c)
{
    g_autofree char *usage =
        wrap_text(c->usage, (unsigned)strlen(c->name) + 1, (unsigned)strlen("    "), s->columns);
    g_autofree char *sentence = g_strconcat(c->help, ".", NULL);
    g_autofree char *text = wrap_text(sentence, 2, 2, s->columns);

    session_print(s, "%s %s\n  %s\n", c->name, usage, text);
}

/* All commands whose first word is `group`. True if there are any. */
static bool help_group(const Session *s, const char *group)
{
    g_autofree char *head = g_strconcat(group, " ", NULL);
    bool found = false;

    for (const Command *const *c = command_table(); *c; c++) {
        if (g_str_has_prefix((*c)->name, head) || strcmp((*c)->name, group) == 0) {
            help_full(s, *c);
            found = true;
        }
    }
    return found;
}

static CommandResult exec_help(CommandCall *call, GError **error)
{
    const Command *c;
    unsigned used;

    if (call->n_args == 0) {
        for (const Command *const *p = command_table(); *p; p++)
            help_line(call->session, *p);
        return COMMAND_DONE;
    }
    if (call->n_args == 1 && help_group(call->session, call->args[0]))
        return COMMAND_DONE;
    c = command_find(call->args, &used, error);
    if (!c)
        return COMMAND_FAILED;
    help_full(call->session, c);
    return COMMAND_DONE;
}

const Command cmd_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .help = "Show the commands, or one of them",
    .exec = exec_help,
    .when = COMMAND_ANYTIME,
};
