/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * node-state.h: where a node stands, as bytes and back: how the agent's Node is copied to the
 * controller's.
 *
 * u8 state, i64 exit status, u32 resets, u8 its clock is stale, text failure, i64 virtual time, i64
 * instructions, i64 bias, u8 idle, u32 n, n times i64 CPU time of a vCPU, statistics (u64 missed,
 * u64 overshot, u64 repairs, twice: u64 zeros, u32 n, n times i64), u8 stands at a point; if it
 * does: u32 kind, u8 code, u8 has thread, i64 pid, i64 tid, u32 watch, u64 address, u64 pc
 */
#ifndef REMOTE_NODE_STATE_H
#define REMOTE_NODE_STATE_H

#include "controller/engine/stats.h"
#include "controller/qemu/node.h"
#include "controller/remote/codec.h"

void clock_put(GByteArray *out, const Clock *clock);
void clock_get(Reader *r, Clock *clock);

/* stats: what was counted since the last outcome. */
void node_state_put(GByteArray *out, const Node *node, const NodeStats *stats);

/* stats: added to; NULL: dropped. `host` names where it is in the text of a failure. What is in
 * front of a flaw may have been taken over; the state never is. */
void node_state_get(Reader *r, const char *host, Node *node, NodeStats *stats);

/* What a node tells: u8 what, u8 state, text why, i64 the ensemble's time, u8 exact, i64 exit status,
 * text detail or "". */
void telling_put(GByteArray *out, const NodeTelling *telling);
/* False if there is a flaw; else free detail with g_free(). */
bool telling_get(Reader *r, NodeTelling *telling);

/* The node is of no use any more: "host NAME: why". */
void node_state_fail(Node *node, const char *host, const char *why);

#endif
