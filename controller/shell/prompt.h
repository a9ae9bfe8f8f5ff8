/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt.h: makes the text of the prompt from the session's state. Pure.
 */
#ifndef SHELL_PROMPT_H
#define SHELL_PROMPT_H

#include "controller/base/vtime.h"

#include <stdbool.h>

typedef struct {
    bool started; /* an ensemble exists, paused or running */
    bool running;
    unsigned live, off, failed; /* numbers of nodes */
} PromptPicture;

/* Returns "running", "failed", "off" or "paused"; "" before the start. */
const char *prompt_state(const PromptPicture *picture);

/* Returns the prompt. A coloured state is enclosed in marks that tell readline that the colour
 * codes have no width. The caller frees the text with g_free(). */
char *prompt_text(const PromptPicture *picture, VTime now, bool colour);

#endif
