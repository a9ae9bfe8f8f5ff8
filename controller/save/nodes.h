/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes.h: the nodes of a session and those of a save: which are the same, which are to be added
 * and removed. Main thread; the ensemble stands. */
#ifndef SAVE_NODES_H
#define SAVE_NODES_H

#include "controller/save/save.h"

/* Ends what the session's commands hold of a node that is about to be removed. */
typedef void (*NodesLeaveFunc)(Session *session, Node *node);

/* Makes the session's nodes those of the save, in their order. A node with the same description
 * stays; its machine is exchanged later. Refused, with nothing changed: a description can't be
 * carried out here. */
bool nodes_fit(Session *session, const Save *save, NodesLeaveFunc leave, GError **error);

#endif
