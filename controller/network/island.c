/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * island.c: finds the connected parts of the network by union and find.
 */
#include "controller/network/island.h"

/* A port or a switch. */
typedef struct {
    unsigned parent; /* index in `all`; the own index: a root */
    const void *place;
    bool outside; /* outside of the islands; never becomes false again */
} Spot;

struct Islands {
    GArray *spots[2]; /* Spot: of ports, of switches */
    GArray *all;      /* Spot: ports, then switches; used by islands_find() */
};

Islands *islands_new(void)
{
    Islands *s = g_new0(Islands, 1);

    s->spots[false] = g_array_new(FALSE, TRUE, sizeof(Spot));
    s->spots[true] = g_array_new(FALSE, TRUE, sizeof(Spot));
    s->all = g_array_new(FALSE, TRUE, sizeof(Spot));
    return s;
}

void islands_free(Islands *s)
{
    if (!s)
        return;
    g_array_unref(s->spots[false]);
    g_array_unref(s->spots[true]);
    g_array_unref(s->all);
    g_free(s);
}

static Spot *spot(const Islands *s, unsigned i)
{
    return &g_array_index(s->all, Spot, i);
}

static unsigned root_of(const Islands *s, unsigned i)
{
    while (spot(s, i)->parent != i)
        i = spot(s, i)->parent = spot(s, spot(s, i)->parent)->parent;
    return i;
}

/* Joins two parts. A property of one part then holds for both. */
static void join(const Islands *s, unsigned a, unsigned b)
{
    unsigned one = root_of(s, a), two = root_of(s, b);
    Spot *to = spot(s, one);
    const Spot *from = spot(s, two);

    if (one == two)
        return;
    to->outside =
        to->outside || from->outside || (to->place && from->place && to->place != from->place);
    if (!to->place)
        to->place = from->place;
    spot(s, two)->parent = one;
}

static void gather(Islands *s, const Network *net, const void *const *places)
{
    unsigned ports = network_n_ports(net), n = ports + network_n_switches(net);

    g_array_set_size(s->spots[false], ports);
    g_array_set_size(s->spots[true], network_n_switches(net));
    g_array_set_size(s->all, 0);
    for (unsigned i = 0; i < n; i++) {
        bool is_switch = i >= ports;
        const Spot *old = &g_array_index(s->spots[is_switch], Spot, is_switch ? i - ports : i);
        Spot new = {i, is_switch ? NULL : places[i], old->outside};

        if (!is_switch && places[i] == NOWHERE)
            new.outside = true;
        g_array_append_val(s->all, new);
    }
}

void islands_find(Islands *s, const Network *net, const void *const *places)
{
    unsigned ports = network_n_ports(net);

    gather(s, net, places);
    for (unsigned i = 0; i < network_n_links(net); i++) {
        NetEnd ends[2];
        unsigned at[2];

        if (network_link_removed(net, i))
            continue;
        network_link_ends(net, i, ends);
        for (unsigned j = 0; j < 2; j++)
            at[j] = ends[j].is_switch ? ports + ends[j].index : ends[j].index;
        join(s, at[0], at[1]);
    }
    for (unsigned i = 0; i < s->all->len; i++) {
        bool is_switch = i >= ports;

        g_array_index(s->spots[is_switch], Spot, is_switch ? i - ports : i).outside =
            spot(s, root_of(s, i))->outside;
    }
}

bool islands_has(const Islands *s, NetEnd end)
{
    const GArray *spots = s->spots[end.is_switch];

    return end.index < spots->len && !g_array_index(spots, Spot, end.index).outside;
}

VTime islands_lookahead(const Islands *s, const Network *net)
{
    int64_t least = INT64_MAX;

    for (unsigned i = 0; i < network_n_links(net); i++) {
        NetEnd ends[2];

        network_link_ends(net, i, ends);
        if (network_link_removed(net, i) || islands_has(s, ends[0]))
            continue;
        for (unsigned d = 0; d < 2; d++)
            least = MIN(least, network_latency(net, i, d).ns);
    }
    return vtime(least);
}
