/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-quantum.c: quantum. */
#include "controller/base/near.h"
#include "controller/base/units.h"
#include "controller/command/command.h"
#include "controller/fabric/fabric.h"
#include "controller/run/quantum.h"

#include <string.h>

static bool parse(const char *text, VTime *quantum, GError **error)
{
    static const char *const words[] = {"auto", NULL};
    g_autofree char *meant = near_meant(text, words);

    if (units_parse_duration(text, quantum, error))
        return true;
    if (error && *error && meant && *meant) {
        GError *plain = g_steal_pointer(error);

        g_set_error(error, plain->domain, plain->code, "%s%s", plain->message, meant);
        g_error_free(plain);
    }
    return false;
}

static CommandResult exec_quantum(CommandCall *call, GError **error)
{
    Session *s = call->session;
    g_autofree char *text = NULL;
    VTime quantum;

    if (call->n_args == 0) {
        text = quantum_text(s);
        session_print(s, "%s\n", text);
        return COMMAND_DONE;
    }
    if (strcmp(call->args[0], "auto") == 0)
        return quantum_set_auto(s), COMMAND_DONE;
    if (fabric_in_flight(s->fabric)) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "packets are under way to a guest until the next barrier: `barrier` first");
        return COMMAND_FAILED;
    }
    return parse(call->args[0], &quantum, error) && quantum_set(s, quantum, error) ? COMMAND_DONE
                                                                                   : COMMAND_FAILED;
}

const Command cmd_quantum = {
    .name = "quantum",
    .usage = "[DURATION|auto]",
    .help =
        "Show or set the quantum: whole microseconds, 1us to 1000s; auto: what the latencies of "
        "the links allow, 1ms without one; links that do not say delivery= deliver exactly then",
    .max_args = 1,
    .exec = exec_quantum,
};
