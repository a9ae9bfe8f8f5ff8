/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * island.h: finds the parts of a network (islands) that concern one place alone. A place is a host.
 * Frames inside an island need not be reported to other hosts before the frames move. So the
 * latencies inside an island do not limit how far a host may run by itself. Pure.
 *
 * An island is a port with everything linked to it, if all these ports are at one place and none of
 * the links delivers exactly. A port or switch that was outside of the islands once stays outside,
 * because frames of other hosts may be on their way to it, and switches have learned from these
 * frames.
 */
#ifndef NETWORK_ISLAND_H
#define NETWORK_ISLAND_H

#include "controller/network/network.h"

typedef struct Islands Islands;

Islands *islands_new(void);
void islands_free(Islands *islands);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Islands, islands_free)

/* Place of a port without a place: everything linked to the port is outside of the islands. */
#define NOWHERE NULL

/* Finds the islands of the network; places[i] is the place of port i. */
void islands_find(Islands *islands, const Network *net, const void *const *places);

/* Reports whether an end is in an island, as of the last islands_find(). Ends added later are in no
 * island. */
bool islands_has(const Islands *islands, NetEnd end);

/* Returns the least latency of all links outside of the islands; INT64_MAX ns without any such
 * link. */
VTime islands_lookahead(const Islands *islands, const Network *net);

#endif
