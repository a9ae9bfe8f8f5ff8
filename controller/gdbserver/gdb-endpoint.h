/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-endpoint.h: a socket where the user's own gdb attaches to one node, or to all nodes, and
 * controls the whole ensemble.
 *
 * To gdb the endpoint looks like a gdb stub; one for all nodes has a process for each of them
 * (gdb-processes.h). QEMU's gdbstub answers requests for registers, memory
 * and everything else that concerns the node alone. `continue` runs the whole ensemble. A
 * breakpoint of any gdb, or Ctrl-C in any gdb, stops all nodes. A single step never passes the next
 * barrier alone. The text after `monitor` is a command of metronome that stays inside the ensemble,
 * or a command of QEMU that only reads. A request that arrives while another gdb or command runs
 * the ensemble is answered at the next barrier. A connection counts as a gdb, and holds the
 * ensemble, only after its first whole packet. Main thread.
 *
 * Protocol: gdb manual, appendix "Remote Serial Protocol".
 */
#ifndef GDBSERVER_GDB_ENDPOINT_H
#define GDBSERVER_GDB_ENDPOINT_H

#include "controller/session/session.h"

typedef struct GdbEndpoint GdbEndpoint;

/* A `monitor` command that is being carried out. */
typedef struct GdbMonitor GdbMonitor;

/* output: everything that the command printed, its error included. */
typedef void (*GdbMonitorFunc)(const char *output, void *data);

/* Functions of the command layer that an endpoint calls. */
typedef struct {
    void (*gone)(void *data); /* a gdb that had attached has gone */
    /* A run that a gdb, and no command, started has ended by the failure of a node. */
    void (*failed)(const GError *error, void *data);
    /* Carries out the text after `monitor`, `size` bytes as gdb sent them, followed by a NUL. node:
     * the one whose QEMU is meant, or NULL if gdb has several. Returns NULL if done was called already. Else done will be called, unless forget() is. */
    GdbMonitor *(*monitor)(Session *session, Node *node, const char *text, size_t size,
                           GdbMonitorFunc done, void *data);
    /* Drops the callback done. The command itself goes on to its end. */
    void (*forget)(GdbMonitor *monitor);
} GdbEndpointEvents;

/* Opens an endpoint for the node, or with NULL for all nodes: at path, a unix socket that must not exist yet, or, with port not
 * 0, at that TCP port of 127.0.0.1. events must outlive the endpoint. Free with
 * gdb_endpoint_free(). NULL, with an error: the socket can't be opened. */
GdbEndpoint *gdb_endpoint_new(Session *session, Node *node, const char *path, unsigned port,
                              const GdbEndpointEvents *events, void *data, GError **error);
/* Closes the connection and the socket. No run may be active. An endpoint that is answering a
 * request is freed after the answer. NULL is allowed. */
void gdb_endpoint_free(GdbEndpoint *endpoint);

/* NULL: all nodes. */
const Node *gdb_endpoint_node(const GdbEndpoint *endpoint);
/* The address for gdb's `target remote`. */
const char *gdb_endpoint_address(const GdbEndpoint *endpoint);
/* Commands for a gdb, which make an inferior of each node that is there now; of an endpoint for all
 * nodes. Free with g_free(). */
char *gdb_endpoint_script(const GdbEndpoint *endpoint);
/* Whether a gdb is attached, or its points are not removed yet. */
bool gdb_endpoint_attached(const GdbEndpoint *endpoint);

/* Call when metronome ends: each gdb that waits for a run then receives the end of the run as the
 * end of the guest. */
void gdb_end_all(Session *session);

/* Call before all machines change. Ends the connections of gdbs whose nodes have lost their machines:
 * what such a gdb knows belongs to none. */
void gdb_drop_lost(const Session *session);
/* Call before a node is removed from the session. A gdb of all nodes is told at its next resume. */
void gdb_forget_node(const Session *session, const Node *node);
/* Call when all machines are at another time than before, as after a restore. A gdb knows the
 * registers of its last stop: its next resume ends at once, as a stop that shows the line. */
void gdb_moved_all(const Session *session, const char *line);

/* Shows a line in each gdb that waits for its node to stop. */
void gdb_report_all(const Session *session, const char *line);

#endif
