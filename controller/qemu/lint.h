/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint.h: what in a QEMU command line ends exactness or repeatability, or is not what it seems.
 * Pure.
 */
#ifndef QEMU_LINT_H
#define QEMU_LINT_H

#include "controller/qemu/lint-match.h"

const char *lint_severity_name(LintSeverity severity);

typedef struct {
    LintSeverity severity;
    char *what; /* quotes the option */
    const char *reason, *mend;
} LintFinding;

/* Findings in the order of the rules, none twice; argv begins with the program. Free with
 * g_ptr_array_unref(). */
GPtrArray *lint_arguments(char *const *argv, LintOrigin origin);

/* What of it would take from metronome what is its own: all of severity LINT_ERROR. argv begins
 * with the program, followed by what a user added to a node's options. */
GPtrArray *lint_refused(char *const *argv);

/* "WHAT: REASON; MEND"; free with g_free(). */
char *lint_text(const LintFinding *finding);

#endif
