/* SPDX-License-Identifier: GPL-3.0-or-later */
/* poke-command.h: the part of `regs` that sets registers. */
#ifndef COMMAND_POKE_COMMAND_H
#define COMMAND_POKE_COMMAND_H

#include "controller/command/command.h"

/* Most bytes that `mem` reads and `mem write` writes at once. */
#define POKE_MOST 65536

/* `regs NODE[.CPU] REG=VALUE…`. */
CommandResult poke_command_registers(CommandCall *call, GError **error);

#endif
