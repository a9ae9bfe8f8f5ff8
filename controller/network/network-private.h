/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network-private.h: the structs that topology (network.c) and flow (flow.c) share.
 */
#ifndef NETWORK_NETWORK_PRIVATE_H
#define NETWORK_NETWORK_PRIVATE_H

#include "controller/network/heap.h"
#include "controller/network/network.h"

#define NO_LINK G_MAXUINT

/* A frame on its way: to be sent, towards a switch, due at a port, or accepted by the port. */
typedef struct Packet Packet;
struct Packet {
    NetDelivery d;   /* first member: the public part */
    Frame *frame;    /* NULL: packet not in use */
    unsigned hops;   /* number of switches passed */
    bool taken;      /* by network_pop(), and not given back yet */
    unsigned number; /* among those taken, as network_save() or network_load() counted */
    bool refused;
    bool exact;         /* its last link was exact when the packet entered the link */
    VTime when;         /* time of acceptance or refusal */
    VTime queued, bits; /* on the links so far (LinkFate) */
    Packet *next_free;
    Packet *next_ever; /* list of all packets, in use or not */
};

/* Strings are interned, because trace events point to the strings. */
typedef struct {
    const char *name, *node;
    uint8_t mac[MAC_LEN];
    bool uart;
    unsigned link, direction; /* NO_LINK: none */
    VTime last_sent;
    uint64_t sends, takings; /* sequence numbers */
    Heap due;                /* Packet, by due time */
    unsigned trace_node;
    NetPortStats stats;
} NetPort;

typedef struct {
    unsigned link, direction; /* direction of frames that leave the switch */
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
    bool removed;    /* frames on the link still arrive */
} Link;

typedef struct {
    NetObserver func;
    void *data;
} Observer;

struct Network {
    uint64_t seed;
    VTime quantum;
    VTime changed, last; /* time of the last change of the quantum, and the last barrier until
                          * then */
    GPtrArray *ports;    /* NetPort */
    GPtrArray *switches; /* Switch */
    GPtrArray *links;    /* Link */
    GHashTable *ends;    /* name -> number_of() the port or switch */
    GHashTable *pairs;   /* two such numbers -> how many links there were between the two */
    GArray *ops;         /* NetOp, all changes of the topology */
    Heap events;         /* Packet */
    FramePool frames;
    uint64_t n_frames; /* frames sent so far */
    VTime clock;       /* time of the event under way */
    Packet *packets, *free_packets;
    GPtrArray *loaded; /* Packet, taken when the network was saved, by number; NULL: handed out */
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

/* Order of events at the same time. Deliveries at a barrier come last: a node's sends up to the
 * barrier come before. */
typedef enum {
    EVENT_SEND,
    EVENT_SWITCH,
    EVENT_TAKEN,
} EventClass;

/* Rank of an event in a heap: `index` is the port's, for EVENT_SWITCH 2 * link + direction. */
static inline uint64_t flow_rank(EventClass event, unsigned index)
{
    return (uint64_t)event << 32 | index;
}

/* Returns a packet with this frame, which takes over the caller's reference. */
Packet *flow_packet(Network *net, Frame *frame);

/* Frees all packets, on their way or taken, and the pools. */
void flow_clear(Network *net);

#endif
