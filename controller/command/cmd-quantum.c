/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-quantum.c: quantum. */
#include "controller/command/args.h"
#include "controller/fabric/fabric.h"
#include "controller/run/quantum.h"

static CommandResult exec_quantum(CommandCall *call, GError **error)
{
    Session *s = call->session;
    g_autofree char *text = NULL;

    if (call->n_args == 0) {
        text = quantum_text(s);
        if (s->answer) {
            answer_int(s->answer, "quantum_ns", engine_quantum(s->engine).ns);
            answer_bool(s->answer, "auto", s->auto_quantum);
        } else {
            session_print(s, "%s\n", text);
        }
        return COMMAND_DONE;
    }
    if (args_has(call, "auto")) {
        quantum_set_auto(s);
        return COMMAND_DONE;
    }
    if (fabric_in_flight(s->fabric)) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "packets are under way to a guest until the next barrier: `barrier` first");
        return COMMAND_FAILED;
    }
    return quantum_set(s, args_time(call, "DURATION", vtime(0)), error) ? COMMAND_DONE
                                                                        : COMMAND_FAILED;
}

const Command cmd_quantum = {
    .name = "quantum",
    .usage = "[DURATION|auto]",
    .help =
        "Show or set the quantum: whole microseconds, 1us to 1000s; auto: what the latencies of "
        "the links allow, 1ms without one; links that do not say delivery= deliver exactly then",
    .exec = exec_quantum,
    .journaled = true,
};
