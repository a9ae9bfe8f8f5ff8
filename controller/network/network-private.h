/* SPDX-License-Identifier: GPL-3.0-or-later */
/* network-private.h: what topology (network.c) and flow (flow.c) share. */
#ifndef NETWORK_NETWORK_PRIVATE_H
#define NETWORK_NETWORK_PRIVATE_H

#include "controller/network/heap.h"
#include "controller/network/network.h"

#define NO_LINK G_MAXUINT

/* A frame on its way: to be sent, towards a switch, due at a port, or taken in by it. */
typedef struct Packet Packet;
struct Packet {
    NetDelivery d; /* first: the public part */
    Frame *frame;  /* NULL: not in use */
    unsigned hops; /* switches passed */
    bool refused;
    bool exact; /* its last link delivered so when it entered it */
    VTime when; /* taken in or refused */
    Packet *next_free;
    Packet *next_ever; /* list of all, in use or not */
};

/* Strings are interned, since trace events point to them. */
typedef struct {
    const char *name, *node;
    uint8_t mac[MAC_LEN];
    unsigned link, direction; /* NO_LINK: none */
    VTime last_sent;
    uint64_t sends, takings; /* sequence numbers */
    Heap due;                /* Packet */
    unsigned trace_node;
    NetPortStats stats;
} NetPort;

typedef struct {
    unsigned link, direction; /* direction: of what leaves the switch */
} Exit;

typedef struct {
    const char *name;
    GArray *exits; /* Exit, in the order of links */
    SwitchTable *table;
    NetSwitchStats stats;
} Switch;

typedef struct {
    const char *name;
    NetEnd ends[2];
    LinkWay ways[2]; /* [0] leads to ends[1] */
    bool removed;    /* what is on it still arrives */
} Link;

typedef struct {
    NetObserver func;
    void *data;
} Observer;

struct Network {
    uint64_t seed;
    VTime quantum;
    VTime changed, last; /* when it became so, and the last barrier until then */
    GPtrArray *ports;    /* NetPort */
    GPtrArray *switches; /* Switch */
    GPtrArray *links;    /* Link */
    GHashTable *ends;    /* name -> number_of() its port or switch */
    GHashTable *pairs;   /* two of those numbers -> how many links there were between them */
    GArray *ops;         /* NetOp: what made it so */
    Heap events;         /* Packet */
    FramePool frames;
    uint64_t n_frames; /* sent so far */
    VTime clock;       /* of the event that happens */
    Packet *packets, *free_packets;
    Trace *trace;
    GArray *observers; /* Observer */
};

static inline NetPort *port_at(const Network *net, unsigned i)
{
    return g_ptr_array_index(net->ports, i);
}

static inline Switch *switch_at(const Network *net, unsigned i)
{
    return g_ptr_array_index(net->switches, i);
}

static inline Link *link_at(const Network *net, unsigned i)
{
    return g_ptr_array_index(net->links, i);
}

/* Frees everything that is on its way or taken. */
void flow_clear(Network *net);

#endif
