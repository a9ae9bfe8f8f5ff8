/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network.h: the virtual network: ports (NICs of nodes), learning switches, and links between them.
 * Pure: frames and virtual times in, deliveries out. One thread at a time.
 *
 * The rhythm, at each barrier T:
 *   1. network_send() for every frame that a node has sent up to T, of each port in its order;
 *      network_delivered() or network_refused() for what was given to nodes and taken in by T;
 *   2. network_advance(T): every frame enters its link and passes the switches it reached by T.
 *      Since no latency is below the quantum, all deliveries due by T + network_lookahead() are
 *      known now;
 *   3. network_next() and network_take() for what each node is to receive up to its next boundary.
 *
 * Nothing depends on the order in which ports are served: events happen in the order of virtual
 * time; at the same time first sends by (port, sequence), then frames reaching switches by (link,
 * direction, sequence), then deliveries by (port, order of taking). Observer and trace see them in
 * this order.
 *
 * Only a frame that enters a link is affected by its parameters: what is under way keeps its due
 * time when a link or the quantum is changed, or a link goes down.
 */
#ifndef NETWORK_NETWORK_H
#define NETWORK_NETWORK_H

#include "controller/network/frame.h"
#include "controller/network/link.h"
#include "controller/network/net-op.h"
#include "controller/network/switch.h"
#include "controller/network/trace.h"

#define NETWORK_ERROR (network_error_quark())
GQuark network_error_quark(void);

typedef enum {
    NETWORK_ERROR_NAME,    /* taken, or unknown */
    NETWORK_ERROR_LINKED,  /* a port has one link only, and a link two ends */
    NETWORK_ERROR_QUANTUM, /* not above 0 */
} NetworkError;

#define NETWORK_FRAME_MIN ((size_t)14) /* an Ethernet header */
#define NETWORK_HOPS_MAX  16           /* switches that a frame may pass */

typedef struct Network Network;

/* Over all ports received == arrived. */
typedef struct {
    uint64_t sent, bytes_sent;
    uint64_t received, bytes_received; /* taken in by the NIC, late ones included */
    uint64_t late;      /* received after the barrier at or behind their due time (exact delivery:
                           over a µs after that) … */
    uint64_t carried;   /* … and not counted there, because the card had its fill */
    uint64_t refused;   /* reached the port, but its NIC did not take them */
    uint64_t copies;    /* more than one of what it sent: switches flood, links duplicate */
    uint64_t arrived;   /* of what it sent and its copies, taken in by other ports */
    uint64_t dropped;   /* likewise, lost on the way or refused */
    uint64_t filtered;  /* likewise, ended in a switch that had no other exit for it */
    uint64_t malformed; /* not sent: shorter than a header or above FRAME_MAX */
} NetPortStats;

/* What of it has not come to its end yet. */
static inline uint64_t net_under_way(const NetPortStats *s)
{
    return s->sent + s->copies - s->arrived - s->dropped - s->filtered;
}

typedef struct {
    uint64_t forwarded; /* to one exit */
    uint64_t flooded;   /* to all */
    uint64_t filtered;  /* the receiver is where the frame came from */
    uint64_t hops;      /* discarded after NETWORK_HOPS_MAX switches */
} NetSwitchStats;

/* A frame that is due at a port. The fields stay valid until network_delivered() or
 * network_refused(). */
typedef struct {
    unsigned port, from; /* receiver, sender */
    unsigned link, direction;
    uint64_t sequence; /* within (link, direction) */
    VTime sent, due;
    const uint8_t *data;
    size_t size;
    bool carried; /* the caller's: it was kept back, since the card had its fill */
} NetDelivery;

typedef enum {
    /* Also recorded in the trace. */
    NET_SENT = TRACE_SEND,
    NET_DELIVERED = TRACE_DELIVERY,
    NET_DROPPED = TRACE_DROP,
    /* For observers alone. */
    NET_ENTERED, /* a copy is on a link, … */
    NET_LEFT,    /* … has reached the switch at its end (a port: NET_DELIVERED, NET_DROPPED) */
    NET_ENDED,   /* no copy of the frame is on its way any more */
} NetEventKind;

/* What an observer is told; `data` and names are valid during the call only. */
typedef struct {
    NetEventKind kind;
    uint64_t frame; /* its number, in the order of network_send() */
    NetDrop drop;
    bool late, carried;
    bool copy;         /* NET_ENTERED: the second one that a link made (duplicate=) */
    uint64_t sequence; /* of a copy that is or was on a link: unique within (link, direction) */
    unsigned port;     /* the sender; for a delivery the receiver */
    unsigned from;     /* the sender */
    bool has_link;     /* false: the port has none, or it was in a switch */
    unsigned link;     /* the first link for a send, the last for a delivery, that of a drop */
    unsigned direction;
    VTime sent, due, when;
    const uint8_t *data;
    size_t size;
    uint64_t trace_number; /* of this event, 0 if no trace is kept */
} NetEvent;

typedef void (*NetObserver)(const NetEvent *event, void *data);

/* `quantum` must be above 0. */
Network *network_new(uint64_t seed, VTime quantum);

/* Takes NULL. Deliveries that were taken and not given back become invalid. */
void network_free(Network *net);

/* Starts the random numbers of all links again, from another seed. */
void network_set_seed(Network *net, uint64_t seed);

/*
 * Another quantum from `at` on, which may be in the middle of one. Barriers are the multiples of the
 * quantum, so what has come due since the last one is to be there at the first multiple of the new
 * quantum behind `at`.
 */
bool network_set_quantum(Network *net, VTime quantum, VTime at, GError **error);

/* A NIC of a node: "a", or "a.1" for another one of node "a". Indices count from 0 in the order of
 * adding. Fails if the name is taken. */
bool network_add_port(Network *net, const char *name, const uint8_t mac[MAC_LEN], unsigned *port,
                      GError **error);
bool network_add_switch(Network *net, const char *name, unsigned *index, GError **error);

/* A port or a switch by name. */
bool network_find(const Network *net, const char *name, NetEnd *end, GError **error);

/* A link from `a` to `b`; params[0] is for what a sends, params[1] for what b sends. It is called
 * "A-B"; a further link between the same two "A-B#2". Fails if a port is linked already, or both
 * ends are the same. */
bool network_add_link(Network *net, NetEnd a, NetEnd b, const LinkParams params[2], unsigned *link,
                      GError **error);

/* The link between two ends, in either order; the first one if there are several. *reversed tells
 * that it leads from b to a. */
bool network_find_link(const Network *net, NetEnd a, NetEnd b, unsigned *link, bool *reversed,
                       GError **error);

/* Takes a link away: nothing enters it any more, what is on it still arrives, and its ends are
 * free. Its number, name and counts stay. */
void network_remove_link(Network *net, unsigned link);
bool network_link_removed(const Network *net, unsigned link);

void network_set_link(Network *net, unsigned link, const LinkParams params[2]);

/* Up or down at virtual time `at`: now for a change at once, later for a planned one. */
void network_schedule_link(Network *net, unsigned link, unsigned direction, VTime at, bool up);

unsigned network_n_ports(const Network *net);
unsigned network_n_switches(const Network *net);
unsigned network_n_links(const Network *net);
const char *network_end_name(const Network *net, NetEnd end);
const char *network_port_node(const Network *net, unsigned port); /* "a" of "a.1" */
const uint8_t *network_port_mac(const Network *net, unsigned port);
const char *network_link_name(const Network *net, unsigned link);
void network_link_ends(const Network *net, unsigned link, NetEnd ends[2]);
const LinkWay *network_link_way(const Network *net, unsigned link, unsigned direction);
const NetPortStats *network_port_stats(const Network *net, unsigned port);
const NetSwitchStats *network_switch_stats(const Network *net, unsigned index);

/* The latency of a way that counts: never below the quantum. */
VTime network_latency(const Network *net, unsigned link, unsigned direction);

/* The least of them over all links that are not removed; INT64_MAX ns without any. */
VTime network_lookahead(const Network *net);

/* A port has sent a frame at `sent`, not before its last one (or it counts as sent with that). The
 * bytes are copied. False, counted as malformed, unless NETWORK_FRAME_MIN <= size <= FRAME_MAX. */
bool network_send(Network *net, unsigned port, VTime sent, const void *frame, size_t size);

/* Lets everything happen up to and including `now`, see above. */
void network_advance(Network *net, VTime now);

/* Whether the link of a port delivers at due times, not at barriers (LinkParams.exact). */
bool network_exact(const Network *net, unsigned port);

/* The next frame for a port that is due by `until`, NULL if there is none. It stays in the queue.
 */
const NetDelivery *network_next(const Network *net, unsigned port, VTime until);

/* Removes what network_next() would give with any `until`, NULL if there is none. The caller gives
 * it back with one of the two below. */
NetDelivery *network_take(Network *net, unsigned port);

/* The port's NIC took the frame in at `when`; recorded by the next network_advance() to that time.
 * Frees the delivery. */
void network_delivered(Network *net, NetDelivery *delivery, VTime when);

/* The NIC did not take the frame (ring full, driver not up). Frees the delivery. */
void network_refused(Network *net, NetDelivery *delivery, VTime when);

/* Records events in `trace` from now on, NULL for none; not owned. A node's clock is the trace's
 * node of the same name. */
void network_set_trace(Network *net, Trace *trace);

/* Calls `observer` for each event within network_advance(), in its thread. `data` is its own: it is
 * what network_unobserve() knows it by. */
void network_observe(Network *net, NetObserver observer, void *data);
void network_unobserve(Network *net, const void *data);

/* What was done to its topology; a new one has got its seed and its quantum. */
unsigned network_n_ops(const Network *net);
const NetOp *network_op(const Network *net, unsigned index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Network, network_free)

#endif
