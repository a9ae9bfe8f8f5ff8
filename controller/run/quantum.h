/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quantum.h: `quantum auto`: the quantum follows the links of the network
 * (network/auto-quantum.h), and links that say nothing of their delivery deliver exactly.
 *
 * Another quantum needs to know all that was sent under the old one. So it begins at a barrier, or
 * where all stand between two, if what they have sent can be had there (quantum_catch_up()). Until
 * then a latency that the old one does not allow is raised.
 */
#ifndef RUN_QUANTUM_H
#define RUN_QUANTUM_H

#include "controller/session/session.h"

/* `quantum auto`. */
void quantum_set_auto(Session *session);

/* A quantum of this length. Links that said nothing deliver at barriers again. */
bool quantum_set(Session *session, VTime quantum, GError **error);

/* Links are about to be changed: what was sent by now goes as they are. */
void quantum_catch_up(const Session *session);

/* Links were changed, or a piece of a run begins: takes the quantum that suits them now, if that can
 * be. */
void quantum_follow(Session *session);

/* Where a piece of a run is to end, since the quantum may have to be another one behind it. */
VTime quantum_next_time(const Session *session);

/* The nodes are started: says once for which of them delivery can't be exact. */
void quantum_tell(Session *session);

/* "1ms", "auto: 1ms, the latency of link a-b"; free with g_free(). */
char *quantum_text(const Session *session);

#endif
