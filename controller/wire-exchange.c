/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire-exchange.c: what happens to cards, gateways and the network at a barrier. */
#include "controller/wire-private.h"

/* Frames from outside that one barrier takes in; the rest waits with the kernel. */
#define MAX_FROM_OUTSIDE 256

/* --- cards of this host --- */

static void on_sent(Card *card, VTime at, const uint8_t *frame, size_t size)
{
    const Wire *w = card->owner;

    network_send(w->net, card->number, at, frame, size);
}

static bool on_next(Card *card, VTime until, CardFrame *out)
{
    const Wire *w = card->owner;
    NetDelivery *d;

    if (!network_next(w->net, card->number, until))
        return false;
    d = network_take(w->net, card->number);
    *out = (CardFrame){.due = d->due, .data = d->data, .size = d->size, .origin = d};
    return true;
}

static void on_settled(Card *card, const CardFrame *frame, bool taken, VTime when)
{
    const Wire *w = card->owner;
    NetDelivery *d = frame->origin;

    d->carried = frame->carried;
    if (taken)
        network_delivered(w->net, d, when);
    else
        network_refused(w->net, d, when);
}

const CardNetwork wire_cards = {on_sent, on_next, on_settled};

/* --- at a barrier --- */

/* At a gateway all happens at barriers: what is due by now leaves, what has come in is sent now. */
static void pass(Wire *w, const WirePort *p, VTime now)
{
    const uint8_t *frame;
    size_t size;

    gateway_flush(p->gateway);
    while (network_next(w->net, p->port, now)) {
        NetDelivery *d = network_take(w->net, p->port);

        if (gateway_send(p->gateway, d->data, d->size))
            network_delivered(w->net, d, now);
        else
            network_refused(w->net, d, now);
    }
    for (unsigned i = 0; i < MAX_FROM_OUTSIDE && (frame = gateway_receive(p->gateway, &size)); i++)
        network_send(w->net, p->port, now, frame, size);
}

static void reach(VTime now, void *data)
{
    Wire *w = data;

    w->reached = now;
    for (unsigned i = 0; i < w->ports->len; i++) {
        const WirePort *p = wire_port(w, i);

        if (p->card)
            card_reach(p->card, now);
    }
}

/* The copy moves on here and not before: where another host's node has hit a point, all stand at
 * the barrier before the one that this host's cards have reached, and so does the network. */
static void fill(VTime now, VTime until, void *data)
{
    Wire *w = data;

    if (w->copy && now.ns == w->reached.ns)
        network_advance(w->copy, now);
    w->filled = vtime(MAX(w->filled.ns, until.ns));
    for (unsigned i = 0; i < w->ports->len; i++) {
        const WirePort *p = wire_port(w, i);

        if (p->card)
            card_fill(p->card, now, until, w->quantum);
    }
}

static void advance(VTime now, void *data)
{
    Wire *w = data;
    bool alone = w->reached.ns < now.ns; /* no node of this host takes part any more */

    if (alone)
        reach(now, w);
    for (unsigned i = 0; i < w->ports->len; i++) {
        WirePort *p = wire_port(w, i);

        if (p->gateway)
            pass(w, p, now);
        if (wire_is_island(p))
            wire_hand_over(w, p, now);
        if (p->far)
            wire_hear(w, p, now);
        if (p->far && p->node->far && p->node->far->deserted)
            wire_refuse(w, p, now);
    }
    network_advance(w->net, now);
    w->moved = now;
    w->filled = vtime_add(now, w->quantum);
    if (alone)
        fill(now, w->filled, w);
}

static void grant(VTime until, void *data)
{
    const Wire *w = data;

    for (unsigned i = 0; i < w->ports->len; i++) {
        WirePort *p = wire_port(w, i);

        if (p->far && !wire_is_island(p))
            wire_hand_over(w, p, until);
    }
}

static VTime due(VTime now, void *data)
{
    const Wire *w = data;

    return network_exact_due(w->net, now);
}

/* Exact delivery adds boundaries as frames are sent. */
static VTime begin(void *data)
{
    Wire *w = data;

    wire_part(w);
    for (unsigned i = 0; i < w->ports->len; i++)
        if (network_exact(w->net, i))
            return w->quantum;
    return islands_lookahead(w->islands, w->net);
}

EngineExchange wire_exchange(Wire *w)
{
    return (EngineExchange){reach, advance, grant, fill, due, begin, w};
}
