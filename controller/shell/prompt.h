/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prompt.h: what the prompt says. Pure. */
#ifndef SHELL_PROMPT_H
#define SHELL_PROMPT_H

#include "controller/base/vtime.h"

#include <stdbool.h>

typedef struct {
    bool started; /* there is an ensemble that stands or runs somewhere */
    bool running;
    unsigned live, off, failed; /* nodes */
} PromptPicture;

/* "running", "failed", "off", "paused"; "" before the start. */
const char *prompt_state(const PromptPicture *picture);

/* The state may be coloured, in marks that tell readline that they take no place; g_free(). */
char *prompt_text(const PromptPicture *picture, VTime now, bool colour);

#endif
