/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-card.c: the cards of the agent's nodes. What they send goes into the news; what is due
 * comes with the grants, or, in an island (network/island.h), out of the copy of the network here,
 * which moves on with each boundary that the leg goes beyond.
 */
#include "controller/remote/agent-private.h"
#include "controller/remote/orders.h"
#include "controller/remote/topology.h"

typedef struct {
    unsigned id;
    VTime due;
    uint8_t *data;
    gsize size;
} Due;

static bool is_island(const AgentCard *c)
{
    return c->own.ns == INT64_MAX;
}

static void on_sent(Card *card, VTime at, const uint8_t *frame, size_t size)
{
    const AgentCard *c = card->owner;

    news_sent(&c->agent->news, card->number, c->agent->boundary, at, frame, size);
    if (is_island(c))
        network_send(c->agent->copy, c->port, at, frame, size);
}

static bool on_next(Card *card, VTime until, CardFrame *out)
{
    AgentCard *c = card->owner;
    const Due *d = c->n_used < c->due->len ? &g_array_index(c->due, Due, c->n_used) : NULL;

    if (!d || d->due.ns > until.ns)
        return false;
    *out = (CardFrame){
        .due = d->due, .data = d->data, .size = d->size, .origin = GUINT_TO_POINTER(d->id)};
    c->n_used++;
    return true;
}

static void on_settled(Card *card, const CardFrame *frame, bool taken, VTime when)
{
    Agent *a = ((AgentCard *)card->owner)->agent;

    news_settled(&a->news, card->number, GPOINTER_TO_UINT(frame->origin),
                 (taken ? NEWS_TAKEN : 0) | (frame->carried ? NEWS_CARRIED : 0), a->boundary, when);
    g_free((void *)frame->data);
}

static const CardNetwork line = {on_sent, on_next, on_settled};

bool agent_open_card(Agent *a, Reader *r, GError **error)
{
    CardOrder o;
    AgentNode *n;
    AgentCard *c;

    if (!card_order_get(r, &o, error) || !(n = agent_node(a, o.node, error)))
        return false;
    if (o.card != a->cards->len || o.index >= n->node->cables->len) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "no card %u can be made", o.card);
        return false;
    }
    c = g_new0(AgentCard, 1);
    c->agent = a;
    c->port = o.port;
    c->own = vtime(INT64_MIN);
    c->due = g_array_new(FALSE, FALSE, sizeof(Due));
    c->card = card_new(n->node, o.index, o.now, &line, error);
    if (!c->card) {
        agent_card_free(c);
        return false;
    }
    c->card->owner = c;
    c->card->number = o.card;
    g_ptr_array_add(a->cards, c);
    return true;
}

void agent_card_free(void *data)
{
    AgentCard *c = data;

    for (guint i = c->n_used; i < c->due->len; i++)
        g_free(g_array_index(c->due, Due, i).data);
    g_array_unref(c->due);
    card_free(c->card);
    g_free(c);
}

void agent_take_frames(const Agent *a, Reader frames)
{
    OrderFrame f;

    for (unsigned i = 0; i < a->cards->len; i++) {
        AgentCard *c = a->cards->pdata[i];

        g_array_remove_range(c->due, 0, c->n_used);
        c->n_used = 0;
    }
    while (order_next_frame(&frames, &f)) {
        Due d = {f.id, f.due, NULL, f.size};

        if (f.card >= a->cards->len)
            agent_die("a frame for a card that is not there");
        d.data = g_memdup2(f.data, f.size);
        g_array_append_val(((AgentCard *)a->cards->pdata[f.card])->due, d);
    }
}

void agent_take_grant(const Agent *a, Reader *r)
{
    Reader frames;

    if (!grant_order_get(r, &frames, NULL))
        agent_die("a malformed grant");
    agent_take_frames(a, frames);
}

/* What the card's island brings it by `until`. The controller's network takes the same, in the same
 * order, so both number them alike. */
static void take_own(AgentCard *c, VTime until)
{
    Network *copy = c->agent->copy;

    while (network_next(copy, c->port, until)) {
        NetDelivery *d = network_take(copy, c->port);
        Due due = {c->n_taken++, d->due, g_memdup2(d->data, d->size), d->size};

        g_array_append_val(c->due, due);
        network_refused(copy, d, c->agent->boundary); /* of no interest here */
    }
}

void agent_take_cards(const Agent *a, Reader cards)
{
    OrderCard o;

    while (order_next_card(&cards, &o)) {
        AgentCard *c;

        if (o.card >= a->cards->len)
            agent_die("a leg with a card that is not there");
        c = a->cards->pdata[o.card];
        if (o.own.ns > INT64_MIN && (!a->copy || c->port >= network_n_ports(a->copy)))
            agent_die("a card of a network that is not there");
        c->card->exact = o.exact;
        if (is_island(c) && o.own.ns != INT64_MAX)
            take_own(c, o.own);
        c->own = o.own;
    }
}

void agent_reach_cards(Agent *a, VTime now)
{
    a->boundary = now;
    for (unsigned i = 0; i < a->cards->len; i++)
        card_reach(((AgentCard *)a->cards->pdata[i])->card, now);
}

void agent_move_islands(const Agent *a, VTime now)
{
    if (a->copy)
        network_advance(a->copy, now);
}

void agent_fill_cards(const Agent *a, VTime now, VTime until)
{
    for (unsigned i = 0; i < a->cards->len; i++) {
        AgentCard *c = a->cards->pdata[i];

        if (is_island(c))
            take_own(c, until);
        card_fill(c->card, now, until, a->quantum);
    }
}

void agent_take_back(const Agent *a)
{
    for (unsigned i = 0; i < a->cards->len; i++)
        card_take_back(((AgentCard *)a->cards->pdata[i])->card);
}

void agent_follow(Agent *a, Reader *r)
{
    TopologyHead head;

    if (!topology_get_head(r, &head))
        agent_die("malformed changes of the network");
    if (!a->copy)
        a->copy = network_new(1, vtime(NS_PER_US));
    agent_move_islands(a, head.moved);
    for (uint32_t i = 0; i < head.count; i++) {
        g_autofree char *name = NULL;
        NetOp op;

        topology_get(r, &op, &name);
        if (r->bad || !network_repeat(a->copy, &op, NULL))
            agent_die("a change of the network that can't be");
    }
    if (!reader_done(r, "topology", NULL))
        agent_die("malformed changes of the network");
}
