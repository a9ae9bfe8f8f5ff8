/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quantum.h: `quantum auto`: the quantum follows the links of the network
 * (network/auto-quantum.h), and links without a delivery option deliver exactly.
 *
 * A new quantum can begin only when every frame sent under the old quantum is known. So a new
 * quantum begins at a barrier, or where all nodes stand between two barriers, if their sent frames
 * can be collected there (quantum_catch_up()). Until then, a latency that the old quantum does not
 * allow is raised. Main thread.
 */
#ifndef RUN_QUANTUM_H
#define RUN_QUANTUM_H

#include "controller/session/session.h"

/* Begins `quantum auto`. */
void quantum_set_auto(Session *session);

/* Sets a quantum of this length, in virtual ns, and ends `quantum auto`. Links without a delivery
 * option deliver at barriers again. False, with an error: the engine refuses the length. */
bool quantum_set(Session *session, VTime quantum, GError **error);

/* Call before links are changed: forwards the frames sent so far over the links as they are. */
void quantum_catch_up(const Session *session);

/* Call after links were changed and when a piece of a run begins: sets the quantum that suits the
 * links, if a new quantum can begin now. */
void quantum_follow(Session *session);

/* The time at which a piece of a run must end, since the quantum may change there; RUN_FOR_EVER:
 * no such time. */
VTime quantum_next_time(const Session *session);

/* Reports the nodes to which delivery can't be exact, once for each link. The nodes are started. */
void quantum_report(Session *session);

/* The quantum as text: "1ms", "auto: 1ms, the latency of link a-b"; free with g_free(). */
char *quantum_text(const Session *session);

#endif
