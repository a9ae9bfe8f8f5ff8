/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-monitor.h: what follows `monitor` in gdb: a command of ours, or else of QEMU's monitor. */
#ifndef COMMAND_GDB_MONITOR_H
#define COMMAND_GDB_MONITOR_H

#include "controller/session.h"

typedef struct GdbMonitor GdbMonitor;

/* output: all that the command printed, its error included. */
typedef void (*GdbMonitorFunc)(const char *output, void *data);

/* Returns NULL when done was called already; else it will be, unless … */
GdbMonitor *gdb_monitor_begin(Session *session, Node *node, const char *text, GdbMonitorFunc done,
                              void *data);

/* … nobody wants to know any more: the command goes on to its end. */
void gdb_monitor_forget(GdbMonitor *monitor);

#endif
