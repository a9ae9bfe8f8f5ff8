/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * topology.h: changes of the network's topology (network/history.h) as bytes, and back. Pure.
 *
 * A change: u8 kind, then what belongs to it: seed: u64; quantum: i64 quantum, i64 at; port: text
 * name, 6 times u8; switch: text name; link: both ends, both ways; remove: u32 link; set: u32 link,
 * both ways; schedule: u32 link, u8 direction, i64 at, u8 up. An end: u8 is a switch, u32 index. A
 * way: i64 latency, i64 bandwidth, i64 queue, i64 jitter, u32 loss, u32 duplicate, u32 reorder, u8
 * exact.
 */
#ifndef REMOTE_TOPOLOGY_H
#define REMOTE_TOPOLOGY_H

#include "controller/network/history.h"
#include "controller/remote/codec.h"

/* No change is shorter. */
#define TOPOLOGY_LEAST 5

/* What a message of changes begins with. */
typedef struct {
    VTime moved; /* the network has, up to this */
    uint32_t count;
} TopologyHead;

bool topology_get_head(Reader *r, TopologyHead *head);

void topology_put(GByteArray *out, const NetOp *op);

/* *name is for the caller to g_free(), op->name points to it. What is in no range marks the reader
 * as bad. */
void topology_get(Reader *r, NetOp *op, char **name);

#endif
