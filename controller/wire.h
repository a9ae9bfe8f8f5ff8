/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h: the virtual network of a session: its ports are cards of nodes (engine/nic.h) and
 * gateways (gateway.h). At each barrier it takes what the guests and the outside have sent and puts
 * what is due by the next one.
 */
#ifndef WIRE_H
#define WIRE_H

#include "controller/gateway.h"
#include "controller/network/network.h"
#include "controller/session.h"

typedef struct Wire Wire;

Wire *wire_new(Session *session);
void wire_free(Wire *wire);

Network *wire_network(const Wire *wire);
const Trace *wire_trace(const Wire *wire);

/* "a", "a.1" or a switch; a card becomes a port when it is first named. */
bool wire_find_end(Wire *wire, const char *name, NetEnd *end, GError **error);

/* A port of this name that leads out of the network; takes over the gateway, also if it fails. NULL
 * when dry. */
bool wire_add_gateway(Wire *wire, const char *name, Gateway *gateway, GError **error);

/* The gateway that a port is; NULL: it is a card. */
const Gateway *wire_gateway(const Wire *wire, unsigned port);

/* Makes the cards of ports whose nodes have been started since, and says where a latency was raised
 * to the quantum. The ensemble stands. */
bool wire_prepare(Wire *wire, GError **error);

/* Frames wait inside QEMUs for a boundary: the quantum can't be changed now. */
bool wire_in_flight(const Wire *wire);

/* Whether cards of the node are ports. */
bool wire_uses(const Wire *wire, const Node *node);

/* Sums over the node's cards. */
NetPortStats wire_node_stats(const Wire *wire, const Node *node);

/* Sums over all ports, those of gateways too. */
NetPortStats wire_total_stats(const Wire *wire);

/* SHA-256 of the trace of what it sent and received, in hex; free with g_free(). */
char *wire_node_digest(const Wire *wire, const Node *node);

/* Frames that missed their boundary, over all nodes, and those of which it is not known. */
uint64_t wire_late(const Wire *wire);

/* Tells of every frame that enters or leaves the network, at barriers, in the thread that completes
 * them. */
void wire_observe(Wire *wire, NetObserver observer, void *data);
void wire_unobserve(Wire *wire, const void *data);

#endif
