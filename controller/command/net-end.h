/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net-end.h: the ends of links as users name them. */
#ifndef COMMAND_NET_END_H
#define COMMAND_NET_END_H

#include "controller/fabric/fabric.h"
#include "controller/session/session.h"

/* "a", "a.1" or a switch; a card becomes a port when it is first named. */
bool net_end_find(Session *session, const char *name, NetEnd *end, GError **error);

#endif
