/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filters.h: makes, changes and deletes the net filters of a stopped node.
 *
 * Commands go through the gdbstub's monitor (qRcmd), which reads a line at once, in some 35 µs. QMP
 * is read byte by byte, in some 150 µs for a filter. QMP is used where there is no stub, where a
 * user's gdb may want the stub (attached QEMUs), where a connection to the stub changes what the
 * guest does (semihosting), and once the stub has failed.
 *
 * A call may return before its command is carried out: filters_settle() waits for all commands and
 * reports failures. Filters belong to the thread that owns the node.
 */
#ifndef QEMU_FILTERS_H
#define QEMU_FILTERS_H

#include "controller/qemu/node.h"

#include <stdbool.h>
#include <stdint.h>

/* Takes the stub for this node's filters, if it may be used. */
void filters_use_stub(Node *node);

/* In µs: the interval of filter-buffer is an uint32 of µs (net/filter-buffer.c). */
#define FILTERS_LONGEST_US INT64_C(4294967295)

/* A filter-buffer holds packets for interval_us µs, counted from the node's virtual time. */
typedef struct {
    const char *id, *netdev, *queue;
    const char *position; /* "head", or "id=ID": behind that filter; NULL: at the tail */
    int64_t interval_us;
} FilterBuffer;

bool filters_add(Node *node, const FilterBuffer *buffer, GError **error);

bool filters_delete(Node *node, const char *id, GError **error);

/* status: "on", or "off": then all packets pass by the filter. */
bool filters_set_status(Node *node, const char *id, const char *status, GError **error);

/* Sets the interval of a filter-buffer. The begin of the new interval depends on the QEMU:
 * IntervalKind. */
bool filters_set_interval(Node *node, const char *id, int64_t interval_us, GError **error);

/* Waits up to NODE_REPLY_MS for the answers of all commands. The first failure is the error. */
bool filters_settle(Node *node, GError **error);

/* Gives QEMU's main loop, which reads the packets for its network, another turn. */
bool filters_turn(Node *node, GError **error);

#endif
