/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fabric.h: what connects guests to the virtual network (network/network.h): its ports (port.h), and
 * what happens to all of them at a barrier, which the engine calls:
 *
 *   fabric_begin()    a segment or a step is about to begin: who goes ahead of the network
 *   fabric_reach()    the nodes of this host have reached a boundary
 *   fabric_advance()  all hosts have: the network moves on
 *   fabric_grant()    what is due at cards of other hosts goes with the next grant
 *   fabric_fill()     what is due next is put on the cards of this host
 *
 * A controller's fabric has the network. An agent's has none, only a replica of it for islands: it
 * reaches and fills by the same functions; what its cards send and take stays in the ports' reports,
 * and the controller's fabric advances with them.
 *
 * Islands (network/island.h): what is linked to nodes of one host alone need not wait for others.
 * That host has a replica of the network, which repeats what is done to the topology
 * (network/history.h) and gets all that the island's cards send: so both move alike, and number
 * frames alike.
 *
 * Threads: reach, advance, grant and fill run in the thread that completes the barrier, a worker's or
 * a line's, all nodes standing, and in the main thread before a segment or a step; never in two. All
 * else is for the main thread while the ensemble stands, but for the figures, which may be read at
 * any barrier.
 */
#ifndef FABRIC_FABRIC_H
#define FABRIC_FABRIC_H

#include "controller/fabric/port.h"

struct NetOp;

typedef struct Fabric Fabric;

/* nodes: Node, all of the session, who may be in a link; not taken over. */
Fabric *fabric_new(const GPtrArray *nodes, VTime quantum);
/* An agent's. */
Fabric *fabric_new_agent(void);
/* Takes NULL. */
void fabric_free(Fabric *fabric);

/* It tells its observers of frames at barriers, in the thread that completes them. */
Network *fabric_network(const Fabric *fabric);
const Trace *fabric_trace(const Fabric *fabric);

/* --- ports --- */

/* "a" or "a.1": card `card` of the node becomes a port. */
bool fabric_add_card(Fabric *fabric, Node *node, unsigned card, unsigned *port, GError **error);

/* A port of this name that leads out of the network; takes over the gateway, also if it fails. NULL
 * when dry. */
bool fabric_add_gateway(Fabric *fabric, const char *name, Gateway *gateway, GError **error);

/* The gateway that a port is; NULL: it is a card. */
const Gateway *fabric_gateway(const Fabric *fabric, unsigned port);

/* In an agent: a card of a paused node that stands at `now`, as port `index` of the controller's
 * network. */
bool fabric_open_card(Fabric *fabric, Node *node, unsigned card, unsigned index, VTime now,
                      GError **error);

unsigned fabric_n_ports(const Fabric *fabric);
Port *fabric_port(const Fabric *fabric, unsigned index);

/* Whether cards of the node are ports. */
bool fabric_uses(const Fabric *fabric, const Node *node);

/* Makes the cards of ports whose nodes have been started since, and says where a latency was raised
 * to the quantum. follows: the quantum follows the links, so one that is down asks for none. */
bool fabric_prepare(Fabric *fabric, VTime quantum, bool follows, VTime now, GError **error);

/* The quantum may be another one, and links may deliver otherwise: so it is from the next segment on. */
bool fabric_retime(Fabric *fabric, VTime quantum, VTime now, GError **error);

/* Takes what the guests have sent by now, and moves the network up to here, though this may be no
 * barrier; not where cards go ahead of the network. All stand together. */
void fabric_catch_up(Fabric *fabric, VTime now);
/* Whether all that was sent by now is known: at a barrier, or since fabric_catch_up(). */
bool fabric_is_up_to_date(const Fabric *fabric, VTime now);

/* Whether delivery to a port can be exact: to a card of a node with icount and sleep=off. The outside
 * behind a gateway has a time of its own. */
bool fabric_can_be_exact(const Fabric *fabric, unsigned port);

/* Frames wait inside QEMUs for a boundary: the quantum can't be changed now. */
bool fabric_in_flight(const Fabric *fabric);

/* --- at barriers --- */

/* Main thread. What other hosts are to be told of is due no sooner than this after it was sent: so
 * far a host can run without them. */
VTime fabric_begin(Fabric *fabric);

/* Boundary `now`: what was put on the cards of this host is there, what was sent is collected. */
void fabric_reach(Fabric *fabric, VTime now);

/* All hosts have reached barrier `now`. */
void fabric_advance(Fabric *fabric, VTime now);

/* What is due by `until` at cards of other hosts. */
void fabric_grant(Fabric *fabric, VTime until);

/* What is due by `until`, the next barrier or a time before it, is put on the cards of this host. */
void fabric_fill(Fabric *fabric, VTime now, VTime until);

/* --- an agent's replica --- */

/* All that its islands' cards have sent up to `moved` is known, and no host ends the run there. */
void fabric_move_replica(Fabric *fabric, VTime moved);
/* False: that can't be repeated here. */
bool fabric_repeat(Fabric *fabric, const struct NetOp *op);
/* How port `number` delivers in what follows, and what comes from the replica (Port.own). False: there
 * is no replica that has the port. */
bool fabric_set_own(Fabric *fabric, unsigned number, bool exact, VTime own);

/* --- figures --- */

/* Sums over the node's cards. */
NetPortStats fabric_node_stats(const Fabric *fabric, const Node *node);

/* Sums over all ports, those of gateways too. */
NetPortStats fabric_total_stats(const Fabric *fabric);

/* SHA-256 of the trace of what it sent and received, in hex; free with g_free(). */
char *fabric_node_digest(const Fabric *fabric, const Node *node);

/* Frames that missed their boundary, over all nodes, and those of which it is not known. */
uint64_t fabric_late(const Fabric *fabric);

#endif
