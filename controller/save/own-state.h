/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * own-state.h: writes and reads what metronome itself holds of an ensemble: time, quantum, nodes
 * without their machines, consoles, network, breaks, variables, figures. The machines are in
 * machine.h. Main thread; the ensemble stands.
 */
#ifndef SAVE_OWN_STATE_H
#define SAVE_OWN_STATE_H

#include "controller/base/codec.h"
#include "controller/session/session.h"

/* Version of the bytes; a change of their meaning is a new version. */
#define OWN_STATE_VERSION 2

/* Carries out the command of a `watch` that was saved: breaks_add_watch(). */
typedef void (*OwnStateLook)(Session *session, const char *command);

/* Brings all of metronome's own up to the time at which the nodes stand: their clocks are settled, their
 * consoles drained, and the network has all frames that were sent. */
void own_state_settle(const Session *session);

/* Behind own_state_settle(). */
void own_state_put(const Session *session, GByteArray *out);

/* The descriptions of the saved nodes, NodeIdentity in their order; free with g_ptr_array_unref().
 * NULL, with an error: the bytes are no state of this version. */
GPtrArray *own_state_nodes(const GByteArray *bytes, GError **error);

/* Puts the session into the state that was written. The session's nodes are those of
 * own_state_nodes(), in their order. On failure the session is good for nothing but its end. */
bool own_state_get(Session *session, const GByteArray *bytes, OwnStateLook look, GError **error);

/* The same for a session that only checks: it has no consoles, and its nodes never start, so what
 * happened to the nodes is read and dropped. */
bool own_state_foresee(Session *session, const GByteArray *bytes, OwnStateLook look,
                       GError **error);

#endif
