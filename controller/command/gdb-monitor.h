/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-monitor.h: what follows `monitor` in gdb: one command of ours that stays inside the ensemble
 * (Command.outside), or a line of QEMU's monitor that only looks. Whoever reaches the endpoint may
 * say it, so it must give nobody more than gdb itself has: the guests and their time.
 */
#ifndef COMMAND_GDB_MONITOR_H
#define COMMAND_GDB_MONITOR_H

#include "controller/gdbserver/gdb-endpoint.h"

/* GdbEndpointEvents.monitor, … */
GdbMonitor *gdb_monitor_begin(Session *session, Node *node, const char *text, size_t size,
                              GdbMonitorFunc done, void *data);

/* … and its forget. */
void gdb_monitor_forget(GdbMonitor *monitor);

/* Whether a line is one that QEMU's human monitor only looks for: by the first word, exactly. Pure.
 */
bool gdb_monitor_looks(const char *line);

/* Whether such a line asks for no more than so many units of memory ("x/10i", "xp /4x"): QEMU makes
 * all of the text before it says anything. Pure. */
#define GDB_MONITOR_UNITS 4096
bool gdb_monitor_is_modest(const char *line);

#endif
