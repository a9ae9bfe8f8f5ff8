/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * consoles.h: the consoles of a node by number: 0 is node->console, those behind it are of its
 * further UARTs (uart.h), the last one is that of semihosting (semi.h).
 */
#ifndef QEMU_CONSOLES_H
#define QEMU_CONSOLES_H

#include "controller/qemu/node.h"

unsigned node_n_consoles(const Node *node);

/* NULL: the node has none of this number, or has not been started. */
Console *node_console(const Node *node, unsigned number);

/* The number of the console of semihosting, before the node is started, too; 0: it has none. Nothing
 * can be sent by it. */
unsigned node_semi_number(const Node *node);

/* What stands behind the dot in NODE.PORT: "1", "semi"; free with g_free(). */
char *node_port_name(const Node *node, unsigned number);

/* Makes the consoles of a node that gets no process, so that a saved past can be loaded into them;
 * those that are there stay. Its folders are there. */
bool node_make_consoles(Node *node, GError **error);

/* console_drain() of all of them. */
bool node_drain(const Node *node, VTime until);

#endif
