/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lint-rules.h: what the files of rules share; private to lint*.c. */
#ifndef NODE_LINT_RULES_H
#define NODE_LINT_RULES_H

#include "controller/node/cmdline.h"
#include "controller/node/lint.h"

#include <string.h>

typedef struct {
    LintSeverity severity;
    const char *reason;
    const char *mend;
    const char *own_mend; /* for a node's own command line, if that differs */
} LintVerdict;

typedef struct {
    const char *program;
    const GArray *options; /* CmdOption */
    LintOrigin origin;
    GPtrArray *findings;
} Lint;

static inline const CmdOption *lint_option(const Lint *l, unsigned i)
{
    return &g_array_index(l->options, CmdOption, i);
}

static inline bool lint_is(const CmdOption *o, const char *name)
{
    return strcmp(o->name, name) == 0;
}

GPtrArray *lint_findings_new(void);

/* The last option of that name; NULL: there is none. */
const CmdOption *lint_find(const Lint *l, const char *name);

/* Adds a finding, unless there is the same already. */
void lint_say(Lint *l, const char *what, const LintVerdict *verdict);
void lint_say_option(Lint *l, const CmdOption *option, const LintVerdict *verdict);

/* The rules on what connects the guest to the host: lint-host.c. */
void lint_host(Lint *l);

#endif
