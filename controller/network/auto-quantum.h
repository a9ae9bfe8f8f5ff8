/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * auto-quantum.h: chooses the quantum for a network's links (`quantum auto`): the longest quantum
 * that raises no latency. Pure.
 *
 * A way of a link counts while the way is up, and from the last barrier before the way goes up. A
 * link without a setting by the user (LinkParams.exact_set) delivers exactly where exact delivery
 * is possible.
 */
#ifndef NETWORK_AUTO_QUANTUM_H
#define NETWORK_AUTO_QUANTUM_H

#include "controller/network/network.h"

/* The usual quantum applies if no link counts. The longest quantum is an upper limit: a run ends at
 * a barrier, and no user should wait long for the barrier. */
#define AUTO_QUANTUM_USUAL   (NS_PER_MS)
#define AUTO_QUANTUM_LONGEST (NS_PER_S)

#define AUTO_QUANTUM_NO_LINK G_MAXUINT

/* Reports whether delivery to a port can be exact. */
typedef bool (*ExactAble)(unsigned port, void *data);

typedef struct {
    VTime quantum; /* whole µs */
    unsigned link; /* link that limits the quantum; AUTO_QUANTUM_NO_LINK: none counts */
    VTime latency; /* requested latency of that link's limiting way */
    bool exactly;  /* links without a setting deliver exactly; false at a quantum of 1us, where
                    * barriers are exact enough */
} AutoQuantum;

/* Returns the quantum from barrier `now` on. */
AutoQuantum auto_quantum(const Network *net, VTime now);

/* Returns the next multiple of the quantum after `now` at which a planned change of a link (up,
 * down) may change the choice; INT64_MAX ns if no change is planned. */
VTime auto_quantum_next(const Network *net, VTime now, VTime quantum);

/* Sets the delivery of each link without a setting by the user as in `want` (NULL: at barriers).
 * Returns false if all links have that delivery already. `trial`: reports only, changes nothing. */
bool auto_quantum_deliver(Network *net, const AutoQuantum *want, ExactAble able, void *data,
                          bool trial);

/* Returns "333us, the latency of link a-b (333500ns)"; the caller frees the text with g_free(). */
char *auto_quantum_text(const AutoQuantum *quantum, const Network *net);

#endif
