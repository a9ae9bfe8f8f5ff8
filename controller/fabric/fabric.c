/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fabric.c: the ports, their work at a barrier, islands, and figures.
 *
 * A controller's fabric drives the network itself; a replica moves only the islands of its host.
 */
#include "controller/fabric/fabric.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/fabric/card.h"
#include "controller/network/history.h"
#include "controller/network/island.h"
#include "controller/network/network-state.h"
#include "controller/network/trace-state.h"
#include "controller/qemu/nic-options.h"

struct Fabric {
    const GPtrArray *nodes; /* the session's nodes; NULL in an agent */
    Network *net;           /* NULL in an agent */
    Trace *trace;
    GPtrArray *ports; /* Port: by network index; in an agent by the host's number */
    VTime quantum;
    bool closed;        /* of a check: no gateway is opened */
    unsigned announced; /* links whose raised latency was reported */

    Islands *islands;
    unsigned n_ops;      /* changes of the network when islands were last found */
    Network *replica;    /* network of this host's islands; NULL: none */
    unsigned repeated;   /* changes of the network that the replica has repeated */
    VTime caught_up;     /* time up to which fabric_catch_up() has moved the network */
    VTime moved;         /* boundary up to which the network has moved */
    VTime reached;       /* the boundary at which this host's cards are */
    VTime filled;        /* no card has frames that are due behind this time */
    unsigned mismatches; /* frames that a card has taken and that are unknown here */
};

/* --- building --- */

static Fabric *fabric_new_empty(void)
{
    Fabric *f = g_new0(Fabric, 1);

    f->ports = g_ptr_array_new_with_free_func(port_free);
    f->islands = islands_new();
    return f;
}

Fabric *fabric_new(const GPtrArray *nodes, VTime quantum)
{
    Fabric *f = fabric_new_empty();

    f->nodes = nodes;
    f->quantum = quantum;
    f->net = network_new(1, quantum);
    f->trace = trace_new(TRACE_DEFAULT_CAP);
    network_set_trace(f->net, f->trace);
    return f;
}

void fabric_stay_closed(Fabric *f)
{
    f->closed = true;
}

Fabric *fabric_new_agent(void)
{
    return fabric_new_empty();
}

void fabric_free(Fabric *f)
{
    if (!f)
        return;
    network_free(f->net);
    network_free(f->replica);
    islands_free(f->islands);
    trace_free(f->trace);
    g_ptr_array_unref(f->ports);
    g_free(f);
}

Network *fabric_network(const Fabric *f)
{
    return f->net;
}

const Trace *fabric_trace(const Fabric *f)
{
    return f->trace;
}

/* --- ports --- */

unsigned fabric_n_ports(const Fabric *f)
{
    return f->ports->len;
}

Port *fabric_port(const Fabric *f, unsigned i)
{
    return f->ports->pdata[i];
}

bool fabric_add_card(Fabric *f, Node *node, unsigned card, unsigned *port, GError **error)
{
    g_autofree char *name =
        card == 0 ? g_strdup(node->name) : g_strdup_printf("%s.%u", node->name, card);
    uint8_t mac[MAC_LEN];

    node_options_mac(node->options, node->index, card, mac);
    if (!network_add_port(f->net, name, mac, port, error))
        return false;
    g_ptr_array_add(f->ports, port_new(node, card, *port, f->net));
    return true;
}

/* In a port's `card` the UARTs count behind the cards. */
bool fabric_add_uart(Fabric *f, Node *node, unsigned uart, unsigned *port, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s.uart%u", node->name, uart);
    const uint8_t mac[MAC_LEN] = {0};

    if (!network_add_port(f->net, name, mac, port, error))
        return false;
    g_ptr_array_add(f->ports, port_new(node, (unsigned)node->options->nics + uart, *port, f->net));
    return true;
}

/* Gives the gateway's port a MAC address that no node has: nodes' addresses begin with
 * 52:54:00:6d (node_options_mac()). */
bool fabric_add_gateway(Fabric *f, const char *name, Gateway *gateway, GError **error)
{
    uint8_t mac[MAC_LEN] = {
        0x52, 0x54, 0x00, 0x67, (uint8_t)(f->ports->len >> 8), (uint8_t)f->ports->len};
    unsigned index;

    if (!network_add_port(f->net, name, mac, &index, error)) {
        gateway_free(gateway);
        return false;
    }
    g_ptr_array_add(f->ports, port_new_gateway(gateway, index, f->net));
    return true;
}

static void each_gateway(const Fabric *f, void (*func)(Gateway *gateway, VTime now), VTime now)
{
    for (unsigned i = 0; f && i < f->ports->len; i++)
        if (fabric_port(f, i)->gateway)
            func(fabric_port(f, i)->gateway, now);
}

void fabric_begin_gateways(const Fabric *f, VTime now)
{
    each_gateway(f, gateway_begin, now);
}

void fabric_cut_gateways(const Fabric *f, VTime now)
{
    each_gateway(f, gateway_cut, now);
}

void fabric_put_back_gateways(const Fabric *f, VTime now)
{
    each_gateway(f, gateway_put_back, now);
}

const char *fabric_forgetful_gateway(const Fabric *f)
{
    for (unsigned i = 0; f && i < f->ports->len; i++) {
        const Port *p = fabric_port(f, i);

        if (p->gateway && gateway_forgets(p->gateway))
            return network_end_name(f->net, (NetEnd){false, i});
    }
    return NULL;
}

const Gateway *fabric_gateway(const Fabric *f, unsigned port)
{
    return fabric_port(f, port)->gateway;
}

bool fabric_is_gateway(const Fabric *f, unsigned port)
{
    return fabric_port(f, port)->mode == PORT_GATEWAY;
}

bool fabric_open_card(Fabric *f, Node *node, unsigned card, unsigned index, VTime now, bool stuck,
                      GError **error)
{
    Port *p = port_new(node, card, index, NULL);

    p->stuck = stuck;
    if (!card_open(p, now, error)) {
        port_free(p);
        return false;
    }
    p->mode = PORT_AHEAD;
    p->number = f->ports->len;
    g_ptr_array_add(f->ports, p);
    return true;
}

bool fabric_uses(const Fabric *f, const Node *node)
{
    for (unsigned i = 0; f && i < f->ports->len; i++)
        if (fabric_port(f, i)->node == node)
            return true;
    return false;
}

bool fabric_can_be_exact(const Fabric *f, unsigned port)
{
    const Node *node = fabric_port(f, port)->node;

    return node && node->icount.enabled && !node->icount.sleep_on;
}

bool fabric_in_flight(const Fabric *f)
{
    for (unsigned i = 0; f && i < f->ports->len; i++)
        if (port_in_flight(fabric_port(f, i)))
            return true;
    return false;
}

/* Warns of a link that can't deliver exactly: an idle node with sleep=on stands past its stops. */
static void warn_of_sleep(const Fabric *f, unsigned link)
{
    NetEnd ends[2];

    network_link_ends(f->net, link, ends);
    for (unsigned i = 0; i < 2; i++) {
        const Port *p = ends[i].is_switch ? NULL : fabric_port(f, ends[i].index);

        if (p && p->node && p->node->icount.sleep_on && network_exact(f->net, p->index))
            log_warn("link %s: delivery=exact needs sleep=off; node %s has sleep=on, so packets "
                     "that find it idle may be late",
                     network_link_name(f->net, link), p->node->name);
    }
}

static void announce_way(const Fabric *f, unsigned link, VTime asked, VTime real)
{
    g_autofree char *a = units_format_duration(asked), *r = units_format_duration(real);

    log_warn("link %s: its latency of %s is raised to the quantum, %s: %s",
             network_link_name(f->net, link), a, r,
             f->quantum.ns > NS_PER_US ? "a shorter quantum allows less"
                                       : "there is no shorter one");
}

static void announce(Fabric *f, bool follows, VTime now)
{
    for (; f->announced < network_n_links(f->net); f->announced++) {
        if (network_link_removed(f->net, f->announced))
            continue;
        warn_of_sleep(f, f->announced);
        for (unsigned i = 0; i < 2; i++) {
            const LinkWay *way = network_link_way(f->net, f->announced, i);
            VTime asked = link_asked_latency(&way->params),
                  real = network_latency(f->net, f->announced, i);

            if (real.ns == asked.ns || (follows && !link_way_is_up(way, now)))
                continue;
            announce_way(f, f->announced, asked, real);
            break;
        }
    }
}

static bool open_port(Port *p, VTime now, GError **error)
{
    Remote *remote = p->node->remote;

    if (p->mode != PORT_CLOSED || !node_is_live(p->node))
        return true;
    if (!(remote ? remote->ops->open_card(remote, p, now, error) : card_open(p, now, error)))
        return false;
    p->mode = remote ? PORT_REMOTE : PORT_DIRECT;
    return true;
}

/* Takes back the frames that were put for the next boundary: they may not be due by a nearer
 * one. */
static void recall_frames(const Fabric *f)
{
    for (unsigned i = 0; i < f->ports->len; i++)
        if (fabric_port(f, i)->nic)
            nic_recall(fabric_port(f, i)->nic);
}

bool fabric_retime(Fabric *f, VTime quantum, VTime now, GError **error)
{
    if (quantum.ns != f->quantum.ns) {
        recall_frames(f);
        if (f->net && !network_set_quantum(f->net, quantum, now, error))
            return false;
        f->quantum = quantum;
        f->announced = 0;
    }
    for (unsigned i = 0; f->net && i < f->ports->len; i++) {
        Port *p = fabric_port(f, i);

        if (p->nic)
            card_set_exact(p, network_exact(f->net, p->index));
        else if (p->mode == PORT_REMOTE)
            p->exact = network_exact(f->net, p->index);
    }
    return true;
}

/* Counts frames that a host has taken and that the network here does not have for it, and warns of
 * the first ones: the report of the guest's packets is then not what the guest saw. */
static void count_unknown(Fabric *f, const Port *p, unsigned unknown)
{
    if (unknown > 0 && f->mismatches == 0)
        log_warn("node %s: its host took in a frame that is unknown here: packets were not moved "
                 "alike",
                 p->node->name);
    f->mismatches += unknown;
}

static bool some_are_ahead(const Fabric *f)
{
    for (unsigned i = 0; i < f->ports->len; i++)
        if (port_runs_ahead(fabric_port(f, i)))
            return true;
    return false;
}

/* Frames and tables of islands are in the network alone again. So the replica can be a copy of all
 * of it next time, and what was outside of the islands so far need not be. */
static void forget_islands(Fabric *f)
{
    g_clear_pointer(&f->replica, network_free);
    islands_free(f->islands);
    f->islands = islands_new();
    f->n_ops = 0;
}

void fabric_close_cards(Fabric *f, const Node *node)
{
    for (unsigned i = 0; i < f->ports->len; i++) {
        Port *p = fabric_port(f, i);

        if (p->node != node || p->mode == PORT_CLOSED)
            continue;
        if (p->nic)
            card_close(p, node_ensemble_time(node));
        if (f->net)
            count_unknown(f, p, port_close(p, f->filled));
    }
    if (f->net && !some_are_ahead(f))
        forget_islands(f);
}

bool fabric_prepare(Fabric *f, VTime quantum, bool follows, VTime now, GError **error)
{
    for (unsigned i = 0; i < f->ports->len; i++)
        if (fabric_port(f, i)->node && !open_port(fabric_port(f, i), now, error))
            return false;
    if (!fabric_retime(f, quantum, now, error))
        return false;
    announce(f, follows, now);
    return true;
}

void fabric_catch_up(Fabric *f, VTime now)
{
    if (some_are_ahead(f))
        return;
    for (unsigned i = 0; i < f->ports->len; i++)
        if (fabric_port(f, i)->nic)
            card_collect(fabric_port(f, i), now);
    network_advance(f->net, now);
    f->caught_up = now;
}

bool fabric_is_up_to_date(const Fabric *f, VTime now)
{
    return f->moved.ns == now.ns || f->caught_up.ns == now.ns;
}

/* --- at barriers --- */

void fabric_reach(Fabric *f, VTime now)
{
    f->reached = now;
    for (unsigned i = 0; i < f->ports->len; i++)
        if (fabric_port(f, i)->nic)
            card_reach(fabric_port(f, i), now);
}

/* The replica moves on here and not before. If a node of another host has hit a point, all nodes
 * and the network stand at the barrier before the one that this host's cards have reached. */
void fabric_fill(Fabric *f, VTime now, VTime until)
{
    if (now.ns == f->reached.ns)
        fabric_move_replica(f, now);
    f->filled = vtime(MAX(f->filled.ns, until.ns));
    for (unsigned i = 0; i < f->ports->len; i++)
        if (fabric_port(f, i)->nic)
            card_fill(fabric_port(f, i), now, until, f->quantum);
}

static void advance_port(Fabric *f, Port *p, VTime now)
{
    switch (p->mode) {
    case PORT_CLOSED:
        if (!node_is_live(p->node) && p->node->state != NODE_ADDED)
            port_refuse_closed(p, now);
        return;
    case PORT_DIRECT:
        return;
    case PORT_GATEWAY:
        port_pass(p, now);
        return;
    case PORT_AHEAD:
    case PORT_REMOTE:
        if (port_is_island(p))
            port_hand_over(p, now);
        count_unknown(f, p, port_apply_reports(p, now));
        if (p->node->remote && p->node->remote->no_live_nodes)
            port_refuse(p, now);
        return;
    }
}

void fabric_advance(Fabric *f, VTime now)
{
    bool alone = f->reached.ns < now.ns; /* no node of this host takes part any more */

    if (alone)
        fabric_reach(f, now);
    for (unsigned i = 0; i < f->ports->len; i++)
        advance_port(f, fabric_port(f, i), now);
    network_advance(f->net, now);
    f->moved = now;
    f->filled = vtime_add(now, f->quantum);
    if (alone)
        fabric_fill(f, now, f->filled);
}

void fabric_grant(Fabric *f, VTime until)
{
    for (unsigned i = 0; i < f->ports->len; i++) {
        Port *p = fabric_port(f, i);

        if (port_runs_ahead(p) && !port_is_island(p))
            port_hand_over(p, until);
    }
}

/* --- islands --- */

void fabric_move_replica(Fabric *f, VTime moved)
{
    if (f->replica)
        network_advance(f->replica, moved);
}

bool fabric_copy(Fabric *f, Reader *r)
{
    if (!f->replica)
        f->replica = network_new(1, vtime(NS_PER_US));
    if (!network_load(f->replica, r, NULL))
        return false;
    f->repeated = network_n_ops(f->replica);
    return true;
}

bool fabric_repeat(Fabric *f, const NetOp *op)
{
    f->repeated++;
    return f->replica && network_repeat(f->replica, op, NULL);
}

void fabric_drop_unclaimed(Fabric *f, VTime moved)
{
    unsigned n = f->replica ? network_n_ports(f->replica) : 0;
    g_autofree bool *claimed = g_new0(bool, n + 1);

    for (unsigned i = 0; i < f->ports->len; i++) {
        const Port *p = fabric_port(f, i);

        if (p->mode == PORT_AHEAD && p->replica && p->index < n)
            claimed[p->index] = true;
    }
    for (unsigned i = 0; i < n; i++)
        while (!claimed[i] && network_next(f->replica, i, moved))
            network_refused(f->replica, network_pop(f->replica, i), moved);
}

bool fabric_set_own(Fabric *f, unsigned number, bool exact, VTime own)
{
    Port *p = fabric_port(f, number);

    if (own.ns > INT64_MIN && (!f->replica || p->index >= network_n_ports(f->replica)))
        return false;
    card_set_exact(p, exact);
    p->own = own;
    p->replica = f->replica;
    return true;
}

static bool all_hosts_needed(const Fabric *f)
{
    for (unsigned i = 0; i < f->nodes->len; i++)
        if (((const Node *)f->nodes->pdata[i])->remote)
            return true;
    return false;
}

static void find_islands(Fabric *f)
{
    g_autofree const void **places = g_new0(const void *, f->ports->len);
    bool several = all_hosts_needed(f);

    for (unsigned i = 0; i < f->ports->len; i++) {
        const Port *p = fabric_port(f, i);

        if (!p->node || !several)
            places[i] = NOWHERE;
        else
            places[i] = p->node->remote ? (const void *)p->node->remote : f;
    }
    islands_find(f->islands, f->net, places);
    f->n_ops = network_n_ops(f->net);
}

/* Sets which frames of the port come from the replica. A card becomes part of an island before
 * it has sent anything, so a card of this host can then go ahead. A port whose island has become
 * none still gets from the replica the frames of the quantum that is not over: the card has them
 * already or may have them. */
static void set_own(Fabric *f, Port *p)
{
    bool island = islands_has(f->islands, (NetEnd){false, p->index});

    if (island && p->mode == PORT_DIRECT)
        p->mode = PORT_AHEAD;
    if (!port_runs_ahead(p))
        return;
    if (island) {
        p->own = vtime(INT64_MAX);
    } else if (port_is_island(p)) {
        port_hand_over(p, f->filled);
        p->own = f->filled;
    }
}

/* Brings the replica of this host up to date. It begins as a copy. The topology's changes since the
 * last time were made where the network stood. */
static void repeat_here(Fabric *f)
{
    bool repeated = true;

    if (!f->replica) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        Reader r;

        network_save(f->net, bytes);
        r = reader_of(bytes);
        repeated = fabric_copy(f, &r);
    }
    fabric_move_replica(f, f->moved);
    while (repeated && f->repeated < network_n_ops(f->net))
        repeated = fabric_repeat(f, network_op(f->net, f->repeated));
    g_assert(repeated);
}

VTime fabric_begin(Fabric *f)
{
    bool here = false;

    if (f->n_ops != network_n_ops(f->net))
        find_islands(f);
    for (unsigned i = 0; i < f->ports->len; i++) {
        Port *p = fabric_port(f, i);
        bool was_island = port_is_island(p);

        set_own(f, p);
        here = here || p->mode == PORT_AHEAD;
        /* An error means that the host is lost; the segment will report the loss. */
        if (p->mode == PORT_REMOTE && (was_island || port_is_island(p)))
            p->node->remote->ops->follow(p->node->remote, f->net, f->moved, NULL);
    }
    if (here)
        repeat_here(f);
    for (unsigned i = 0; here && i < f->ports->len; i++)
        if (fabric_port(f, i)->mode == PORT_AHEAD)
            fabric_port(f, i)->replica = f->replica;
    fabric_drop_unclaimed(f, f->moved);
    return islands_lookahead(f->islands, f->net);
}

/* --- for saves --- */

void fabric_collect(Fabric *f)
{
    for (unsigned i = 0; i < f->ports->len; i++)
        if (fabric_port(f, i)->nic)
            card_collect(fabric_port(f, i), node_ensemble_time(fabric_port(f, i)->node));
}

/* NULL is written as "". What a closed gateway would be is not known. */
static void put_gateway(const Port *p, GByteArray *out)
{
    static const GatewayOptions none = {NULL, NULL, NULL};
    const GatewayOptions *o = p->gateway ? gateway_options(p->gateway) : &none;

    put_text(out, o->unix_path);
    put_text(out, o->peer);
    put_text(out, o->tap);
}

static void put_port(const Fabric *f, const Port *p, GByteArray *out)
{
    guint node = 0;

    put_u8(out, p->node == NULL);
    if (!p->node) {
        put_gateway(p, out);
        return;
    }
    g_ptr_array_find((GPtrArray *)f->nodes, p->node, &node);
    put_u32(out, node);
    put_u32(out, p->card);
    port_save(p, out);
}

void fabric_save(const Fabric *f, GByteArray *out)
{
    trace_save(f->trace, out);
    network_save(f->net, out);
    put_i64(out, f->quantum.ns);
    put_u32(out, f->announced);
    put_i64(out, f->caught_up.ns);
    put_i64(out, f->moved.ns);
    put_i64(out, f->reached.ns);
    put_i64(out, f->filled.ns);
    put_u32(out, f->ports->len);
    for (unsigned i = 0; i < f->ports->len; i++)
        put_port(f, fabric_port(f, i), out);
}

/* Adds to `net` the link, as it is at `now`; a removed one too, since numbers count. */
static void repeat_link(const Network *from, unsigned link, VTime now, Network *net)
{
    LinkParams params[2] = {network_link_way(from, link, 0)->params,
                            network_link_way(from, link, 1)->params};
    NetEnd ends[2];
    unsigned index;

    network_link_ends(from, link, ends);
    network_add_link(net, ends[0], ends[1], params, &index, NULL);
    for (unsigned d = 0; d < 2; d++)
        if (!link_way_is_up(network_link_way(from, link, d), now))
            network_schedule_link(net, index, d, vtime(0), false);
    if (network_link_removed(from, link))
        network_remove_link(net, index);
}

/* A network without a past, of the same parts. */
static Network *repeat_network(const Fabric *f, VTime now)
{
    Network *net = network_new(network_seed(f->net), f->quantum);
    unsigned index;

    for (unsigned i = 0; i < network_n_ports(f->net); i++)
        network_add_port(net, network_end_name(f->net, (NetEnd){false, i}),
                         network_port_mac(f->net, i), &index, NULL);
    for (unsigned i = 0; i < network_n_switches(f->net); i++)
        network_add_switch(net, network_end_name(f->net, (NetEnd){true, i}), &index, NULL);
    for (unsigned i = 0; i < network_n_links(f->net); i++)
        repeat_link(f->net, i, now, net);
    return net;
}

static void restart_port(Port *p)
{
    p->aim = p->reached = vtime(0);
    p->stuck = false;
}

void fabric_restart(Fabric *f, VTime now)
{
    g_autoptr(Network) fresh = repeat_network(f, now);
    g_autoptr(Trace) trace = trace_new(TRACE_DEFAULT_CAP);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Reader r;

    network_set_trace(fresh, trace);
    trace_save(trace, bytes);
    network_save(fresh, bytes);
    r = reader_of(bytes);
    if (!trace_load(f->trace, &r, NULL) || !network_load(f->net, &r, NULL))
        g_assert_not_reached();
    for (unsigned i = 0; i < f->ports->len; i++)
        restart_port(fabric_port(f, i));
    f->caught_up = f->moved = f->reached = f->filled = vtime(0);
    forget_islands(f);
}

static bool same_gateway(const Gateway *g, const GatewayOptions *o)
{
    const GatewayOptions *have = gateway_options(g);

    return g_strcmp0(have->unix_path, o->unix_path) == 0 && g_strcmp0(have->peer, o->peer) == 0 &&
           g_strcmp0(have->tap, o->tap) == 0;
}

/* A gateway of the session that is open already, or a new one. */
static Gateway *find_gateway(GPtrArray *before, const char *name, const GatewayOptions *o,
                             GError **error)
{
    for (unsigned i = 0; i < before->len; i++) {
        Port *p = before->pdata[i];

        if (p->gateway && same_gateway(p->gateway, o))
            return g_steal_pointer(&p->gateway);
    }
    return gateway_new(name, o, error);
}

static Port *get_gateway(const Fabric *f, GPtrArray *before, unsigned index, Reader *r,
                         GError **error)
{
    const char *name = network_end_name(f->net, (NetEnd){false, index});
    g_autofree char *path = get_text(r), *peer = get_text(r), *tap = get_text(r);
    const GatewayOptions o = {*path ? path : NULL, *peer ? peer : NULL, *tap ? tap : NULL};
    Gateway *gateway = r->bad || f->closed ? NULL : find_gateway(before, name, &o, error);

    return gateway || (f->closed && !r->bad) ? port_new_gateway(gateway, index, f->net) : NULL;
}

static bool has_card(const Node *node, uint32_t card)
{
    return card < node->options->nics + node->options->uarts;
}

static Port *get_card(const Fabric *f, const GPtrArray *nodes, unsigned index, Reader *r)
{
    uint32_t node = get_u32(r), card = get_u32(r);
    Port *p;

    if (node >= nodes->len || !has_card(nodes->pdata[node], card) ||
        network_port_is_uart(f->net, index) !=
            (card >= ((const Node *)nodes->pdata[node])->options->nics))
        r->bad = true;
    if (r->bad)
        return NULL;
    p = port_new(nodes->pdata[node], card, index, f->net);
    port_load(p, r);
    return p;
}

bool fabric_load(Fabric *f, const GPtrArray *nodes, Reader *r, GError **error)
{
    g_autoptr(GPtrArray) before = NULL;
    uint32_t n;

    if (!trace_load(f->trace, r, error) || !network_load(f->net, r, error))
        return false;
    network_set_trace(f->net, f->trace);
    before = f->ports;
    f->ports = g_ptr_array_new_with_free_func(port_free);
    f->quantum = get_time(r);
    f->announced = get_u32(r);
    f->caught_up = get_time(r);
    f->moved = get_time(r);
    f->reached = get_time(r);
    f->filled = get_time(r);
    forget_islands(f);
    n = get_count(r, 1);
    for (uint32_t i = 0; i < n && !r->bad; i++) {
        Port *p = get_flag(r) ? get_gateway(f, before, i, r, error) : get_card(f, nodes, i, r);

        if (!p && !r->bad)
            return false;
        if (p)
            g_ptr_array_add(f->ports, p);
    }
    return true;
}

void fabric_clear(Fabric *f, VTime quantum)
{
    Fabric *none = fabric_new(f->nodes, quantum);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Reader r;

    fabric_save(none, bytes);
    fabric_free(none);
    r = reader_of(bytes);
    if (!fabric_load(f, f->nodes, &r, NULL))
        g_assert_not_reached();
}

/* --- figures --- */

static void add_stats(NetPortStats *sum, const NetPortStats *s)
{
    sum->sent += s->sent;
    sum->received += s->received;
    sum->late += s->late;
    sum->carried += s->carried;
    sum->refused += s->refused;
    sum->copies += s->copies;
    sum->arrived += s->arrived;
    sum->dropped += s->dropped;
    sum->filtered += s->filtered;
    sum->malformed += s->malformed;
}

NetPortStats fabric_node_stats(const Fabric *f, const Node *node)
{
    NetPortStats sum = {0};

    for (unsigned i = 0; f && i < f->ports->len; i++)
        if (fabric_port(f, i)->node == node)
            add_stats(&sum, network_port_stats(f->net, i));
    return sum;
}

NetPortStats fabric_total_stats(const Fabric *f)
{
    NetPortStats sum = {0};

    for (unsigned i = 0; f && i < f->ports->len; i++)
        add_stats(&sum, network_port_stats(f->net, i));
    return sum;
}

char *fabric_node_digest(const Fabric *f, const Node *node)
{
    return trace_node_sha256(f->trace, trace_node(f->trace, node->name));
}

uint64_t fabric_late(const Fabric *f)
{
    return f ? f->mismatches + fabric_total_stats(f).late : 0;
}
