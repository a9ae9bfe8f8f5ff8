/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.h: what was done to a network's topology, in order, so that another network can be made
 * the same: same indices, same random numbers. What is on its way is no part of it.
 */
#ifndef NETWORK_HISTORY_H
#define NETWORK_HISTORY_H

#include "controller/network/network.h"

typedef enum {
    NET_OP_SEED,     /* seed */
    NET_OP_QUANTUM,  /* quantum, at */
    NET_OP_PORT,     /* name, mac */
    NET_OP_SWITCH,   /* name */
    NET_OP_LINK,     /* ends, params */
    NET_OP_REMOVE,   /* link */
    NET_OP_SET,      /* link, params */
    NET_OP_SCHEDULE, /* link, direction, at, up */
} NetOpKind;

#define NET_OP_LAST NET_OP_SCHEDULE

typedef struct NetOp {
    NetOpKind kind;
    uint64_t seed;
    VTime quantum, at;
    const char *name; /* interned */
    uint8_t mac[MAC_LEN];
    NetEnd ends[2];
    LinkParams params[2];
    unsigned link, direction;
    bool up;
} NetOp;

/* Of a new network: its seed and its quantum. */
unsigned network_n_ops(const Network *net);
const NetOp *network_op(const Network *net, unsigned index);

/* Does it here too; false if it can't be, as it is not what a network of the same history has
 * done. */
bool network_repeat(Network *net, const NetOp *op, GError **error);

#endif
