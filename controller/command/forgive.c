/* SPDX-License-Identifier: GPL-3.0-or-later */
/* forgive.c: what a check makes of a command that it refuses: the name that the command was to define
 * is in doubt from then on (checking.h), and what is in doubt is not checked. */
#include "controller/base/text.h"
#include "controller/command/command.h"
#include "controller/command/lexer.h"

#include <string.h>

static void doubt(Session *s, CheckingKind kind, char **args)
{
    checking_doubt(s->checking, kind, args[0]);
}

static void doubt_link(Session *s, char **args)
{
    g_autofree char *name = args[0] && args[1] ? checking_link_name(args[0], args[1]) : NULL;

    checking_doubt(s->checking, CHECKING_LINK, name);
}

/* A save's folder: file=PATH. */
static void doubt_folder(Session *s, char **args)
{
    for (char **arg = args; *arg; arg++) {
        const char *path = text_value(*arg, "file");
        g_autofree char *whole = path ? g_canonicalize_filename(path, NULL) : NULL;

        if (whole)
            checking_doubt(s->checking, CHECKING_SAVE, whole);
    }
}

/* args: what stands behind the command's name, perhaps nothing. */
static void doubt_definition(Session *s, CommandDefines defines, char **args)
{
    switch (defines) {
    case DEFINES_NOTHING:
        break;
    case DEFINES_END:
        doubt(s, CHECKING_END, args);
        break;
    case DEFINES_ATTACHED: /* which is live at once */
        doubt(s, CHECKING_END, args);
        s->started = true;
        break;
    case DEFINES_HOST:
        doubt(s, CHECKING_HOST, args);
        break;
    case DEFINES_HOSTS:
        checking_doubt(s->checking, CHECKING_HOST, NULL);
        break;
    case DEFINES_LINK:
        doubt_link(s, args);
        break;
    case DEFINES_BREAK:
        checking_doubt(s->checking, CHECKING_BREAK, NULL);
        break;
    case DEFINES_CAPTURE:
        doubt(s, CHECKING_CAPTURE, args);
        break;
    case DEFINES_VARIABLE:
        if (args[0])
            session_set(s, args[0], CHECKING_UNKNOWN, false);
        break;
    case DEFINES_SYMBOLS:
        doubt(s, CHECKING_SYMBOLS, args);
        break;
    case DEFINES_SAVE:
        doubt(s, CHECKING_SAVE, args);
        doubt_folder(s, args);
        break;
    case DEFINES_DEFAULTS:
        checking_doubt(s->checking, CHECKING_DEFAULTS, NULL);
        break;
    case DEFINES_LINE:
        command_doubt_line(s);
        break;
    case DEFINES_START:
        s->started = true;
        break;
    case DEFINES_ANYTHING:
        checking_doubt_all(s->checking);
        break;
    }
}

bool command_forgive(const CommandCall *call, char **words, const GError *error)
{
    Session *s = call->session;
    bool asked = checking_next(s->checking);
    unsigned used = 0;
    const Command *c = command_find(words, &used, NULL);

    if (!c)
        c = command_guess(words, &used);
    if (c)
        doubt_definition(s, c->defines, words + MIN(used, g_strv_length(words)));
    return asked || strstr(error->message, CHECKING_UNKNOWN);
}

void command_accept(const CommandCall *call)
{
    checking_next(call->session->checking);
    if (call->command->defines == DEFINES_LINE)
        command_doubt_line(call->session);
}

/* Nothing is missing. */
static const char *any_variable(const char *name, void *data)
{
    const Session *s = data;
    const char *value = session_get(s, name);

    checking_use(s->checking, name);
    return value ? value : CHECKING_UNKNOWN;
}

bool command_mend(Session *s, const char **text)
{
    g_auto(GStrv) words = lexer_next(text, any_variable, s, NULL);
    unsigned used = 0;
    const Command *c;

    if (!words)
        return false;
    c = words[0] ? command_find(words, &used, NULL) : NULL;
    if (!c && words[0])
        c = command_guess(words, &used);
    if (c)
        doubt_definition(s, c->defines, words + MIN(used, g_strv_length(words)));
    return true;
}

void command_doubt_line(Session *s)
{
    static const char *const names[] = {"line", "line_time", "1", "2", "3", "4",
                                        "5",    "6",         "7", "8", "9", NULL};

    for (const char *const *name = names; *name; name++)
        session_set(s, *name, CHECKING_UNKNOWN, false);
}
