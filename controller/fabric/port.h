/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port.h: a port of the virtual network: a card of a node, here or on another host, or a gateway.
 *
 * The port's mode says where its frames come from and who learns of what became of them:
 *
 *   mode     the card is   frames come from              what it sent and took goes to
 *   CLOSED   not started   -                             -
 *   DIRECT   here          the network                   the network
 *   AHEAD    here          the replica (islands), then   the port's reports; to the replica, too, what
 *                          the network or the grants     an island's card sends
 *   REMOTE   elsewhere     the network; handed over      the network, from the reports that its host
 *                          with the grants               has sent
 *   GATEWAY  -             the network                   the network
 *
 * A port that is ahead, or remote, runs ahead of the controller's network: that learns at a grant's
 * end what the card has sent and taken, boundary by boundary (port_hear()). An agent has no network:
 * all its ports are ahead, and their reports go to the controller's port of mode REMOTE.
 *
 * Threads: a port belongs to whoever completes a barrier, all nodes standing: a worker's thread or that
 * of a line to another host; and to the main thread while the ensemble stands. In the steady state
 * nothing is allocated but, in an agent, for each frame that is granted.
 */
#ifndef FABRIC_PORT_H
#define FABRIC_PORT_H

#include "controller/fabric/flight.h"
#include "controller/fabric/gateway.h"
#include "controller/fabric/nic.h"
#include "controller/network/network.h"

typedef enum { PORT_CLOSED, PORT_DIRECT, PORT_AHEAD, PORT_REMOTE, PORT_GATEWAY } PortMode;

typedef struct Port {
    PortMode mode;
    unsigned index;   /* the network's number of it */
    unsigned number;  /* its host's number of it */
    Node *node;       /* NULL: a gateway */
    unsigned card;    /* of the node's cards */
    Gateway *gateway; /* NULL: a card, or only checked */
    Network *net;     /* the controller's; NULL in an agent */
    Network
        *replica; /* where islands of the card's host move; NULL: it has none, or is elsewhere */
    VTime own;    /* what is due up to here comes from the replica: INT64_MAX: all, its island is
                         there; INT64_MIN: nothing */
    bool exact;   /* its link delivers at due times, not at barriers */

    /* DIRECT, AHEAD: the card (card.h) */
    Nic *nic;        /* the node's */
    GArray *flights; /* Flight: taken from where they come from and not settled; nic_n_put() of them
                        were put on the card */
    VTime aim;       /* where those are for a boundary: this one */
    VTime reached;   /* the last boundary */
    bool stuck;      /* the card has taken none of those that were for it */

    /* AHEAD, REMOTE */
    GArray *due;        /* Flight: what is due and goes with the next grant; in an agent: granted */
    unsigned n_used;    /* of what was granted, those that the card has taken */
    unsigned n_copied;  /* the next id of what comes from the replica */
    GArray *sent;       /* Flight: reports, … */
    GByteArray *bytes;  /* … their bytes, one behind the other, … */
    gsize n_heard;      /* … but for so many, whose reports are gone */
    GArray *settled;    /* Flight: reports */
    GPtrArray *awaited; /* NetDelivery by id, NULL where it is settled, … */
    unsigned first_id;  /* … the first one's */
    bool in_flight;     /* REMOTE: frames wait inside QEMU */
} Port;

/* Of a card; CLOSED. */
Port *port_new(Node *node, unsigned card, unsigned index, Network *net);
/* Takes over the gateway. */
Port *port_new_gateway(Gateway *gateway, unsigned index, Network *net);
/* Takes NULL; a GDestroyNotify. */
void port_free(void *port);

static inline bool port_is_island(const Port *p)
{
    return p->own.ns == INT64_MAX;
}

/* Of another host, or here in an island: the network hears at a grant's end. */
static inline bool port_runs_ahead(const Port *p)
{
    return p->mode == PORT_AHEAD || p->mode == PORT_REMOTE;
}

/* Whether frames wait inside its QEMU for a boundary. */
bool port_in_flight(const Port *port);

/* --- the card's view: a card of this host, at boundary `now` --- */

void port_send(Port *port, VTime now, VTime at, const uint8_t *frame, size_t size);
/* Takes the next frame that is due by `until`; false: none. */
bool port_next(Port *port, VTime until, Flight *out);
/* The guest has it at `when`, or (not taken) it never will. */
void port_settle(Port *port, const Flight *flight, VTime now, bool taken, VTime when);

/* --- reports: of a port that is ahead, or came from the host of a remote one --- */

void port_report_sent(Port *port, VTime boundary, VTime at, const uint8_t *frame, size_t size);
void port_report_settled(Port *port, VTime boundary, VTime when, unsigned id, bool taken,
                         bool carried);
/* They went to the controller. */
void port_forget_reports(Port *port);

/* --- the network's view: a port that is ahead or remote, where the network stands --- */

/* The network learns of all that is reported up to boundary `now`, in the order in which a direct
 * port would have told it. Returns how many frames were taken that are unknown here. */
unsigned port_hear(Port *port, VTime now);

/* Takes what is due by `until` from the network, for the card. An island brings the frames itself,
 * which took the same ones at the boundary before `until`: nothing was known of later ones then. */
void port_hand_over(Port *port, VTime until);

/* Its host has no live node left, and settles nothing any more: what is due by boundary `now` is
 * refused as by a card of this host whose node is off: no more than its fill. */
void port_refuse(Port *port, VTime now);

/* A gateway: what is due by now leaves, what has come in is sent now. */
void port_pass(const Port *port, VTime now);

/* --- in an agent --- */

/* Its bytes are copied. */
void port_grant(Port *port, const Flight *flight);
/* The next grant comes: forgets what the card has taken of those before. */
void port_drop_used(Port *port);

#endif
