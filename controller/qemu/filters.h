/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filters.h: makes, changes and deletes the net filters of a stopped node.
 *
 * They go through the gdbstub's monitor (qRcmd), which takes a line in one read, in some 35 µs; QMP
 * is read byte by byte, some 150 µs for a filter. QMP is used where there is no stub, where a user's
 * gdb may want it (attached QEMUs), where being connected changes what the guest does
 * (semihosting), and once the stub has failed.
 *
 * Nothing has to be done when a call returns: filters_settle() waits for all, and tells of what
 * failed. Belongs to whoever owns the node.
 */
#ifndef QEMU_FILTERS_H
#define QEMU_FILTERS_H

#include "controller/qemu/node.h"

#include <stdbool.h>
#include <stdint.h>

/* Takes the stub for this node's filters, if it may be used. */
void filters_use_stub(Node *node);

/* filter-buffer's interval is an uint32 of µs (net/filter-buffer.c). */
#define FILTERS_LONGEST_US INT64_C(4294967295)

/* A filter-buffer holds what passes for so many µs, counted from the node's virtual time. */
typedef struct {
    const char *id, *netdev, *queue;
    const char *position; /* "head", or "id=ID" of one that it is to be behind; NULL: at the tail */
    int64_t interval_us;
} FilterBuffer;

bool filters_add(Node *node, const FilterBuffer *buffer, GError **error);

bool filters_delete(Node *node, const char *id, GError **error);

/* "on", or "off": then all passes it by. */
bool filters_set_status(Node *node, const char *id, const char *status, GError **error);

/* Of a filter-buffer. When it counts from there on depends on the QEMU: IntervalKind. */
bool filters_set_interval(Node *node, const char *id, int64_t interval_us, GError **error);

bool filters_settle(Node *node, GError **error);

/* Gives QEMU's main loop, which reads what comes to its network, another turn. */
bool filters_turn(Node *node, GError **error);

#endif
