/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.h: what `run`, `check`, `verify` and -c are given: a file or commands, and variables. All
 * of it is checked before anything starts.
 *
 * Each file is read once: what is run is the text that was checked, also if the file is a pipe, or
 * somebody writes it meanwhile.
 */
#ifndef SHELL_SCENARIO_H
#define SHELL_SCENARIO_H

#include "controller/session/session.h"
#include "controller/shell/runner.h"

typedef struct {
    const char *file;     /* "-" is standard input; NULL: … */
    const char *commands; /* … these */
    char **variables;     /* KEY=VALUE, NULL-terminated; NULL: none */
    Texts *texts;         /* runner.h */
} Scenario;

/* Sets the variables and gives the commands to the runner. */
bool scenario_push(const Scenario *scenario, Session *session, Runner *runner, GError **error);

/*
 * Checks the scenario in a session that is dry. report: the folder that its report is to go to, or NULL.
 * Every error is told and noted (session_note()); false if there was one.
 */
bool scenario_check(const Scenario *scenario, const char *report, Session *session);

#endif
