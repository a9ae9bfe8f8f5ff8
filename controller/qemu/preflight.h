/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * preflight.h: checks a QEMU's command line before the node takes part: logs the findings of
 * lint.h, warnings as warnings and notes as info, and reads the -icount of an attached QEMU.
 */
#ifndef QEMU_PREFLIGHT_H
#define QEMU_PREFLIGHT_H

#include "controller/qemu/lint.h"
#include "controller/qemu/options.h"

#include <sys/types.h>

/* Checks that the user's own words (machine=, extra=) take no part from metronome:
 * lint_refused(). */
bool preflight_options(const NodeOptions *options, GError **error);

void preflight_report(const char *name, char *const *argv, LintOrigin origin);

/* What QEMU was started with, since QMP doesn't tell; then as preflight_report(). */
bool preflight_attached(const char *name, pid_t pid, Icount *icount, GError **error);

#endif
