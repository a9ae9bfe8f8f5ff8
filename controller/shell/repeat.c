/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repeat.c: splits the line into commands and compares each command's name.
 */
#include "controller/shell/repeat.h"

#include "controller/command/command.h"
#include "controller/command/lexer.h"

#include <string.h>

/* The values of variables do not matter here. */
static const char *any_value(const char *name, void *data)
{
    (void)data;
    return name;
}

bool repeat_allowed(const char *line)
{
    bool some = false;

    while (*line) {
        g_auto(GStrv) words = lexer_next(&line, any_value, NULL, NULL);
        const Command *command;
        unsigned used;

        if (!words)
            return false;
        if (!words[0])
            continue;
        command = command_find(words, &used, NULL);
        if (!command ||
            (strcmp(command->name, "step") != 0 && strcmp(command->name, "barrier") != 0))
            return false;
        some = true;
    }
    return some;
}
