/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lint-match.h: a rule about QEMU's options, and the test whether an option fits a rule. Pure. */
#ifndef QEMU_LINT_MATCH_H
#define QEMU_LINT_MATCH_H

#include "controller/qemu/cmdline.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    LINT_NOTE,  /* worth knowing */
    LINT_WARN,  /* runs will not be exact, or will differ from each other */
    LINT_ERROR, /* refused: metronome would lose control of the node */
} LintSeverity;

typedef enum {
    LINT_OWN,      /* made by node_options_argv(); keys of `node add` change it */
    LINT_ATTACHED, /* of a process that another program started */
} LintOrigin;

typedef struct {
    const char *program;
    const GArray *options; /* CmdOption */
    LintOrigin origin;
    GPtrArray *findings;
} Lint;

typedef struct {
    const Lint *lint;        /* NULL for a monitor */
    const CmdOption *option; /* or a monitor's command */
    const GArray *pairs;     /* of the option's value */
} LintCase;

typedef enum {
    LINT_AT_LINE,    /* a whole command line */
    LINT_AT_EXTRA,   /* options that a user adds to a node's */
    LINT_AT_MONITOR, /* a command to a monitor, with dashes in its name */
} LintPlace;

typedef enum {
    LINT_EACH,    /* each option or command; a monitor's line: its first word */
    LINT_LIST,    /* the same; a monitor's line: all words behind the command */
    LINT_MERGED,  /* all options of the name together, as QEMU merges them; quotes all */
    LINT_LAST,    /* the same; quotes the last one */
    LINT_ABSENT,  /* none of the names is there; quotes the first name */
    LINT_PROGRAM, /* the program's own name */
} LintKind;

/* A rule fits an option if `names`, `values` and `applies` fit. */
typedef struct {
    LintPlace place;
    LintKind kind;
    LintSeverity severity;
    const char *names;   /* a list as of lint_in(); "": an image that stands alone */
    const char *implied; /* key of the value's first word, if that word has no key */
    const char *key;     /* of the value to test; NULL: `implied`, or the whole value */
    const char *values;  /* a list as of lint_in(); NULL: any or none */
    bool (*applies)(const LintCase *c); /* NULL: always */
    const char *reason, *mend;
    const char *own_mend; /* for a node's own command line, if it differs */
} LintRule;

/*
 * Whether a text is in a list. The words of a list are separated by |. A * at the end of a word
 * stands for any rest. A ! at the list's beginning inverts the test; a text NULL then passes.
 * "@own" stands for the ids that metronome gives to its gate, NICs and chardevs, and for paths
 * through them.
 */
bool lint_in(const char *list, const char *text);

/* The last option whose name is in the list; NULL: there is none. */
const CmdOption *lint_find(const Lint *l, const char *names);

/* Tests `values` and `applies`; the caller has tested the name. */
bool lint_fits(const LintRule *rule, const LintCase *c);

#endif
