/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes.h: the nodes of a session and those of a save: which are the same, which are to be added
 * and removed. Main thread; the ensemble stands. */
#ifndef SAVE_NODES_H
#define SAVE_NODES_H

#include "controller/qemu/node-save.h"
#include "controller/session/session.h"

/* Ends what the session's commands hold of a node that is about to be removed. */
typedef void (*NodesLeaveFunc)(Session *session, Node *node);

/* Puts the nodes of a save on other hosts than those that they were on: "HOST" all of them,
 * "NODE:HOST,…" single ones; "local" is this host, "auto" spreads all of them over the session's hosts
 * as if they were added now, and says how. ids: NodeIdentity of all its nodes. */
bool nodes_place(const Session *session, const GPtrArray *ids, const char *places, GError **error);

/* Makes the session's nodes those of a save, in their order; ids: NodeIdentity of all of them. A node
 * with the same description stays; its machine is exchanged later. Refused, with nothing changed: a
 * description can't be carried out here. */
bool nodes_fit(Session *session, const GPtrArray *ids, NodesLeaveFunc leave, GError **error);

/* All cards of other hosts are gone: a node whose card is in a link could not end. */
void nodes_close_cards(const Session *session);

/* Whether the QEMUs of this host's nodes can be started; ids: of nodes with these identities, NULL: of
 * all. The error names the node and the program. */
bool nodes_have_programs(const Session *session, const GPtrArray *ids, GError **error);
/* Whether the kernels and initrds that they name are there. */
bool nodes_have_files(const Session *session, GError **error);

#endif
