/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-endpoint.h: where the user's own gdb attaches to a node, and finds the whole ensemble.
 *
 * To gdb it looks like a stub. Registers, memory and everything else that concerns the node alone
 * is passed on to QEMU's gdbstub; `continue` lets the whole ensemble run, a breakpoint of any gdb
 * or Ctrl-C in it stops all, a single step never passes the next barrier alone, and what follows
 * `monitor` is a command of ours (or else QEMU's). What gdb asks while others let the ensemble run
 * is answered at the next barrier.
 *
 * Protocol: gdb manual, appendix "Remote Serial Protocol".
 */
#ifndef COMMAND_GDB_ENDPOINT_H
#define COMMAND_GDB_ENDPOINT_H

#include "controller/session.h"

typedef struct GdbEndpoint GdbEndpoint;

/* Called when a gdb that had attached is gone again. */
typedef void (*GdbGoneFunc)(void *data);

/* path: unix socket, which must not exist; or, with port not 0, TCP on 127.0.0.1. */
GdbEndpoint *gdb_endpoint_new(Session *session, Node *node, const char *path, unsigned port,
                              GError **error);
void gdb_endpoint_free(GdbEndpoint *endpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbEndpoint, gdb_endpoint_free)

const Node *gdb_endpoint_node(const GdbEndpoint *endpoint);
/* What gdb's `target remote` takes. */
const char *gdb_endpoint_address(const GdbEndpoint *endpoint);
bool gdb_endpoint_attached(const GdbEndpoint *endpoint);
void gdb_endpoint_on_gone(GdbEndpoint *endpoint, GdbGoneFunc func, void *data);

/* Closes the endpoint of a node that leaves, if there is one (cmd-gdb.c). */
void gdb_close_node(Session *session, const Node *node);

#endif
