/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net-op.h: one change of a network's topology. Each kind lists the members that it uses.
 */
#ifndef NETWORK_NET_OP_H
#define NETWORK_NET_OP_H

#include "controller/network/link.h"
#include "controller/network/switch.h"

/* One end of a link: a port or a switch, by index. */
typedef struct {
    bool is_switch;
    unsigned index;
} NetEnd;

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

#endif
