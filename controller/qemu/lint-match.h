/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lint-match.h: a rule about QEMU's options, and whether one fits. Pure. */
#ifndef QEMU_LINT_MATCH_H
#define QEMU_LINT_MATCH_H

#include "controller/qemu/cmdline.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    LINT_NOTE,  /* good to know */
    LINT_WARN,  /* runs will not be exact, or differ from each other */
    LINT_ERROR, /* refused: the node would be out of metronome's hands */
} LintSeverity;

typedef enum {
    LINT_OWN,      /* made by node_options_argv(): mended by keys of `node add` */
    LINT_ATTACHED, /* of a process that something else started */
} LintOrigin;

typedef struct {
    const char *program;
    const GArray *options; /* CmdOption */
    LintOrigin origin;
    GPtrArray *findings;
} Lint;

typedef struct {
    const Lint *lint;        /* NULL of a monitor */
    const CmdOption *option; /* or a monitor's command */
    const GArray *pairs;     /* what its value says */
} LintCase;

typedef enum {
    LINT_AT_LINE,    /* of a whole command line */
    LINT_AT_EXTRA,   /* of what a user adds to a node's */
    LINT_AT_MONITOR, /* of a command to a monitor, in dashes */
} LintPlace;

typedef enum {
    LINT_EACH,    /* option or command; a monitor's line: its first word */
    LINT_LIST,    /* the same; a monitor's line: all behind the command */
    LINT_MERGED,  /* of all options of the name together, as QEMU merges them; all are quoted */
    LINT_LAST,    /* the same; the last one is quoted */
    LINT_ABSENT,  /* none of the names is there; the first is quoted */
    LINT_PROGRAM, /* the program's own name */
} LintKind;

/* A rule fits where the name, the value and `applies` do. */
typedef struct {
    LintPlace place;
    LintKind kind;
    LintSeverity severity;
    const char *names;   /* a list as of lint_in(); an image that stands alone has the name "" */
    const char *implied; /* key of the value's first word, if that is alone */
    const char *key;     /* whose value is looked at; NULL: that of `implied`, or the whole value */
    const char *values;  /* a list as of lint_in(); NULL: any or none */
    bool (*applies)(const LintCase *c); /* NULL: always */
    const char *reason, *mend;
    const char *own_mend; /* for a node's own command line, if that differs */
} LintRule;

/* Whether a text is one of a list: with | between them; with a * at the end: any rest; with ! at
 * the list's beginning: none of them, or NULL. "@own": ids that metronome gives to its gate, cards
 * and chardevs, and paths through them. */
bool lint_in(const char *list, const char *text);

/* The last option whose name is in the list; NULL: there is none. */
const CmdOption *lint_find(const Lint *l, const char *names);

bool lint_fits(const LintRule *rule, const LintCase *c);

#endif
