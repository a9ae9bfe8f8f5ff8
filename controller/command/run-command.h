/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run-command.h: what the commands that let virtual time pass share. */
#ifndef COMMAND_RUN_COMMAND_H
#define COMMAND_RUN_COMMAND_H

#include "controller/command/command.h"
#include "controller/run/run.h"

/* The `run` event and the log's line of how a run ended, and the sentence why, if there is one.
 * found: the line that a wait for one (of the first argument's console) has found, or NULL. */
void run_announce(const CommandCall *call, const RunOutcome *outcome, const LinesFound *found);

/* base + n, refused beyond 146 years. */
bool run_add_time(VTime base, VTime n, VTime *out, GError **error);

#endif
