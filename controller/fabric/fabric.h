/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fabric.h: the fabric connects guests to the virtual network (network/network.h). The fabric holds
 * the ports (port.h) and does the work of all ports at a barrier, in functions that the engine
 * calls:
 *
 *   fabric_begin()    a segment or a step is about to begin: which ports go ahead of the network
 *   fabric_reach()    the nodes of this host have reached a boundary
 *   fabric_advance()  all hosts have reached it: the network moves on
 *   fabric_grant()    frames that are due at cards of other hosts go with the next grant
 *   fabric_fill()     frames that are due next are put on the cards of this host
 *
 * A controller's fabric has the network. An agent's fabric has only a replica of it for islands.
 * The agent reaches and fills by the same functions; the frames that its cards send and take stay
 * in the ports' reports, and the controller's fabric advances with these reports.
 *
 * Islands (network/island.h): ports that are linked only to nodes of one host need not wait for
 * other hosts. The island's host has a replica of the network. The replica repeats every change of
 * the topology (network/history.h) and gets all frames that the island's cards send. So network and
 * replica move alike and number frames alike.
 *
 * Threads: reach, advance, grant and fill run in the thread that completes the barrier (a worker's
 * or an agent client's) while all nodes stand, and in the main thread before a segment or a step;
 * never in two threads at once. All other functions are for the main thread while the ensemble
 * stands. Figures may be read at any barrier.
 */
#ifndef FABRIC_FABRIC_H
#define FABRIC_FABRIC_H

#include "controller/fabric/port.h"

struct NetOp;

typedef struct Fabric Fabric;

/* A controller's fabric. nodes: Node, all nodes of the session that may be in a link; the caller
 * keeps the array. Free with fabric_free(). */
Fabric *fabric_new(const GPtrArray *nodes, VTime quantum);
/* An agent's fabric. */
Fabric *fabric_new_agent(void);
/* Opens no gateways from now on: a check has none. */
void fabric_stay_closed(Fabric *fabric);
/* Accepts NULL. */
void fabric_free(Fabric *fabric);

/* The network, which the fabric owns; NULL in an agent. The network's observers are called at
 * barriers, in the thread that completes the barrier. */
Network *fabric_network(const Fabric *fabric);
const Trace *fabric_trace(const Fabric *fabric);

/* --- ports --- */

/* Makes card `card` of the node a port, named like "a" (card 0) or "a.1". */
bool fabric_add_card(Fabric *fabric, Node *node, unsigned card, unsigned *port, GError **error);

/* Makes UART `uart` of the node, which was added with uarts=, a port, named like "a.uart1". */
bool fabric_add_uart(Fabric *fabric, Node *node, unsigned uart, unsigned *port, GError **error);

/* Makes a port of this name that leads out of the network. Takes over the gateway, also on
 * failure. NULL when dry. */
bool fabric_add_gateway(Fabric *fabric, const char *name, Gateway *gateway, GError **error);

/* gateway_begin(), gateway_cut() and gateway_put_back() of all gateways; `fabric` may be NULL. */
void fabric_begin_gateways(const Fabric *fabric, VTime now);
void fabric_cut_gateways(const Fabric *fabric, VTime now);
void fabric_put_back_gateways(const Fabric *fabric, VTime now);
/* A gateway that has forgotten what came (gateway_forgets()): its name, or NULL. */
const char *fabric_forgetful_gateway(const Fabric *fabric);

/* The port's gateway; NULL: the port is a card, or the gateway was only checked. */
const Gateway *fabric_gateway(const Fabric *fabric, unsigned port);
/* Whether the port leads out of the network; also in a check. */
bool fabric_is_gateway(const Fabric *fabric, unsigned port);

/* In an agent: makes a card of a paused node that stands at `now` the port with number `index`
 * in the controller's network. stuck: Port.stuck. */
bool fabric_open_card(Fabric *fabric, Node *node, unsigned card, unsigned index, VTime now,
                      bool stuck, GError **error);

unsigned fabric_n_ports(const Fabric *fabric);
Port *fabric_port(const Fabric *fabric, unsigned index);

/* Whether cards of the node are ports. `fabric` may be NULL. */
bool fabric_uses(const Fabric *fabric, const Node *node);

/* Makes the cards of ports whose nodes have been started since, calls fabric_retime(), and
 * reports latencies that were raised to the quantum. follows: the quantum follows the links, so
 * a link that is down asks for no latency. */
bool fabric_prepare(Fabric *fabric, VTime quantum, bool follows, VTime now, GError **error);

/* Closes the cards of a node that stands, as its process is about to end: the network has all that its
 * guest has sent, and what it has not got. What a card of another host has to report was reported
 * before (port_report_sent(), port_report_settled()). fabric_prepare() makes the cards anew. In an
 * agent the cards' reports are left to be sent. */
void fabric_close_cards(Fabric *fabric, const Node *node);

/* Sets the quantum, and which ports deliver exactly, from the next segment on. */
bool fabric_retime(Fabric *fabric, VTime quantum, VTime now, GError **error);

/* Collects the frames that the guests have sent by `now` and moves the network to `now`, even if
 * that is no barrier. Does nothing if ports run ahead of the network. All nodes stand together. */
void fabric_catch_up(Fabric *fabric, VTime now);
/* Whether all frames sent by `now` are known: at a barrier, or after fabric_catch_up(). */
bool fabric_is_up_to_date(const Fabric *fabric, VTime now);

/* Whether delivery to a port can be exact: to a card of a node with icount and sleep=off. The
 * outside behind a gateway has a time of its own. */
bool fabric_can_be_exact(const Fabric *fabric, unsigned port);

/* Whether frames wait inside QEMUs for a boundary; the quantum can't be changed then. */
bool fabric_in_flight(const Fabric *fabric);

/* --- at barriers --- */

/* Called in the main thread before a segment or a step. Returns the lookahead: frames that
 * concern other hosts are due no sooner than this after they were sent, so a host can run so far
 * without the others. */
VTime fabric_begin(Fabric *fabric);

/* The nodes of this host have reached boundary `now`: settles the frames that were put on their
 * cards and collects the frames that were sent. */
void fabric_reach(Fabric *fabric, VTime now);

/* All hosts have reached barrier `now`: moves the network on. */
void fabric_advance(Fabric *fabric, VTime now);

/* Hands over the frames that are due by `until` at ports that run ahead, such as cards of other
 * hosts. */
void fabric_grant(Fabric *fabric, VTime until);

/* Puts the frames that are due by `until` on the cards of this host. until: the next barrier or
 * a time before it. */
void fabric_fill(Fabric *fabric, VTime now, VTime until);

/* --- an agent's replica --- */

/* Moves the replica. All frames that its islands' cards have sent up to `moved` are known, and
 * no host ends the run there. */
void fabric_move_replica(Fabric *fabric, VTime moved);
/* Makes the replica a copy of a network: network_save(). False if the bytes are wrong. The cards that
 * are there must not have frames of the replica. */
bool fabric_copy(Fabric *fabric, Reader *r);
/* Repeats a change of the topology. False if that is impossible here. */
bool fabric_repeat(Fabric *fabric, const struct NetOp *op);
/* Drops the frames of the replica that are due by `moved` at ports without a card here. */
void fabric_drop_unclaimed(Fabric *fabric, VTime moved);
/* Sets how port `number` delivers from now on, and which frames come from the replica
 * (Port.own). False if no replica has the port. */
bool fabric_set_own(Fabric *fabric, unsigned number, bool exact, VTime own);

/* --- for saves --- */

/* Takes the frames that the guests have sent so far from the cards of this host, also from nodes
 * that stand ahead of the others. */
void fabric_collect(Fabric *fabric);

/* Begins at time 0 again: the same ports, switches and links, as the links are set now, without a
 * frame, a figure or a planned change. The cards are closed. */
void fabric_restart(Fabric *fabric, VTime now);

/* Makes the fabric one that is new: without links, ports, and a past. No card is open. */
void fabric_clear(Fabric *fabric, VTime quantum);

/* Writes the network, its trace, and the frames on their way to the cards; fabric_collect() came
 * before. */
void fabric_save(const Fabric *fabric, GByteArray *out);

/* Replaces everything by what fabric_save() wrote. nodes: Node, in the order of the nodes at that
 * time. The cards are closed; fabric_prepare() makes them. Gateways that are there stay open. False:
 * the bytes are wrong, or a gateway can't be opened. */
bool fabric_load(Fabric *fabric, const GPtrArray *nodes, Reader *r, GError **error);

/* --- figures --- */

/* Sums over the node's cards and UARTs, where a byte is a frame; `fabric` may be NULL. */
NetPortStats fabric_node_stats(const Fabric *fabric, const Node *node);

/* Sums over all ports, also those of gateways; `fabric` may be NULL. */
NetPortStats fabric_total_stats(const Fabric *fabric);

/* SHA-256, in hex, of the trace of the frames that the node sent and received; free with
 * g_free(). */
char *fabric_node_digest(const Fabric *fabric, const Node *node);

/* Number of frames of all nodes that missed their boundary, plus frames for which this is not
 * known. */
uint64_t fabric_late(const Fabric *fabric);

#endif
