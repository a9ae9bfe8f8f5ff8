/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repeat.h: decides which lines an empty line repeats. Pure.
 */
#ifndef SHELL_REPEAT_H
#define SHELL_REPEAT_H

#include <stdbool.h>

/* Returns true if all commands of the line are `step` or `barrier`, the commands that users
 * repeat. */
bool repeat_allowed(const char *line);

#endif
