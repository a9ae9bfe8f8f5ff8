/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port.h: a port of the virtual network: a card of a node, here or on another host, or a gateway.
 *
 * The port's mode says where its frames come from and where the fate of the frames is reported:
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
 * A port of mode AHEAD or REMOTE runs ahead of the controller's network. The network learns at a
 * grant's end, boundary by boundary, which frames the card has sent and taken
 * (port_apply_reports()). An agent has no network: all its ports are of mode AHEAD, and their
 * reports go to the controller's port of mode REMOTE.
 *
 * Threads: while a barrier is completed, all nodes standing, a port belongs to the thread that
 * completes it: a worker's or an agent client's. While the ensemble stands, a port belongs to the
 * main thread. In the steady state nothing is allocated, except in an agent, for each frame that is
 * granted.
 */
#ifndef FABRIC_PORT_H
#define FABRIC_PORT_H

#include "controller/base/codec.h"
#include "controller/fabric/flight.h"
#include "controller/fabric/gateway.h"
#include "controller/fabric/nic.h"
#include "controller/network/network.h"

typedef enum { PORT_CLOSED, PORT_DIRECT, PORT_AHEAD, PORT_REMOTE, PORT_GATEWAY } PortMode;

typedef struct Port {
    PortMode mode;
    unsigned index;   /* the port's number in the network */
    unsigned number;  /* the port's number on its host */
    Node *node;       /* NULL: the port is a gateway */
    unsigned card;    /* number of the card in the node */
    Gateway *gateway; /* NULL: the port is a card, or the gateway was only checked */
    Network *net;     /* the controller's network; NULL in an agent */
    Network *replica; /* network of this host's islands; NULL: none, or the card is elsewhere */
    VTime own;        /* frames due by then come from the replica; INT64_MAX (an island): all;
                       * INT64_MIN: none */
    bool exact;       /* the link delivers at due times, not at barriers */

    /* For DIRECT and AHEAD: the card (card.h). */
    Nic *nic;        /* owned by the node */
    GArray *flights; /* Flight: taken and not settled; the first nic_n_put() are on the card */
    VTime aim;       /* the boundary for which frames were put */
    VTime reached;   /* the last boundary */
    bool stuck;      /* the card has taken none of the frames for the last boundary */

    /* For AHEAD and REMOTE: */
    GArray *due;        /* Flight: due with the next grant; in an agent: granted */
    unsigned n_used;    /* frames of `due` that the card has taken */
    unsigned n_copied;  /* next id of a frame from the replica */
    GArray *sent;       /* Flight: reports of sent frames */
    GByteArray *bytes;  /* the bytes of these frames, one behind the other */
    gsize n_applied;    /* bytes at the start of `bytes` whose reports are gone */
    GArray *settled;    /* Flight: reports of settled frames */
    GPtrArray *awaited; /* NetDelivery by id; NULL: settled */
    unsigned first_id;  /* id of the first one */
    bool in_flight;     /* REMOTE: frames wait inside QEMU */
} Port;

/* Makes a port for a card; its mode is CLOSED. net: not owned; NULL in an agent. Free with
 * port_free(). */
Port *port_new(Node *node, unsigned card, unsigned index, Network *net);
/* Makes a port for a gateway and takes over the gateway. */
Port *port_new_gateway(Gateway *gateway, unsigned index, Network *net);
/* Accepts NULL; fits GDestroyNotify. */
void port_free(void *port);

static inline bool port_is_island(const Port *p)
{
    return p->own.ns == INT64_MAX;
}

/* Whether the network learns only at a grant's end what the card does: a card of another host,
 * or one here in an island. */
static inline bool port_runs_ahead(const Port *p)
{
    return p->mode == PORT_AHEAD || p->mode == PORT_REMOTE;
}

/* Whether frames wait inside the port's QEMU for a boundary. */
bool port_in_flight(const Port *port);

/* --- the card's view: a card of this host, at boundary `now` --- */

/* The guest has sent a frame at time `at`. */
void port_send(Port *port, VTime now, VTime at, const uint8_t *frame, size_t size);
/* Takes the next frame that is due by `until`; false: there is none. */
bool port_next(Port *port, VTime until, Flight *out);
/* The guest has got the frame at `when` (taken), or will never get it. */
void port_settle(Port *port, const Flight *flight, VTime now, bool taken, VTime when);

/* --- reports: of a port that is ahead, or reports that came from a remote port's host --- */

void port_report_sent(Port *port, VTime boundary, VTime at, const uint8_t *frame, size_t size);
void port_report_settled(Port *port, VTime boundary, VTime when, unsigned id, bool taken,
                         bool carried);
/* The reports went to the controller. */
void port_forget_reports(Port *port);

/* --- the network's view: a port that is ahead or remote, at the network's present time --- */

/* Gives the network all reports up to boundary `now`, in the order in which a direct port would
 * have given the events. Returns the number of taken frames that are unknown here. */
unsigned port_apply_reports(Port *port, VTime now);

/* Takes the frames that are due by `until` from the network, for the card. In an island the
 * replica gives the card the same frames: it took them at the boundary before `until`, when no
 * later ones were known. */
void port_hand_over(Port *port, VTime until);

/* For a gateway: sends out the frames that are due by `now`, and gives the network the frames
 * that have come in. */
void port_refuse(Port *port, VTime now);

/* For a gateway: sends out the frames that are due by `now`, and sends the frames that have come
 * in into the network. */
void port_pass(const Port *port, VTime now);

/* For a card of a node that has left, and that is no longer there: refuses the frames that are due by
 * `now`, as many as a card takes. */
void port_refuse_closed(const Port *port, VTime now);

/* --- for saves --- */

/* The card is gone, or will be: gives the network all reports, and all frames back that the guest has
 * not got. The port is CLOSED and holds nothing. filled: no card has frames that are due behind this
 * time. Returns the same as port_apply_reports(). */
unsigned port_close(Port *port, VTime filled);

/* Writes what there is of a port that is closed, and reads it. */
void port_save(const Port *port, GByteArray *out);
void port_load(Port *port, Reader *r);

/* --- in an agent --- */

/* Adds a granted frame and copies its bytes. */
void port_grant(Port *port, const Flight *flight);
/* The next grant comes: forgets the frames of earlier grants that the card has taken. */
void port_drop_used(Port *port);

#endif
