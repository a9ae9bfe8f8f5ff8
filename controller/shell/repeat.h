/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repeat.h: which lines an empty one repeats. Pure. */
#ifndef SHELL_REPEAT_H
#define SHELL_REPEAT_H

#include <stdbool.h>

/* All its commands are `step` or `barrier`: what one does again and again. */
bool repeat_allowed(const char *line);

#endif
