/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-endpoint.h: where the user's own gdb attaches to a node, and finds the whole ensemble.
 *
 * To gdb it looks like a stub. Registers, memory and everything else that concerns the node alone
 * is asked of QEMU's gdbstub; `continue` lets the whole ensemble run, a breakpoint of any gdb or
 * Ctrl-C in it stops all, a single step never passes the next barrier alone, and what follows
 * `monitor` is a command of ours that stays inside the ensemble, or one of QEMU's that only looks.
 * What gdb asks while others let the ensemble run is answered at the next barrier. A connection is
 * nobody, and holds nothing, until its first whole packet.
 *
 * Protocol: gdb manual, appendix "Remote Serial Protocol".
 */
#ifndef GDBSERVER_GDB_ENDPOINT_H
#define GDBSERVER_GDB_ENDPOINT_H

#include "controller/session/session.h"

typedef struct GdbEndpoint GdbEndpoint;

/* A line behind `monitor` that is carried out. */
typedef struct GdbMonitor GdbMonitor;

/* output: all that it printed, its error included. */
typedef void (*GdbMonitorFunc)(const char *output, void *data);

/* What an endpoint needs of those above it. */
typedef struct {
    void (*gone)(void *data); /* a gdb that had attached is gone again */
    /* A run that a gdb asked for, and no command, ended by the failure of a node. */
    void (*failed)(const GError *error, void *data);
    /* Carries out what follows `monitor`: text, as gdb sent it, with a NUL behind it. Returns NULL when
     * done was called already; else it will be, unless … */
    GdbMonitor *(*monitor)(Session *session, Node *node, const char *text, size_t size,
                           GdbMonitorFunc done, void *data);
    /* … nobody wants to know any more: the command goes on to its end. */
    void (*forget)(GdbMonitor *monitor);
} GdbEndpointEvents;

/* path: unix socket, which must not exist; or, with port not 0, TCP on 127.0.0.1. */
GdbEndpoint *gdb_endpoint_new(Session *session, Node *node, const char *path, unsigned port,
                              const GdbEndpointEvents *events, void *data, GError **error);
void gdb_endpoint_free(GdbEndpoint *endpoint);

const Node *gdb_endpoint_node(const GdbEndpoint *endpoint);
/* What gdb's `target remote` takes. */
const char *gdb_endpoint_address(const GdbEndpoint *endpoint);
bool gdb_endpoint_attached(const GdbEndpoint *endpoint);

/* metronome ends: a run that a gdb waits for ends as if the guest had. */
void gdb_end_all(Session *session);

/* A line for each gdb that waits for its node to stop. */
void gdb_tell_all(const Session *session, const char *line);

#endif
