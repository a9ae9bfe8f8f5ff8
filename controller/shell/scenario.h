/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.h: the input of `run`, `check`, `verify` and -c: a file or commands, and variables. All
 * input is checked before anything starts.
 *
 * Each file is read once. So the executed text is the checked text, even if the file is a pipe, or
 * if another program writes the file meanwhile.
 */
#ifndef SHELL_SCENARIO_H
#define SHELL_SCENARIO_H

#include "controller/session/session.h"
#include "controller/shell/runner.h"

typedef struct {
    const char *file;     /* "-" is standard input; NULL: `commands` */
    const char *commands; /* used if `file` is NULL */
    const char *boot;     /* a check only: the scenario that `file` begins behind; NULL: none */
    char **variables;     /* KEY=VALUE, NULL-terminated; NULL: no variables */
    Texts *texts;         /* runner.h */
} Scenario;

/* Sets the variables and pushes the commands to the runner. */
bool scenario_push(const Scenario *scenario, Session *session, Runner *runner, GError **error);

/*
 * Checks the scenario in a dry session. report: the folder for the report, or NULL. Every error is
 * reported and noted (session_note()); returns false after any error.
 */
bool scenario_check(const Scenario *scenario, const char *report, Session *session);

#endif
