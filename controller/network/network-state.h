/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network-state.h: a network as bytes. A network that is read back has the same topology, the same
 * frames on their way and the same figures, so its future is the same to the last random number.
 * Pure.
 *
 * Equal networks give equal bytes. Observers are not in them. Neither is the trace (trace-state.h):
 * a network that records into a trace is read back behind that trace.
 */
#ifndef NETWORK_NETWORK_STATE_H
#define NETWORK_NETWORK_STATE_H

#include "controller/base/codec.h"
#include "controller/network/network.h"

/* Writes the network to bytes. Numbers the deliveries that were taken by network_pop() and are not
 * given back yet, for network_number(). */
void network_save(const Network *net, GByteArray *out);

/*
 * Replaces the network's content with what network_save() wrote. Observers and trace stay as they
 * are with `net`; deliveries taken from the former content become invalid, and observers are told
 * nothing. If the bytes are damaged, or the saved network recorded into another trace than the one
 * that `net` has now, returns false and leaves the network unchanged. Bytes may follow.
 */
bool network_load(Network *net, Reader *r, GError **error);

/* The number of a taken delivery, from 0 on: as of the last network_save() or network_load(). */
unsigned network_number(const NetDelivery *delivery);

/* Hands out the delivery that network_save() gave this number, once; the caller returns it as after
 * network_pop(). NULL: there is no such number, or it was handed out already. */
NetDelivery *network_taken(Network *net, unsigned number);

/* Number of deliveries that network_taken() has not handed out since network_load(). */
unsigned network_unclaimed(const Network *net);

#endif
