/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network.c: the topology: ports, switches and links by name and index, and the record of all
 * changes.
 */
#include "controller/network/network.h"

#include "controller/network/network-private.h"

#include <string.h>

G_DEFINE_QUARK(metronome_network_error_quark, network_error)

static void free_port(void *p)
{
    NetPort *port = p;

    heap_clear(&port->due);
    g_free(port);
}

static void free_switch(void *p)
{
    Switch *sw = p;

    g_array_unref(sw->exits);
    switch_table_free(sw->table);
    g_free(sw);
}

static void free_link(void *p)
{
    Link *link = p;

    link_way_clear(&link->ways[0]);
    link_way_clear(&link->ways[1]);
    g_free(link);
}

static void record(const Network *net, NetOp op)
{
    g_array_append_val(net->ops, op);
}

Network *network_new(uint64_t seed, VTime quantum)
{
    Network *net = g_new0(Network, 1);

    net->seed = seed;
    net->quantum = quantum;
    net->ops = g_array_new(FALSE, FALSE, sizeof(NetOp));
    record(net, (NetOp){.kind = NET_OP_SEED, .seed = seed});
    record(net, (NetOp){.kind = NET_OP_QUANTUM, .quantum = quantum});
    net->ports = g_ptr_array_new_with_free_func(free_port);
    net->switches = g_ptr_array_new_with_free_func(free_switch);
    net->links = g_ptr_array_new_with_free_func(free_link);
    net->ends = g_hash_table_new(g_str_hash, g_str_equal);
    net->observers = g_array_new(FALSE, FALSE, sizeof(Observer));
    net->pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return net;
}

void network_free(Network *net)
{
    if (!net)
        return;
    flow_clear(net);
    g_ptr_array_unref(net->ports);
    g_ptr_array_unref(net->switches);
    g_ptr_array_unref(net->links);
    g_hash_table_unref(net->ends);
    g_hash_table_unref(net->pairs);
    g_array_unref(net->ops);
    g_array_unref(net->observers);
    g_free(net);
}

uint64_t network_seed(const Network *net)
{
    return net->seed;
}

void network_set_seed(Network *net, uint64_t seed)
{
    net->seed = seed;
    record(net, (NetOp){.kind = NET_OP_SEED, .seed = seed});
    for (unsigned i = 0; i < net->links->len; i++)
        for (unsigned d = 0; d < 2; d++)
            prng_seed(&link_at(net, i)->ways[d].prng, seed, link_at(net, i)->name, d);
}

/* Returns the last barrier at or before `now`. */
static VTime last_barrier(const Network *net, VTime now)
{
    VTime multiple = vtime(now.ns - now.ns % net->quantum.ns);

    return multiple.ns > net->changed.ns ? multiple : net->last;
}

bool network_set_quantum(Network *net, VTime quantum, VTime at, GError **error)
{
    if (quantum.ns <= 0) {
        g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_QUANTUM,
                    "the network's quantum can't be '%" G_GINT64_FORMAT "ns': it is above 0",
                    quantum.ns);
        return false;
    }
    net->last = last_barrier(net, at);
    net->changed = at;
    net->quantum = quantum;
    record(net, (NetOp){.kind = NET_OP_QUANTUM, .quantum = quantum, .at = at});
    return true;
}

/* Number of an end, above 0. */
static unsigned number_of(NetEnd end)
{
    return end.index * 2 + end.is_switch + 1;
}

static bool lookup(const Network *net, const char *name, NetEnd *end)
{
    unsigned number = GPOINTER_TO_UINT(g_hash_table_lookup(net->ends, name));

    if (number > 0)
        *end = (NetEnd){(number - 1) % 2, (number - 1) / 2};
    return number > 0;
}

static void remember(Network *net, const char *name, NetEnd end)
{
    g_hash_table_insert(net->ends, (char *)name, GUINT_TO_POINTER(number_of(end)));
}

bool network_find(const Network *net, const char *name, NetEnd *end, GError **error)
{
    if (lookup(net, name, end))
        return true;
    g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_NAME,
                "there is no network port or switch '%s': add a node with a NIC or a switch of "
                "this name first",
                name);
    return false;
}

static bool name_is_free(const Network *net, const char *name, GError **error)
{
    NetEnd end;

    if (!lookup(net, name, &end))
        return true;
    g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_NAME,
                "'%s' is the name of a %s already: choose another", name,
                end.is_switch ? "switch" : "network port");
    return false;
}

bool network_add_port(Network *net, const char *name, const uint8_t mac[MAC_LEN], unsigned *index,
                      GError **error)
{
    g_autofree char *node = g_strndup(name, strcspn(name, "."));
    NetOp op = {.kind = NET_OP_PORT};
    NetPort *port;

    if (!name_is_free(net, name, error))
        return false;
    port = g_new0(NetPort, 1);
    port->name = g_intern_string(name);
    port->node = g_intern_string(node);
    port->uart = strstr(name, ".uart") != NULL; /* a card is NODE or NODE.N */
    port->link = NO_LINK;
    port->last_sent = vtime(INT64_MIN);
    memcpy(port->mac, mac, MAC_LEN);
    if (net->trace)
        port->trace_node = trace_node(net->trace, port->node);
    *index = net->ports->len;
    g_ptr_array_add(net->ports, port);
    remember(net, port->name, (NetEnd){false, *index});
    op.name = port->name;
    memcpy(op.mac, mac, MAC_LEN);
    record(net, op);
    return true;
}

bool network_add_switch(Network *net, const char *name, unsigned *index, GError **error)
{
    Switch *sw;

    if (!name_is_free(net, name, error))
        return false;
    sw = g_new0(Switch, 1);
    sw->name = g_intern_string(name);
    sw->exits = g_array_new(FALSE, FALSE, sizeof(Exit));
    sw->table = switch_table_new();
    *index = net->switches->len;
    g_ptr_array_add(net->switches, sw);
    remember(net, sw->name, (NetEnd){true, *index});
    record(net, (NetOp){.kind = NET_OP_SWITCH, .name = sw->name});
    return true;
}

bool network_port_is_uart(const Network *net, unsigned port)
{
    return port_at(net, port)->uart;
}

static bool is_uart(const Network *net, NetEnd end)
{
    return !end.is_switch && network_port_is_uart(net, end.index);
}

const char *network_end_name(const Network *net, NetEnd end)
{
    return end.is_switch ? switch_at(net, end.index)->name : port_at(net, end.index)->name;
}

static bool same_end(NetEnd a, NetEnd b)
{
    return a.is_switch == b.is_switch && a.index == b.index;
}

/* Number of links so far from a to b, including the link under construction. */
static unsigned count_link(Network *net, NetEnd a, NetEnd b)
{
    gint64 key = ((gint64)number_of(a) << 32) | number_of(b);
    unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(net->pairs, &key)) + 1;

    g_hash_table_insert(net->pairs, g_memdup2(&key, sizeof(key)), GUINT_TO_POINTER(n));
    return n;
}

/* Returns "A-B" or "A-B#2". The name is part of the seed of the link's random numbers, so these
 * never depend on other links. */
static const char *link_name(Network *net, NetEnd a, NetEnd b)
{
    unsigned number = count_link(net, a, b);
    g_autofree char *name =
        g_strdup_printf("%s-%s", network_end_name(net, a), network_end_name(net, b));

    if (number > 1) {
        g_autofree char *numbered = g_strdup_printf("%s#%u", name, number);

        return g_intern_string(numbered);
    }
    return g_intern_string(name);
}

/* A UART has a serial line to another UART, and Ethernet has none of them. */
static bool check_kinds(const Network *net, const NetEnd ends[2], const LinkParams params[2],
                        GError **error)
{
    bool first = is_uart(net, ends[0]), second = is_uart(net, ends[1]);

    if (first == second && (params[0].byte_bits > 0) == first && (params[1].byte_bits > 0) == first)
        return true;
    g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_LINKED,
                "'%s' is %s, and '%s' is %s: a UART is joined with another UART",
                network_end_name(net, ends[0]), first ? "a UART" : "none",
                network_end_name(net, ends[1]), second ? "a UART" : "none");
    return false;
}

static bool check_ends(const Network *net, const NetEnd ends[2], GError **error)
{
    if (same_end(ends[0], ends[1])) {
        g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_LINKED,
                    "a link from '%s' to itself: name two different ends",
                    network_end_name(net, ends[0]));
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        const NetPort *port = ends[i].is_switch ? NULL : port_at(net, ends[i].index);

        if (port && port->link != NO_LINK) {
            g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_LINKED,
                        port->uart ? "UART '%s' has link '%s' already"
                                   : "port '%s' has link '%s' already: link it to a switch to "
                                     "reach several",
                        port->name, link_at(net, port->link)->name);
            return false;
        }
    }
    return true;
}

bool network_add_link(Network *net, NetEnd a, NetEnd b, const LinkParams params[2], unsigned *index,
                      GError **error)
{
    NetEnd ends[2] = {a, b};
    unsigned n = net->links->len;
    Link *link;

    if (!check_ends(net, ends, error) || !check_kinds(net, ends, params, error))
        return false;
    link = g_new0(Link, 1);
    link->name = link_name(net, a, b);
    for (unsigned i = 0; i < 2; i++) {
        Exit exit = {n, i};

        link->ends[i] = ends[i];
        link_way_init(&link->ways[i], &params[i], net->seed, link->name, i);
        if (ends[i].is_switch) {
            g_array_append_val(switch_at(net, ends[i].index)->exits, exit);
        } else {
            port_at(net, ends[i].index)->link = n;
            port_at(net, ends[i].index)->direction = i;
        }
    }
    *index = n;
    g_ptr_array_add(net->links, link);
    record(net, (NetOp){.kind = NET_OP_LINK, .ends = {a, b}, .params = {params[0], params[1]}});
    return true;
}

/* Reports whether the link is between the two ends. */
static bool joins(const Network *net, unsigned index, NetEnd a, NetEnd b, bool *reversed)
{
    const NetEnd *ends = link_at(net, index)->ends;
    bool forward = same_end(ends[0], a) && same_end(ends[1], b);

    *reversed = !forward;
    return forward || (same_end(ends[0], b) && same_end(ends[1], a));
}

bool network_find_link(const Network *net, NetEnd a, NetEnd b, unsigned *index, bool *reversed,
                       GError **error)
{
    const GArray *exits = a.is_switch ? switch_at(net, a.index)->exits : NULL;

    for (unsigned i = 0; i < (exits ? exits->len : 1); i++) {
        *index = exits ? g_array_index(exits, Exit, i).link : port_at(net, a.index)->link;
        if (*index != NO_LINK && joins(net, *index, a, b, reversed))
            return true;
    }
    g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_NAME, "there is no link between '%s' and '%s'",
                network_end_name(net, a), network_end_name(net, b));
    return false;
}

static void unlink_switch(Switch *sw, unsigned link)
{
    for (unsigned i = sw->exits->len; i-- > 0;)
        if (g_array_index(sw->exits, Exit, i).link == link)
            g_array_remove_index(sw->exits, i);
}

void network_remove_link(Network *net, unsigned index)
{
    Link *link = link_at(net, index);

    link->removed = true;
    record(net, (NetOp){.kind = NET_OP_REMOVE, .link = index});
    for (unsigned i = 0; i < 2; i++) {
        NetEnd end = link->ends[i];

        if (end.is_switch)
            unlink_switch(switch_at(net, end.index), index);
        else
            port_at(net, end.index)->link = NO_LINK;
    }
}

bool network_link_removed(const Network *net, unsigned link)
{
    return link_at(net, link)->removed;
}

void network_set_link(Network *net, unsigned link, const LinkParams params[2])
{
    for (unsigned i = 0; i < 2; i++)
        link_way_set(&link_at(net, link)->ways[i], &params[i]);
    record(net, (NetOp){.kind = NET_OP_SET, .link = link, .params = {params[0], params[1]}});
}

void network_schedule_link(Network *net, unsigned link, unsigned direction, VTime at, bool up)
{
    link_way_schedule(&link_at(net, link)->ways[direction], at, up);
    record(
        net,
        (NetOp){.kind = NET_OP_SCHEDULE, .link = link, .direction = direction, .at = at, .up = up});
}

unsigned network_n_ports(const Network *net)
{
    return net->ports->len;
}

unsigned network_n_switches(const Network *net)
{
    return net->switches->len;
}

unsigned network_n_links(const Network *net)
{
    return net->links->len;
}

const char *network_port_node(const Network *net, unsigned port)
{
    return port_at(net, port)->node;
}

const uint8_t *network_port_mac(const Network *net, unsigned port)
{
    return port_at(net, port)->mac;
}

const char *network_link_name(const Network *net, unsigned link)
{
    return link_at(net, link)->name;
}

void network_link_ends(const Network *net, unsigned link, NetEnd ends[2])
{
    memcpy(ends, link_at(net, link)->ends, 2 * sizeof(*ends));
}

const LinkWay *network_link_way(const Network *net, unsigned link, unsigned direction)
{
    return &link_at(net, link)->ways[direction];
}

const NetPortStats *network_port_stats(const Network *net, unsigned port)
{
    return &port_at(net, port)->stats;
}

const NetSwitchStats *network_switch_stats(const Network *net, unsigned index)
{
    return &switch_at(net, index)->stats;
}

VTime network_latency(const Network *net, unsigned link, unsigned direction)
{
    return link_latency(&link_at(net, link)->ways[direction].params, net->quantum);
}

VTime network_lookahead(const Network *net)
{
    int64_t least = INT64_MAX;

    for (unsigned i = 0; i < net->links->len; i++)
        for (unsigned d = 0; d < 2 && !link_at(net, i)->removed; d++)
            least = MIN(least, network_latency(net, i, d).ns);
    return vtime(least);
}

void network_set_trace(Network *net, Trace *trace)
{
    net->trace = trace;
    for (unsigned i = 0; trace && i < net->ports->len; i++)
        port_at(net, i)->trace_node = trace_node(trace, port_at(net, i)->node);
}

void network_observe(Network *net, NetObserver func, void *data)
{
    Observer o = {func, data};

    g_array_append_val(net->observers, o);
}

void network_unobserve(Network *net, const void *data)
{
    for (unsigned i = net->observers->len; i-- > 0;)
        if (g_array_index(net->observers, Observer, i).data == data)
            g_array_remove_index(net->observers, i);
}

unsigned network_n_ops(const Network *net)
{
    return net->ops->len;
}

const NetOp *network_op(const Network *net, unsigned index)
{
    return &g_array_index(net->ops, NetOp, index);
}
