/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * auto-quantum.h: the quantum that suits a network's links (`quantum auto`): the longest one that
 * raises no latency. Pure.
 *
 * A way of a link counts while it is up, and from the barrier on behind which it will go up. What a
 * link does not say itself (LinkParams.said) is exact where that is possible.
 */
#ifndef NETWORK_AUTO_QUANTUM_H
#define NETWORK_AUTO_QUANTUM_H

#include "controller/network/network.h"

/* Without a link that counts; and at the most: a run ends at a barrier, and nobody is to wait long
 * for that. */
#define AUTO_QUANTUM_USUAL   (NS_PER_MS)
#define AUTO_QUANTUM_LONGEST (NS_PER_S)

#define AUTO_QUANTUM_NO_LINK G_MAXUINT

/* Whether delivery to a port can be exact. */
typedef bool (*ExactAble)(unsigned port, void *data);

typedef struct {
    VTime quantum; /* whole µs */
    unsigned link; /* that allows no longer one; AUTO_QUANTUM_NO_LINK: none counts */
    VTime latency; /* of its way that does, as asked for */
    bool exactly;  /* links that say nothing deliver exactly: at quanta of 1us a barrier will do */
} AutoQuantum;

/* From barrier `now` on. */
AutoQuantum auto_quantum(const Network *net, VTime now);

/* The next multiple of the quantum behind `now` at which a planned change of a link (up, down) may
 * make another one of it; INT64_MAX ns: none will. */
VTime auto_quantum_next(const Network *net, VTime now, VTime quantum);

/* Lets each link that says nothing deliver as `want` has it (NULL: at barriers). False if all do so
 * already; `trial`: nothing is changed. */
bool auto_quantum_deliver(Network *net, const AutoQuantum *want, ExactAble able, void *data,
                          bool trial);

/* "333us, the latency of link a-b (333500ns)"; free with g_free(). */
char *auto_quantum_text(const AutoQuantum *quantum, const Network *net);

#endif
