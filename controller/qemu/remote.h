/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * remote.h: what a driver of nodes has to know of another host. remote/client/client.h implements
 * it.
 *
 * Its nodes are ordinary ones of the session, whose QEMU is elsewhere: no process, no QMP
 * connection, no gate. A remote host belongs to one thread at a time, like its nodes.
 */
#ifndef QEMU_REMOTE_H
#define QEMU_REMOTE_H

#include "controller/base/vtime.h"
#include "controller/qemu/sched.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct Segment;
struct Network;
struct Node;
struct Port;
struct StepRequest;

typedef struct Remote Remote;

/* In any thread. */
typedef void (*RemoteDoneFunc)(void *data);

typedef struct {
    /* Its nodes' part in the segment. */
    void (*run_segment)(Remote *remote, struct Segment *segment, RemoteDoneFunc done, void *data);
    void (*step)(Remote *remote, struct StepRequest *request, RemoteDoneFunc done, void *data);
    /* The others: main thread, the ensemble stands; they wait for the answer. */
    /* Its QEMU; qemu: path of the binary there, or NULL. The remote host takes over the
     * descriptors: the other ends of its console and of the port to its guest's own agent (-1:
     * none). waits: nothing is started, the node waits for a saved state. */
    bool (*launch)(Remote *remote, struct Node *node, const char *qemu, int console, int port,
                   bool waits, GError **error);
    /* Launches a node that was launched before, anew; its console and port stay. */
    bool (*launch_again)(Remote *remote, struct Node *node, const char *qemu, GError **error);
    void (*end)(Remote *remote, struct Node *node);
    /* The answer's "return", or with hmp the text of the monitor's answer; free with g_free(). */
    char *(*qmp)(Remote *remote, struct Node *node, const char *command, const char *arguments,
                 bool hmp, GError **error);
    /* A connected socket to the node's gdbstub; -1 on failure. */
    int (*open_stub)(Remote *remote, struct Node *node, GError **error);
    /* Makes the card that is this port of the network (fabric/port.h). */
    bool (*open_card)(Remote *remote, struct Port *port, VTime now, GError **error);
    /* Makes the host's replica of the network the same again as this one, which has moved up to
     * `moved`. */
    bool (*follow)(Remote *remote, const struct Network *net, VTime moved, GError **error);
} RemoteOps;

struct Remote {
    const RemoteOps *ops;
    char *name;
    SchedMode sched;    /* of its workers */
    VTime driven;       /* the last boundary that its nodes were driven to */
    bool no_live_nodes; /* and so none takes part in anything */
};

#endif
