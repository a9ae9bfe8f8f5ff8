/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint.h: finds the options in a QEMU command line that end exactness or repeatability, or that do
 * not do what they seem to. Pure.
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

/* Findings in the order of the rules, without duplicates; argv begins with the program. Free with
 * g_ptr_array_unref(). */
GPtrArray *lint_arguments(char *const *argv, LintOrigin origin);

/* Options that would take from metronome a part that it controls, all of severity LINT_ERROR. argv
 * begins with the program, followed by the options that a user added to a node's. Free with
 * g_ptr_array_unref(). */
GPtrArray *lint_refused(char *const *argv);

/* "WHAT: REASON; MEND"; free with g_free(). */
char *lint_text(const LintFinding *finding);

#endif
