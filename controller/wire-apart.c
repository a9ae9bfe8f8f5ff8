/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire-apart.c: cards that go ahead of the network: what they send and take in is heard later,
 * boundary by boundary, and means then what it would have meant at that time.
 *
 * Those in an island (network/island.h) have a copy of the network on their host, which is told all
 * that is done to the topology and all that the island's cards send: so both move alike. The
 * network here takes the same frames for such a card, in the same order, but does not send them: a
 * frame goes by the number that both give it.
 */
#include "controller/base/log.h"
#include "controller/network/history.h"
#include "controller/wire-private.h"

#include <string.h>

/* --- what the network hears and gives --- */

/* The card's host has taken in another frame than its island's network here: what is told of its
 * packets is not what its guest saw. */
static void stray(Wire *w, const WirePort *p)
{
    if (w->strays++ == 0)
        log_warn("node %s: its host took in a frame that is unknown here: packets were not moved "
                 "alike",
                 p->node->name);
}

void wire_hear(Wire *w, const WirePort *p, VTime now)
{
    FarCard *far = p->far;
    guint sent = 0, settled = 0;

    for (; sent < far->sent->len; sent++) {
        const FarFrame *f = &g_array_index(far->sent, FarFrame, sent);

        if (f->boundary.ns > now.ns)
            break;
        network_send(w->net, p->port, f->at, far->bytes->data + f->offset, f->size);
    }
    for (; settled < far->settled->len; settled++) {
        const FarFrame *f = &g_array_index(far->settled, FarFrame, settled);
        unsigned i = f->id - p->first_id;
        NetDelivery *d = i < p->flights->len ? p->flights->pdata[i] : NULL;

        if (f->boundary.ns > now.ns)
            break;
        if (!d) {
            if (f->taken) /* else its node is off, and wire_refuse() was first */
                stray(w, p);
            continue;
        }
        p->flights->pdata[i] = NULL;
        d->carried = f->carried;
        if (f->taken)
            network_delivered(w->net, d, f->at);
        else
            network_refused(w->net, d, f->at);
    }
    g_array_remove_range(far->sent, 0, sent);
    g_array_remove_range(far->settled, 0, settled);
    if (far->sent->len == 0)
        g_byte_array_set_size(far->bytes, 0);
}

static void drop_settled(WirePort *p)
{
    unsigned done = 0;

    while (done < p->flights->len && !p->flights->pdata[done])
        done++;
    if (done > 0)
        g_ptr_array_remove_range(p->flights, 0, done);
    p->first_id += done;
}

void wire_hand_over(const Wire *w, WirePort *p, VTime until)
{
    bool island = wire_is_island(p);

    drop_settled(p);
    if (p->card && !island)
        return; /* it takes them itself */
    while (network_next(w->net, p->port, until)) {
        NetDelivery *d = network_take(w->net, p->port);
        FarDue due = {p->first_id + p->flights->len, d->due, d->data, d->size};

        if (!island)
            g_array_append_val(p->far->due, due);
        g_ptr_array_add(p->flights, d);
    }
}

void wire_refuse(const Wire *w, WirePort *p, VTime now)
{
    NicFill fill = {0};

    if (now.ns <= p->node->far->driven.ns)
        return; /* told by its host, which may have come further than we */
    g_array_set_size(p->far->due, 0);
    for (guint i = 0; i < p->flights->len; i++) {
        NetDelivery *d = p->flights->pdata[i];

        if (!d)
            continue;
        if (d->due.ns > now.ns || !nic_fill(&fill, d->size))
            return;
        p->flights->pdata[i] = NULL;
        network_refused(w->net, d, now);
    }
}

/* --- cards of this host that are apart --- */

static void on_sent(Card *card, VTime at, const uint8_t *frame, size_t size)
{
    const WirePort *p = card->owner;
    const Wire *w = p->wire;
    FarFrame f = {.boundary = w->reached, .at = at, .offset = p->far->bytes->len, .size = size};

    g_byte_array_append(p->far->bytes, frame, (guint)size);
    g_array_append_val(p->far->sent, f);
    if (wire_is_island(p))
        network_send(w->copy, p->port, at, frame, size);
}

/* The copy's frames come first: an island that has become none leaves some. */
static bool on_next(Card *card, VTime until, CardFrame *out)
{
    WirePort *p = card->owner;
    const Wire *w = p->wire;
    bool copied = network_next(w->copy, p->port, vtime(MIN(until.ns, p->far->own.ns))) != NULL;
    Network *net = copied ? w->copy : w->net;
    NetDelivery *d;

    if (!copied && (wire_is_island(p) || !network_next(w->net, p->port, until)))
        return false;
    d = network_take(net, p->port);
    *out = (CardFrame){.due = d->due,
                       .data = g_memdup2(d->data, d->size),
                       .size = d->size,
                       .origin = GUINT_TO_POINTER(p->n_taken++)};
    if (copied)
        network_refused(net, d, w->reached); /* of no interest there */
    else
        g_ptr_array_add(p->flights, d);
    return true;
}

static void on_settled(Card *card, const CardFrame *frame, bool taken, VTime when)
{
    const WirePort *p = card->owner;
    FarFrame f = {.boundary = p->wire->reached,
                  .at = when,
                  .id = GPOINTER_TO_UINT(frame->origin),
                  .taken = taken,
                  .carried = frame->carried};

    g_array_append_val(p->far->settled, f);
    g_free((void *)frame->data);
}

static const CardNetwork apart = {on_sent, on_next, on_settled};

void wire_forget(WirePort *p)
{
    if (!p->card || !p->far)
        return;
    for (guint i = 0; i < p->card->flights->len; i++)
        g_free((void *)g_array_index(p->card->flights, CardFrame, i).data);
}

/* --- who is apart --- */

static bool is_several(const Wire *w)
{
    const GPtrArray *nodes = w->session->nodes;

    for (unsigned i = 0; i < nodes->len; i++)
        if (((const Node *)nodes->pdata[i])->far)
            return true;
    return false;
}

static void find_islands(Wire *w)
{
    g_autofree const void **places = g_new0(const void *, w->ports->len);
    bool several = is_several(w);

    for (unsigned i = 0; i < w->ports->len; i++) {
        const WirePort *p = wire_port(w, i);

        if (!p->node || !several)
            places[i] = NOWHERE;
        else
            places[i] = p->node->far ? (const void *)p->node->far : w;
    }
    islands_find(w->islands, w->net, places);
    w->n_ops = network_n_ops(w->net);
}

/* A card of this host in an island has sent nothing yet when it goes apart. */
static void go_apart(Wire *w, WirePort *p)
{
    p->far = far_card_new(p->node, p->index);
    p->flights = g_ptr_array_new();
    p->card->net = &apart;
    p->card->owner = p;
    if (!w->copy)
        w->copy = network_new(1, w->quantum);
}

/* What its island has brought or may have, in a quantum that is not over, it still brings. */
static void set_own(Wire *w, WirePort *p)
{
    bool island = islands_has(w->islands, (NetEnd){false, p->port});

    if (island && p->card && !p->far)
        go_apart(w, p);
    if (!p->far)
        return;
    if (island) {
        p->far->own = vtime(INT64_MAX);
    } else if (wire_is_island(p)) {
        wire_hand_over(w, p, w->filled);
        p->far->own = w->filled;
    }
}

/* A host that can't be told is lost: the leg will say so. */
static void tell(const Wire *w, const WirePort *p)
{
    p->node->far->ops->follow(p->node->far, w->net, w->moved, NULL);
}

/* What was done to the topology since was done where the network stood. */
void wire_part(Wire *w)
{
    bool repeated = true;

    if (w->n_ops != network_n_ops(w->net))
        find_islands(w);
    for (unsigned i = 0; i < w->ports->len; i++) {
        WirePort *p = wire_port(w, i);
        bool was_island = wire_is_island(p);

        set_own(w, p);
        if ((was_island || wire_is_island(p)) && !p->card)
            tell(w, p);
    }
    if (w->copy)
        network_advance(w->copy, w->moved);
    while (w->copy && repeated && network_n_ops(w->copy) < network_n_ops(w->net))
        repeated = network_repeat(w->copy, network_op(w->net, network_n_ops(w->copy)), NULL);
    g_assert(repeated);
}
