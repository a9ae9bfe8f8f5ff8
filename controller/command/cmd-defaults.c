/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-defaults.c: defaults. */
#include "controller/base/suggest.h"
#include "controller/base/text.h"
#include "controller/command/args.h"
#include "controller/command/node-keys.h"
#include "controller/qemu/defaults.h"
#include "controller/session/remote-host.h"

#include <string.h>

static CommandResult show(const Session *s)
{
    const GPtrArray *pairs = node_defaults_list(s->defaults);
    Answer *keys = s->answer ? answer_object(s->answer, "defaults") : NULL;

    for (unsigned i = 0; keys && i < pairs->len; i += 2)
        answer_text(keys, pairs->pdata[i], pairs->pdata[i + 1]);
    if (keys)
        return COMMAND_DONE;
    if (pairs->len == 0)
        session_print(s, "none: `node add` has its own\n");
    for (unsigned i = 0; i < pairs->len; i += 2) {
        g_autofree char *word = g_strconcat(pairs->pdata[i], "=", pairs->pdata[i + 1], NULL);
        g_autofree char *typed = command_quote(word), *line = text_line(typed, -1);

        session_print(s, "%s\n", line);
    }
    return COMMAND_DONE;
}

/* Of the words, host= names one that there is. */
static bool check_host(const CommandCall *call, GError **error)
{
    for (unsigned i = 0; i < call->n_args; i++) {
        const char *name = text_value(call->args[i], "host");

        if (name && strcmp(name, "local") != 0 && strcmp(name, "auto") != 0 &&
            !call->session->any_host && !remote_host_find(call->session, name))
            return remote_host_unknown(call->session, name, error);
    }
    return true;
}

/* What the first word is if it is not off. */
static bool check_first(const CommandCall *call, GError **error)
{
    static const char *const words[] = {"off", NULL};
    g_autofree char *meant = NULL;

    if (strchr(call->args[0], '='))
        return true;
    meant = suggest_suffix(call->args[0], words);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "'%s' is no key=value, and not off: `help defaults` lists the keys%s",
                call->args[0], meant);
    return false;
}

GPtrArray *command_default_keys(const Session *s)
{
    const GPtrArray *pairs = node_defaults_list(s->defaults);
    GPtrArray *keys = g_ptr_array_new();

    for (unsigned i = 0; i < pairs->len; i += 2)
        g_ptr_array_add(keys, pairs->pdata[i]);
    return keys;
}

static CommandResult unset_defaults(const CommandCall *call, GError **error)
{
    const Session *s = call->session;

    if (node_defaults_unset(s->defaults, call->args + 1, call->n_args - 1, error))
        return COMMAND_DONE;
    checking_in_doubt(s->checking, CHECKING_DEFAULTS, NULL);
    return COMMAND_FAILED;
}

static CommandResult exec_defaults(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    bool elsewhere = s->hosts && s->hosts->len > 0;

    if (call->n_args == 0)
        return show(s);
    if (args_has(call, "off"))
        return unset_defaults(call, error);
    return check_first(call, error) && check_host(call, error) &&
                   node_defaults_set(s->defaults, call->args, call->n_args, elsewhere, error)
               ? COMMAND_DONE
               : COMMAND_FAILED;
}

const Command cmd_defaults = {
    .name = "defaults",
    .usage = NODE_SHARED_KEYS " | off [DEFAULT…]",
    .open = true,
    .help = "Set keys for every `node add` that follows; a key of the node itself comes first; "
            "without arguments, show them; off: take all of them back, or these",
    .exec = exec_defaults,
    .outside = true,
    .defines = DEFINES_DEFAULTS,
};
