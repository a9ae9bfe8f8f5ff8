/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * topology.h: writes and reads changes of the topology (history.h), for a replica at another host or
 * a saved network. Pure.
 *
 * A change: u8 kind, then fields by kind: seed: u64; quantum: i64 quantum, i64 at; port: text
 * name, 6 times u8; switch: text name; link: both ends, both ways; remove: u32 link; set: u32 link,
 * both ways; schedule: u32 link, u8 direction, i64 at, u8 up. An end: u8 is a switch, u32 index. A
 * way: i64 latency, i64 bandwidth, i64 queue, i64 jitter, u32 loss, u32 duplicate, u32 reorder, u8
 * exact (1) and set by the user (2).
 */
#ifndef NETWORK_TOPOLOGY_H
#define NETWORK_TOPOLOGY_H

#include "controller/base/codec.h"
#include "controller/network/history.h"

/* Length of the shortest change. */
#define TOPOLOGY_LEAST 5

/* The beginning of a message of changes. */
typedef struct {
    VTime moved; /* time up to which the network has moved */
    uint32_t count;
} TopologyHead;

bool topology_get_head(Reader *r, TopologyHead *head);

void topology_put(GByteArray *out, const NetOp *op);

/* Reads one change. op->name points to *name, or is NULL; the caller frees *name with g_free(). A
 * value out of range makes the reader bad. */
void topology_get(Reader *r, NetOp *op, char **name);

#endif
