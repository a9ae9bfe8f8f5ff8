/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * monitor.h: which commands of QEMU's monitors a user may not give, since they would move a node
 * behind metronome's back: let it run, stop, end or jump, or take away what metronome put into it.
 * Pure.
 */
#ifndef QEMU_MONITOR_H
#define QEMU_MONITOR_H

#include <glib.h>
#include <stdbool.h>

/* A command of QMP; arguments: its JSON object, or NULL. False with NODE_ERROR_OPTION, which names
 * the command, why it is refused and what to write instead. */
bool monitor_check_qmp(const char *command, const char *arguments, GError **error);

/* The same of a line for the human monitor. */
bool monitor_check_hmp(const char *line, GError **error);

#endif
