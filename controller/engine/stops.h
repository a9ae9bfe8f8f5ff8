/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stops.h: resumes and stops a node. Resumes and stops go over the node's gdbstub if the node's
 * filters are made there (filters.h), otherwise over QMP.
 *
 * QEMU's main thread takes the stub's 0x03 in one read and stops the VM at once (gdb_read_byte(),
 * gdbstub). A QMP command is first read byte by byte by another thread. QEMU also reports a stop
 * over the stub as a QMP event, some time later: Node.stops_due counts the events that are still to
 * come.
 *
 * Called in the thread that owns the node.
 */
#ifndef ENGINE_STOPS_H
#define ENGINE_STOPS_H

#include "controller/qemu/node.h"

#include <stdbool.h>

/* Resumes the node without waiting for an answer: without priorities the node may be at its gate
 * before there is one. */
bool stops_resume(Node *node, GError **error);

/* Queues a stop of a node that runs or is at its gate. over_qmp: over QMP, even if the node was
 * resumed over its stub. */
bool stops_ask(Node *node, bool over_qmp, GError **error);

/* The descriptor that becomes readable when there is an answer to the stop. */
int stops_fd(const Node *node);

/* Reads an answer to the stop without waiting. The caller repeats this until *stands. If the
 * stub fails, the stop goes over QMP instead. */
bool stops_look(Node *node, bool *stands, GError **error);

/* The caller has waited long enough for a stop. Always returns false, with the reason in *error. */
bool stops_overdue(const Node *node, GError **error);

#endif
