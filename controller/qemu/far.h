/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * far.h: another host, as far as whoever drives its nodes has to know it. remote/client/client.h is what
 * implements it.
 *
 * Its nodes are ordinary ones of the session, whose QEMU is elsewhere: no process, no QMP
 * connection, no gate. A far host belongs to one thread at a time, like its nodes.
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

/* In any thread. */
typedef void (*FarDoneFunc)(void *data);

typedef struct {
    /* Its nodes' part in the segment. */
    void (*run_segment)(Far *far, struct Segment *segment, FarDoneFunc done, void *data);
    void (*step)(Far *far, struct StepRequest *request, FarDoneFunc done, void *data);
    /* The others: main thread, the ensemble stands; they wait for the answer. */
    /* Its QEMU; qemu: path of the binary there, or NULL. The far host takes over the descriptors:
     * the other ends of its console and of the port to its guest's own agent (-1: none). */
    bool (*launch)(Far *far, struct Node *node, const char *qemu, int console, int port,
                   GError **error);
    void (*end)(Far *far, struct Node *node);
    /* The answer's "return", or with hmp the text of the monitor's answer; free with g_free(). */
    char *(*qmp)(Far *far, struct Node *node, const char *command, const char *arguments, bool hmp,
                 GError **error);
    /* A connected socket to the node's gdbstub; -1 on failure. */
    int (*open_stub)(Far *far, struct Node *node, GError **error);
    /* Makes the card that is this port of the network (fabric/port.h). */
    bool (*open_card)(Far *far, struct Port *port, VTime now, GError **error);
    /* Makes the host's replica of the network the same again as this one, which has moved up to
     * `moved`. */
    bool (*follow)(Far *far, const struct Network *net, VTime moved, GError **error);
} FarOps;

struct Far {
    const FarOps *ops;
    char *name;
    SchedMode sched;    /* of its workers */
    VTime driven;       /* the last boundary that its nodes were driven to */
    bool no_live_nodes; /* and so none takes part in anything */
};

#endif
