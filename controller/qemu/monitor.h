/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * monitor.h: refuses the commands of QEMU's monitors that would move a node without metronome's
 * knowledge: that let the node run, stop, end or jump, or remove objects of metronome. Pure.
 */
#ifndef QEMU_MONITOR_H
#define QEMU_MONITOR_H

#include <glib.h>
#include <stdbool.h>

/* Checks a command of QMP; arguments: its JSON object, or NULL. The error is NODE_ERROR_OPTION: it
 * names the command, the reason and the replacement. */
bool monitor_check_qmp(const char *command, const char *arguments, GError **error);

/* Checks a line for the human monitor in the same way. */
bool monitor_check_hmp(const char *line, GError **error);

#endif
