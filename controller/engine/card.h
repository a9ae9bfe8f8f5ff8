/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * card.h: what happens to a card at a boundary, on the host where its node is: what the guest has
 * sent goes to the network, what was put for this boundary is settled, and what is due by the next
 * one is put. Whose network it is, the controller's own or a line to it, is behind CardNetwork.
 *
 * All functions: the node stands at the boundary.
 */
#ifndef ENGINE_CARD_H
#define ENGINE_CARD_H

#include "controller/engine/nic.h"

typedef struct Card Card;

/* A frame that is due at the card. */
typedef struct {
    VTime due;
    const uint8_t *data; /* stays until it is settled */
    size_t size;
    bool carried; /* kept back, since the card had its fill */
    void *origin; /* the network's */
} CardFrame;

typedef struct {
    void (*sent)(Card *card, VTime at, const uint8_t *frame, size_t size);
    /* Takes the next frame that is due by `until`; false: none. */
    bool (*next)(Card *card, VTime until, CardFrame *out);
    /* The guest has it at `when`, or (not taken) it never will. */
    void (*settled)(Card *card, const CardFrame *frame, bool taken, VTime when);
} CardNetwork;

struct Card {
    Node *node;
    unsigned number; /* the network's */
    bool exact;      /* its link delivers at due times, not at barriers */
    const CardNetwork *net;
    void *owner; /* the network's */
    Nic *nic;
    GArray *flights; /* CardFrame, taken from the network and not settled */
    unsigned n_put;  /* of them, those that were put on the card … */
    VTime aim;       /* … for this time */
    VTime reached;   /* the last boundary */
};

/* For card `index` of a paused node that stands at `now`. */
Card *card_new(Node *node, unsigned index, VTime now, const CardNetwork *net, GError **error);
/* The Nic is the node's. */
void card_free(Card *card);

/* Boundary `now` is reached: takes what was sent, settles what was put. */
void card_reach(Card *card, VTime now);

/* Puts what is due by the next boundary. */
void card_fill(Card *card, VTime now, VTime until, VTime quantum);

/* Takes back what was put for the next boundary: a nearer one is to come. */
void card_take_back(Card *card);

#endif
