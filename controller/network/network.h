/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network.h: the virtual network: ports (NICs of nodes), learning switches, and links between them.
 * Pure: frames and virtual times in, deliveries out. One thread at a time.
 *
 * Three steps at each barrier T:
 *   1. network_send() for every frame that a node has sent up to T, of each port in the port's
 *      order; network_delivered() or network_refused() for every delivery that a node has accepted
 *      or refused by T;
 *   2. network_advance(T): every frame enters its link and passes the switches that the frame
 *      reached by T. No latency is below the quantum, so all deliveries due by
 *      T + network_lookahead() are known now;
 *   3. network_next() and network_pop() for the frames that each node is to receive up to the
 *      node's next boundary.
 *
 * Nothing depends on the order in which ports are served: events happen in the order of virtual
 * time. The order of events at the same time: sends by (port, sequence), then frames that reach
 * switches by (link, direction, sequence), then deliveries by (port, order of acceptance).
 * Observers and trace receive the events in this order.
 *
 * The parameters of a link affect only frames that enter the link. Frames under way keep their due
 * time when a link or the quantum is changed, or when a link goes down.
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
    NETWORK_ERROR_NAME,    /* already used, or unknown */
    NETWORK_ERROR_LINKED,  /* a port has at most one link; a link has two different ends */
    NETWORK_ERROR_QUANTUM, /* not above 0 */
    NETWORK_ERROR_SAVED,   /* saved bytes are damaged, or do not fit the trace */
} NetworkError;

#define NETWORK_FRAME_MIN ((size_t)14) /* an Ethernet header */
#define NETWORK_HOPS_MAX  16           /* limit of switches on a frame's way */

typedef struct Network Network;

/* Sum of `received` over all ports == sum of `arrived`. */
typedef struct {
    uint64_t sent, bytes_sent;
    uint64_t received, bytes_received; /* accepted by the NIC, late frames included */
    uint64_t late;      /* received after the first barrier at or after the due time (exact
                         * delivery: more than 1 µs after the due time), except `carried` */
    uint64_t carried;   /* received as late as that, because the NIC was full */
    uint64_t refused;   /* reached the port, but the NIC refused the frame */
    uint64_t copies;    /* additional copies of frames it sent: switches flood, links duplicate */
    uint64_t arrived;   /* frames it sent, and copies, that other ports accepted */
    uint64_t dropped;   /* the same, but lost on the way or refused */
    uint64_t filtered;  /* the same, but ended in a switch without another exit */
    uint64_t malformed; /* not sent: shorter than a header or longer than FRAME_MAX */
} NetPortStats;

/* Number of the port's frames, and copies, that are still on their way. */
static inline uint64_t net_under_way(const NetPortStats *s)
{
    return s->sent + s->copies - s->arrived - s->dropped - s->filtered;
}

typedef struct {
    uint64_t forwarded; /* to one exit */
    uint64_t flooded;   /* to all exits */
    uint64_t filtered;  /* dropped: the receiver is at the entrance */
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
    bool carried; /* set by the caller: held back because the NIC was full */
} NetDelivery;

typedef enum {
    /* These events are also recorded in the trace. */
    NET_SENT = TRACE_SEND,
    NET_DELIVERED = TRACE_DELIVERY,
    NET_DROPPED = TRACE_DROP,
    /* These events are for observers only. */
    NET_ENTERED, /* a copy enters a link */
    NET_LEFT,    /* a copy reaches the switch at the link's end (a port: NET_DELIVERED,
                  * NET_DROPPED) */
    NET_ENDED,   /* no copy of the frame is on its way any more */
} NetEventKind;

/* One event for an observer. `data` and names are valid during the call only. */
typedef struct {
    NetEventKind kind;
    uint64_t frame; /* number of the frame, in the order of network_send() */
    NetDrop drop;
    bool late, carried;
    bool copy;         /* NET_ENTERED: the second copy, made by a link (duplicate=) */
    uint64_t sequence; /* of a copy that is or was on a link; unique within (link, direction) */
    unsigned port;     /* the sender; for a delivery the receiver */
    unsigned from;     /* the sender */
    bool has_link;     /* false: the port has no link, or the event was in a switch */
    unsigned link;     /* first link for a send, last link for a delivery, link of a drop */
    unsigned direction;
    VTime sent, due, when;
    VTime queued, bits; /* of a delivery and a drop: on all links so far (LinkFate) */
    const uint8_t *data;
    size_t size;
    uint64_t trace_number; /* number of this event in the trace; 0 without a trace */
} NetEvent;

typedef void (*NetObserver)(const NetEvent *event, void *data);

/* Creates a network. `quantum` must be above 0. */
Network *network_new(uint64_t seed, VTime quantum);

/* NULL is allowed. Deliveries from network_pop() that were not returned become invalid. */
void network_free(Network *net);

uint64_t network_seed(const Network *net);

/* Restarts the random numbers of all links from another seed. */
void network_set_seed(Network *net, uint64_t seed);

/*
 * Sets another quantum from `at` on; `at` may be inside a quantum. Barriers are the multiples of
 * the quantum. So frames that came due since the last barrier are delivered at the first multiple
 * of the new quantum after `at`.
 */
bool network_set_quantum(Network *net, VTime quantum, VTime at, GError **error);

/* Adds a NIC of a node: "a", or "a.1" for a further NIC of node "a". Indices count from 0 in the
 * order of adding. Fails if the name is already used. */
bool network_add_port(Network *net, const char *name, const uint8_t mac[MAC_LEN], unsigned *port,
                      GError **error);
bool network_add_switch(Network *net, const char *name, unsigned *index, GError **error);

/* Whether the port is a UART, NODE.uartN, and its link a serial line. Its frames are single bytes,
 * and its MAC address means nothing. */
bool network_port_is_uart(const Network *net, unsigned port);

/* Finds a port or a switch by name. */
bool network_find(const Network *net, const char *name, NetEnd *end, GError **error);

/* Adds a link from `a` to `b`. params[0] applies to frames that `a` sends, params[1] to frames that
 * `b` sends. The link's name is "A-B"; a further link between the same two ends is "A-B#2". Fails
 * if a port has a link already, or if both ends are the same. */
bool network_add_link(Network *net, NetEnd a, NetEnd b, const LinkParams params[2], unsigned *link,
                      GError **error);

/* Finds the link between two ends, in either order; the first link if there are several. *reversed:
 * the link leads from b to a. */
bool network_find_link(const Network *net, NetEnd a, NetEnd b, unsigned *link, bool *reversed,
                       GError **error);

/* Removes a link: no frame enters the link any more, frames on the link still arrive, and both ends
 * are free. The link's number, name and counts stay. */
void network_remove_link(Network *net, unsigned link);
bool network_link_removed(const Network *net, unsigned link);

/* Sets other parameters of both ways, for frames that enter from now on. */
void network_set_link(Network *net, unsigned link, const LinkParams params[2]);

/* Sets a way up or down at virtual time `at`: now for an immediate change, later for a planned
 * change. */
void network_schedule_link(Network *net, unsigned link, unsigned direction, VTime at, bool up);

/* Numbers, names and data of the network's parts. The network owns the results. */
unsigned network_n_ports(const Network *net);
unsigned network_n_switches(const Network *net);
unsigned network_n_links(const Network *net);
const char *network_end_name(const Network *net, NetEnd end);
const char *network_port_node(const Network *net, unsigned port); /* "a" of "a.1" */
const uint8_t *network_port_mac(const Network *net, unsigned port);
const char *network_link_name(const Network *net, unsigned link);
/* Direction d of a link leads from ends[d] to the other end. */
void network_link_ends(const Network *net, unsigned link, NetEnd ends[2]);
const LinkWay *network_link_way(const Network *net, unsigned link, unsigned direction);
const NetPortStats *network_port_stats(const Network *net, unsigned port);
const NetSwitchStats *network_switch_stats(const Network *net, unsigned index);

/* Returns the effective latency of a way: never below the quantum. */
VTime network_latency(const Network *net, unsigned link, unsigned direction);

/* Returns the least effective latency over all links that are not removed; INT64_MAX ns without any
 * link. */
VTime network_lookahead(const Network *net);

/* Whether the port can send so many bytes: NETWORK_FRAME_MIN <= size <= FRAME_MAX; a UART: 1. */
bool network_size_fits(const Network *net, unsigned port, size_t size);

/* Adds a frame that a port has sent at `sent`. A time before the port's last frame is raised to the
 * time of that frame. Copies the bytes. Returns false, and counts the frame as malformed, unless
 * network_size_fits(). */
bool network_send(Network *net, unsigned port, VTime sent, const void *frame, size_t size);

/* Processes all events up to and including `now`, see above. */
void network_advance(Network *net, VTime now);

/* Reports whether the link of a port delivers at due times, not at barriers (LinkParams.exact). */
bool network_exact(const Network *net, unsigned port);

/* Returns the next frame for a port that is due by `until`, or NULL. The frame stays in the
 * queue. */
const NetDelivery *network_next(const Network *net, unsigned port, VTime until);

/* Removes the port's next frame, without a time limit, and returns the frame, or NULL. The caller
 * returns the frame with network_delivered() or network_refused(). */
NetDelivery *network_pop(Network *net, unsigned port);

/* The port's NIC accepted the frame at `when`. The next network_advance() to that time records the
 * delivery. Frees the delivery. */
void network_delivered(Network *net, NetDelivery *delivery, VTime when);

/* The NIC refused the frame (ring full, driver not up). Frees the delivery. */
void network_refused(Network *net, NetDelivery *delivery, VTime when);

/* The frame has not reached the NIC, and the NIC is gone: the frame waits for network_pop() again, at
 * its former place. Frees the delivery. */
void network_return(Network *net, NetDelivery *delivery);

/* Records events in `trace` from now on; NULL ends recording. The network does not own the trace. A
 * node's clock is the clock of the trace's node of the same name. */
void network_set_trace(Network *net, Trace *trace);

/* Calls `observer` for each event within network_advance(), in the caller's thread. `data`
 * identifies the observer for network_unobserve(), so each observer needs data of its own. */
void network_observe(Network *net, NetObserver observer, void *data);
void network_unobserve(Network *net, const void *data);

/* The changes of the topology so far, in order. The first two of a new network are its seed and its
 * quantum. */
unsigned network_n_ops(const Network *net);
const NetOp *network_op(const Network *net, unsigned index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Network, network_free)

#endif
