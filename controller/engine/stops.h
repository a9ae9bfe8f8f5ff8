/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stops.h: resumes a node and stops it, over its gdbstub where filters are made there (filters.h),
 * else over QMP.
 *
 * QEMU's main thread takes the stub's 0x03 in one read, and stops the VM for it at once
 * (gdb_read_byte(), gdbstub); a QMP command is read byte by byte by another thread first. QEMU tells
 * of such a stop over QMP as well, some time later: Node.stops_due counts what is still to come.
 *
 * Belongs to whoever owns the node.
 */
#ifndef ENGINE_STOPS_H
#define ENGINE_STOPS_H

#include "controller/qemu/node.h"

#include <stdbool.h>

/* An answer is not waited for: without priorities the node may be at its gate before there is one. */
bool stops_resume(Node *node, GError **error);

/* Queues a stop of a node that runs or is at its gate; over_qmp: whatever resumed it. */
bool stops_ask(Node *node, bool over_qmp, GError **error);

/* What becomes readable when there is an answer, … */
int stops_fd(const Node *node);

/* … which this looks for, without waiting. It must be called until *stands. Where the stub fails, QMP
 * takes its place. */
bool stops_look(Node *node, bool *stands, GError **error);

/* It is not waited for any longer: false, and why. */
bool stops_overdue(const Node *node, GError **error);

#endif
