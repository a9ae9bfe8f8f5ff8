/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * node-state.h: writes and reads the state of a node: copies the agent's Node to the controller's
 * Node of the same index. The format of a node state:
 *
 * u8 state, i64 exit status, u32 resets, u8 its clock is stale, text failure, i64 virtual time, i64
 * instructions, i64 bias, u8 idle, u32 n, n times i64 CPU time of a vCPU, disk (u8 there, u8 mode, u8
 * strict, u8 persist, text what is not in memory or "", u64 bytes read, u64 bytes written, u64
 * faults, u64 ticks of delay), statistics (u64 missed,
 * u64 overshot, u64 repairs, twice: u64 zeros, u32 n, n times i64), u8 stands at a point; if it
 * does: u32 kind, u8 code, u8 has thread, i64 pid, i64 tid, u32 watch, u64 address, u64 pc, u8
 * pending, u8 finished, u64 by, i64 skip, u8 at most, u32 n, n times (u32 watch, u64 address)
 */
#ifndef REMOTE_NODE_STATE_H
#define REMOTE_NODE_STATE_H

#include "controller/base/codec.h"
#include "controller/engine/stats.h"
#include "controller/qemu/node.h"

/* The part of a node state from virtual time to idle. */
void clock_put(GByteArray *out, const Clock *clock);
/* Leaves the clock unchanged if the reader is bad. */
void clock_get(Reader *r, Clock *clock);

/* The part that is the disk. */
void disk_put(GByteArray *out, const NodeDisk *disk);
/* Leaves the disk unchanged if the reader is bad. */
void disk_get(Reader *r, NodeDisk *disk);

/* stats: counts since the last node state was sent. */
void node_state_put(GByteArray *out, const Node *node, const NodeStats *stats);

/* stats: the received counts are added to it; NULL: they are dropped. `host`: name of the node's
 * host in the text of a failure. If the reader is bad at the end, fields before the fault may have
 * been copied to the node; the node's state never is. */
void node_state_get(Reader *r, const char *host, Node *node, NodeStats *stats);

/* A report of a node: u8 what, u8 state, text why, i64 the ensemble's time, u8 exact, i64 exit
 * status, text detail or "". */
void node_event_put(GByteArray *out, const NodeEvent *event);
/* False if the reader is bad; else free detail with g_free(). */
bool node_event_get(Reader *r, NodeEvent *event);

/* Marks the node as failed, with the error "host NAME: why". */
void node_state_fail(Node *node, const char *host, const char *why);

#endif
