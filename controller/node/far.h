/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * far.h: another host, as far as whoever drives its nodes has to know it. remote/line.h is what
 * implements it.
 *
 * Its nodes are ordinary ones of the session, whose QEMU is elsewhere: no process, no QMP
 * connection, no gate. A far host belongs to one thread at a time, like its nodes.
 */
#ifndef NODE_FAR_H
#define NODE_FAR_H

#include "controller/base/vtime.h"
#include "controller/node/rank.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct Leg;
struct Network;
struct Node;
struct StepRequest;

/* What a card of a far node has sent, or has taken in, since the last grant. */
typedef struct {
    VTime boundary; /* at which that became known */
    VTime at;       /* when it was sent; or when it arrived */
    gsize offset, size;
    unsigned id;
    bool taken, carried;
} FarFrame;

/* A frame that is due at a far card. */
typedef struct {
    unsigned id;
    VTime due;
    const uint8_t *data; /* stays until it is settled */
    gsize size;
} FarDue;

/* A card that goes ahead of the network, as the network sees it: of a far node, or of one here in
 * an island (wire-apart.c). The arrays are filled and emptied in turn, all nodes standing. */
typedef struct {
    struct Node *node;
    unsigned index;  /* of the node's cards */
    unsigned number; /* of the host's cards */
    unsigned port;   /* of the network's */
    bool exact;      /* its link delivers exactly */
    VTime own;       /* what is due up to here is brought by the copy of the network that its host
                        has: INT64_MAX: all, its island is there; INT64_MIN: nothing */
    bool in_flight;  /* frames wait inside QEMU */
    GArray *due;     /* FarDue: for the next grant */
    GArray *sent;    /* FarFrame; their bytes are in `bytes` */
    GByteArray *bytes;
    GArray *settled; /* FarFrame */
} FarCard;

FarCard *far_card_new(struct Node *node, unsigned index);
void far_card_free(FarCard *card);

typedef struct Far Far;

/* In any thread. */
typedef void (*FarDoneFunc)(void *data);

typedef struct {
    /* Its nodes' part in the leg. */
    void (*run_leg)(Far *far, struct Leg *leg, FarDoneFunc done, void *data);
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
    bool (*open_card)(Far *far, FarCard *card, VTime now, GError **error);
    /* Makes the host's copy of the network the same again as this one, which has moved up to
     * `moved`. */
    bool (*follow)(Far *far, const struct Network *net, VTime moved, GError **error);
} FarOps;

struct Far {
    const FarOps *ops;
    char *name;
    Rank rank;     /* of its lanes */
    VTime driven;  /* the last boundary that its nodes were driven to */
    bool deserted; /* none of its nodes is alive, and none takes part in anything */
};

#endif
