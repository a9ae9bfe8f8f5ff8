/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire-private.h: what the parts of a wire share: wire.c (ports, figures), wire-exchange.c (what
 * happens at a barrier), wire-apart.c (cards that go ahead of the network). */
#ifndef WIRE_PRIVATE_H
#define WIRE_PRIVATE_H

#include "controller/engine/card.h"
#include "controller/network/island.h"
#include "controller/wire.h"

/*
 * A card of a node, here or on another host, or a gateway.
 *
 * A card goes apart if the network hears at a grant's end only what it sent and took in before: on
 * another host, or here in an island while others have nodes. It has `far` then.
 */
typedef struct {
    Wire *wire;
    Node *node;       /* NULL: a gateway */
    Gateway *gateway; /* NULL: a card, or only checked */
    unsigned index;   /* of its cards */
    unsigned port;
    Card *card;         /* here; NULL until the node is started */
    FarCard *far;       /* apart; … */
    GPtrArray *flights; /* … NetDelivery by id, NULL where it is settled … */
    unsigned first_id;  /* … the first one's */
    unsigned n_taken;   /* the next frame's id, of a card here that is apart */
} WirePort;

struct Wire {
    Session *session;
    GArray *observers; /* Observer */
    Network *net;
    Trace *trace;
    GPtrArray *ports; /* WirePort, by number of port */
    VTime quantum;
    unsigned announced; /* links whose raised latency was told */

    Islands *islands;
    unsigned n_ops; /* of the network, when islands were last looked for */
    Network *copy;  /* where this host's islands move; NULL: it has none */
    VTime moved;    /* up to this boundary the network has moved */
    VTime reached;  /* the boundary at which this host's cards are */
    VTime filled;   /* no card has frames that are due behind this */
    unsigned
        strays; /* frames of islands that an island's host and the network did not move alike */
};

static inline WirePort *wire_port(const Wire *w, unsigned i)
{
    return w->ports->pdata[i];
}

/* --- wire-exchange.c --- */

/* Of cards here that are not apart: number is the port, owner the Wire. */
extern const CardNetwork wire_cards;

/* The engine's view of the wire. */
EngineExchange wire_exchange(Wire *wire);

/* --- wire-apart.c --- */

/* Before a leg: who goes apart. */
void wire_part(Wire *wire);

/* What the card has told up to boundary `now`, in the order in which one that is not apart would
 * have told it. */
void wire_hear(Wire *wire, const WirePort *port, VTime now);

/* Takes what is due by `until`; the frames go to the card. An island brings them itself, which took
 * the same ones at the boundary before `until`: nothing was known of later ones then. */
void wire_hand_over(const Wire *wire, WirePort *port, VTime until);

/* For a card whose host has no node left that lives, and settles nothing any more: what is due by
 * boundary `now` is refused, as by a card of this host whose node is off: no more than its fill. */
void wire_refuse(const Wire *wire, WirePort *port, VTime now);

/* Its island moves by itself. */
static inline bool wire_is_island(const WirePort *p)
{
    return p->far && p->far->own.ns == INT64_MAX;
}

/* Frames that its card has taken, and nobody will settle. */
void wire_forget(WirePort *port);

#endif
