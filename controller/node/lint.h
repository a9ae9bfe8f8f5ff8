/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint.h: what in a QEMU command line ends exactness or repeatability, or is not what it seems.
 * Pure.
 */
#ifndef NODE_LINT_H
#define NODE_LINT_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    LINT_NOTE,  /* good to know */
    LINT_WARN,  /* runs will not be exact, or differ from each other */
    LINT_ERROR, /* refused: the node would be out of metronome's hands */
} LintSeverity;

const char *lint_severity_name(LintSeverity severity);

typedef struct {
    LintSeverity severity;
    char *what; /* quotes the option */
    const char *reason, *mend;
} LintFinding;

typedef enum {
    LINT_OWN,      /* made by node_options_argv(): mended by keys of `node add` */
    LINT_ATTACHED, /* of a process that something else started */
} LintOrigin;

/* Findings in the order of the rules, none twice; argv begins with the program. Free with
 * g_ptr_array_unref(). */
GPtrArray *lint_arguments(char *const *argv, LintOrigin origin);

/* What of it would take from metronome what is its own: all of severity LINT_ERROR. argv begins
 * with the program, followed by what a user added to a node's options. */
GPtrArray *lint_refused(char *const *argv);

/* Whether an id of QEMU's is one that metronome gives: of its gate, cards, chardevs. NULL: no. */
bool lint_is_own_id(const char *id);

/* "WHAT: REASON; MEND"; free with g_free(). */
char *lint_text(const LintFinding *finding);

#endif
