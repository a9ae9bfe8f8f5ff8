/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lint-rules.h: the one table of rules about command lines and monitor commands. Pure. */
#ifndef QEMU_LINT_RULES_H
#define QEMU_LINT_RULES_H

#include "controller/qemu/lint-match.h"

extern const LintRule lint_rules[];
extern const unsigned lint_n_rules;

#endif
