/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * island.h: which parts of a network concern one place alone. A place is a host. Frames inside an
 * island need not be told anybody before they move, so that its latencies do not limit how far a
 * host may run by itself. Pure.
 *
 * An island is a port with all that is linked to it, if all these ports are at one place and none
 * of the links delivers exactly. Whatever was outside once stays so, since frames of others may be
 * on their way there, and switches have learned from them.
 */
#ifndef NETWORK_ISLAND_H
#define NETWORK_ISLAND_H

#include "controller/network/network.h"

typedef struct Islands Islands;

Islands *islands_new(void);
void islands_free(Islands *islands);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Islands, islands_free)

/* The place of a port that has none of its own: what it is linked to is no island. */
#define NOWHERE NULL

/* Looks at the network anew; places[i] is that of port i. */
void islands_find(Islands *islands, const Network *net, const void *const *places);

/* As it was at the last islands_find(); what came later is in none. */
bool islands_has(const Islands *islands, NetEnd end);

/* The least latency of all links that are in no island; INT64_MAX ns without any. */
VTime islands_lookahead(const Islands *islands, const Network *net);

#endif
