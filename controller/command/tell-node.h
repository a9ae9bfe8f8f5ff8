/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tell-node.h: shows what a node has told. */
#ifndef COMMAND_TELL_NODE_H
#define COMMAND_TELL_NODE_H

#include "controller/session/session.h"

/* Session.on_node. */
void tell_node(Session *session, const char *name, const NodeTelling *telling);

#endif
