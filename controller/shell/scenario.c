/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.c: sets the variables, pushes the commands and runs the check.
 */
#include "controller/shell/scenario.h"

#include "controller/base/suggest.h"
#include "controller/command/command.h"
#include "controller/command/scenario-text.h"

#include <string.h>

static char *key_of(const char *pair)
{
    return g_strndup(pair, strcspn(pair, "="));
}

static bool set_variable(Session *s, const char *pair, GError **error)
{
    g_autofree char *key = key_of(pair);

    if (!strchr(pair, '=') || *pair == '=')
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s' is no KEY=VALUE", pair);
    else if (!session_check_variable(key, error))
        g_prefix_error(error, "'%s': ", pair);
    else if (g_hash_table_contains(s->fixed, key))
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s': %s is given twice on the command line", pair, key);
    else {
        session_set(s, key, pair + strlen(key) + 1, true);
        return true;
    }
    return false;
}

bool scenario_push(const Scenario *scenario, Session *s, Runner *r, GError **error)
{
    g_autofree char *text = NULL;

    for (char **pair = scenario->variables; pair && *pair; pair++)
        if (!set_variable(s, *pair, error))
            return false;
    runner_set_texts(r, scenario->texts);
    if (scenario->file)
        return runner_push_file(r, scenario->file, error);
    text = scenario_text(scenario->commands, strlen(scenario->commands), 1, error);
    if (text)
        runner_push_text(r, NULL, text);
    return text != NULL;
}

static void nothing(void *data)
{
    (void)data;
}

/* Refuses a variable on the command line that no line uses: the user expects an effect of the
 * variable. */
static bool check_used(const Scenario *scenario, Session *s, Runner *r)
{
    g_autofree const char **used = checking_used(s->checking);
    bool ok = true;

    for (char **pair = scenario->variables; pair && *pair; pair++) {
        g_autofree char *key = key_of(*pair), *meant = NULL;

        if (checking_is_used(s->checking, key))
            continue;
        meant = suggest_suffix(key, used);
        runner_refuse(r, g_error_new(SESSION_ERROR, SESSION_ERROR_USAGE,
                                     "'%s' on the command line: no line of %s uses $%s%s", *pair,
                                     scenario->file, key, meant));
        ok = false;
    }
    return ok;
}

/* Checks the boot of a case. What it saves in memory the case does not find: only its end is saved to
 * a folder. The variables are set for both. */
static bool check_boot(const Scenario *scenario, Session *s)
{
    const Scenario boot = {
        .file = scenario->boot, .variables = scenario->variables, .texts = scenario->texts};
    g_autoptr(Runner) r = runner_new(s, true, nothing, NULL);
    GError *error = NULL;

    if (!scenario_push(&boot, s, r, &error)) {
        runner_refuse(r, error);
        return false;
    }
    runner_check(r);
    g_clear_pointer(&s->saves, g_ptr_array_unref);
    return !runner_failed(r);
}

bool scenario_check(const Scenario *whole, const char *report, Session *s)
{
    Scenario behind = *whole; /* the boot has set the variables */
    const Scenario *scenario = whole->boot ? &behind : whole;
    g_autoptr(Runner) r = runner_new(s, true, nothing, NULL);
    GError *error = NULL;
    bool ok;

    behind.variables = NULL;
    ok = !whole->boot || check_boot(whole, s);

    if (report && !command_would_write(s, report, true, &error)) {
        g_prefix_error(&error, "--report: ");
        runner_refuse(r, g_steal_pointer(&error));
    }
    if (report)
        checking_make_folder(s->checking, report);
    if (!scenario_push(scenario, s, r, &error)) {
        runner_refuse(r, error);
        return false;
    }
    runner_check(r);
    return (!checking_is_sure(s->checking) || check_used(whole, s, r)) && !runner_failed(r) && ok;
}
