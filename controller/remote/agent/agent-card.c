/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-card.c: the cards of the agent's nodes, which are ports of a fabric without a network
 * (fabric/fabric.h). Carries out orders for the fabric, and moves the ports' reports into the grant
 * report.
 */
#include "controller/network/history.h"
#include "controller/network/topology.h"
#include "controller/remote/agent/agent-private.h"
#include "controller/remote/orders.h"

bool agent_open_card(Agent *a, Reader *r, GError **error)
{
    CardOrder o;
    AgentNode *n;

    if (!card_order_get(r, &o, error) || !(n = agent_node(a, o.node, error)))
        return false;
    if (o.card == fabric_n_ports(a->fabric) && o.index < n->node->cables->len)
        return fabric_open_card(a->fabric, n->node, o.index, o.port, o.now, o.stuck, error);
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "no card %u can be made", o.card);
    return false;
}

static void receive_frames(const Agent *a, Reader frames)
{
    OrderFrame f;

    for (unsigned i = 0; i < fabric_n_ports(a->fabric); i++)
        port_drop_used(fabric_port(a->fabric, i));
    while (order_next_frame(&frames, &f)) {
        if (f.card >= fabric_n_ports(a->fabric))
            agent_die("a frame for a card that is not there");
        port_grant(fabric_port(a->fabric, f.card),
                   &(Flight){.id = f.id, .due = f.due, .data = f.data, .size = f.size});
    }
}

void agent_receive_grant(const Agent *a, Reader *r)
{
    Reader frames;

    if (!grant_order_get(r, &frames, NULL))
        agent_die("a malformed grant");
    receive_frames(a, frames);
}

void agent_receive_network(Agent *a, VTime moved, Reader cards, Reader frames, VTime quantum)
{
    OrderCard o;

    fabric_move_replica(a->fabric, moved);
    while (order_next_card(&cards, &o)) {
        if (o.card >= fabric_n_ports(a->fabric))
            agent_die("a segment with a card that is not there");
        if (!fabric_set_own(a->fabric, o.card, o.exact, o.own))
            agent_die("a card of a network that is not there");
    }
    fabric_drop_unclaimed(a->fabric, moved);
    receive_frames(a, frames);
    fabric_retime(a->fabric, quantum, moved, NULL);
}

void agent_report_cards(Agent *a)
{
    for (unsigned i = 0; i < fabric_n_ports(a->fabric); i++) {
        Port *p = fabric_port(a->fabric, i);
        gsize at = 0;

        for (guint j = 0; j < p->sent->len; j++) {
            const Flight *f = &g_array_index(p->sent, Flight, j);

            grant_report_sent(&a->report, i, f->boundary, f->at, p->bytes->data + at, f->size);
            at += f->size;
        }
        for (guint j = 0; j < p->settled->len; j++) {
            const Flight *f = &g_array_index(p->settled, Flight, j);

            grant_report_settled(&a->report, i, f->id,
                                 (f->taken ? GRANT_REPORT_TAKEN : 0) |
                                     (f->carried ? GRANT_REPORT_CARRIED : 0),
                                 f->boundary, f->at);
        }
        port_forget_reports(p);
    }
}

void agent_copy_network(Agent *a, Reader *r)
{
    VTime moved = get_time(r);

    if (r->bad || !fabric_copy(a->fabric, r) || !reader_done(r, "network", NULL))
        agent_die("a malformed network");
    fabric_move_replica(a->fabric, moved);
}

void agent_follow(Agent *a, Reader *r)
{
    TopologyHead head;

    if (!topology_get_head(r, &head))
        agent_die("malformed changes of the network");
    fabric_move_replica(a->fabric, head.moved);
    for (uint32_t i = 0; i < head.count; i++) {
        g_autofree char *name = NULL;
        NetOp op;

        topology_get(r, &op, &name);
        if (r->bad || !fabric_repeat(a->fabric, &op))
            agent_die("a change of the network that can't be");
    }
    if (!reader_done(r, "topology", NULL))
        agent_die("malformed changes of the network");
}
