/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * far.h: a remote host, as seen by the code that drives its nodes. remote/client/client.h
 * implements the interface.
 *
 * A node of a remote host is an ordinary node of the session without a local process, QMP
 * connection or gate. A remote host belongs to one thread at a time, like its nodes.
 */
#ifndef QEMU_FAR_H
#define QEMU_FAR_H

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

typedef struct Far Far;

/* Called once when the operation is over, in any thread. */
typedef void (*FarDoneFunc)(void *data);

typedef struct {
    /* Runs the part of a segment that the host's nodes have. */
    void (*run_segment)(Far *far, struct Segment *segment, FarDoneFunc done, void *data);
    void (*step)(Far *far, struct StepRequest *request, FarDoneFunc done, void *data);
    /* The other functions: main thread, while the ensemble stands. They wait for the answer. */
    /* Launches the node's QEMU; qemu: path of the binary there, or NULL. The remote host takes
     * over two descriptors: the other ends of the console and of the port to the guest agent (-1:
     * none). */
    bool (*launch)(Far *far, struct Node *node, const char *qemu, int console, int port,
                   GError **error);
    void (*end)(Far *far, struct Node *node);
    /* The answer's "return", or with hmp the text of the monitor's answer; free with g_free(). */
    char *(*qmp)(Far *far, struct Node *node, const char *command, const char *arguments, bool hmp,
                 GError **error);
    /* A connected socket to the node's gdbstub; -1 on failure. */
    int (*open_stub)(Far *far, struct Node *node, GError **error);
    /* Makes the NIC that belongs to this port of the network (fabric/port.h). */
    bool (*open_card)(Far *far, struct Port *port, VTime now, GError **error);
    /* Makes the host's replica of the network equal to `net`, which has moved up to `moved`. */
    bool (*follow)(Far *far, const struct Network *net, VTime moved, GError **error);
} FarOps;

struct Far {
    const FarOps *ops;
    char *name;
    SchedMode sched;    /* mode of the host's workers */
    VTime driven;       /* the last boundary that its nodes were driven to */
    bool no_live_nodes; /* no node of the host can take part in a segment */
};

#endif
