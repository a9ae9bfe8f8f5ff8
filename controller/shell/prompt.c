/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt.c: derives the state from the nodes and formats the prompt.
 */
#include "controller/shell/prompt.h"

#include "controller/base/units.h"

#include <glib.h>
#include <string.h>

const char *prompt_state(const PromptPicture *p)
{
    if (p->running)
        return "running";
    if (p->failed > 0)
        return "failed";
    if (p->live == 0 && p->off > 0)
        return "off";
    return p->started || p->live > 0 ? "paused" : "";
}

static const char *colour_of(const char *state)
{
    static const struct {
        const char *state, *code;
    } known[] = {{"running", "33"}, {"failed", "31"}, {"off", "36"}, {"paused", "32"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].state, state) == 0)
            return known[i].code;
    return "0";
}

char *prompt_text(const PromptPicture *picture, VTime now, bool colour)
{
    const char *state = prompt_state(picture);
    g_autofree char *time = units_format_seconds(now);

    if (!*state)
        return g_strdup("metronome> ");
    if (!colour)
        return g_strdup_printf("metronome %s %s> ", time, state);
    return g_strdup_printf("metronome %s \001\033[%sm\002%s\001\033[0m\002> ", time,
                           colour_of(state), state);
}
