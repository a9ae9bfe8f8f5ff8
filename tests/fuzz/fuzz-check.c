/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-check.c: whatever a scenario and the variables on the command line are, a check ends with
 * yes or with errors that a terminal can show, and the same again. It starts and writes nothing.
 *
 * The first line of the input are the variables, separated by blanks; the rest are the commands.
 */
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/command/command.h"
#include "controller/session/session-life.h"
#include "controller/shell/scenario.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static GString *told;

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void write_log(const char *line)
{
    g_autofree char *plain = text_plain(line, -1);

    demand(strcmp(plain, line) == 0);
    g_string_append(told, line);
}

/* What it tells, with a last word for how it ended. */
static char *check(char **variables, const char *commands)
{
    g_autoptr(Session) s = NULL;
    Texts *texts = texts_new(false);
    Scenario scenario = {.commands = commands, .variables = variables, .texts = texts};
    bool good;

    told = g_string_new(NULL);
    s = session_new((SessionOptions){.dry = true, .quiet = true, .scenario = g_strdup("-c")}, NULL);
    demand(s != NULL);
    good = scenario_check(&scenario, NULL, s);
    demand(good == !strstr(told->str, "error: "));
    g_string_append(told, good ? "good" : "bad");
    command_free_state(s);
    texts_free(texts);
    return g_string_free(told, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len), *once = NULL, *twice = NULL;
    g_auto(GStrv) variables = NULL;
    char *commands = strchr(text, '\n');

    /* What it would include could be a terminal, or have no end. */
    if (!commands || strstr(text, "/dev") || strstr(text, "/proc"))
        return 0;
    *commands++ = '\0';
    variables = g_strsplit(text, " ", -1);
    log_set_writer(write_log);
    once = check(*text ? variables : NULL, commands);
    twice = check(*text ? variables : NULL, commands);
    demand(strcmp(once, twice) == 0);
    return 0;
}
