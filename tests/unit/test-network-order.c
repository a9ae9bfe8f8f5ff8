/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-network-order.c: switches, and that what happens in a whole network depends on virtual times
 * and seeds alone.
 */
#include "controller/network/network.h"

#include <string.h>

#define Q       1000 /* ns, the quantum */
#define PORTS   6
#define QUANTA  300
#define PLANNED 4000

static const LinkParams plain = {.latency = {1000}};

static void mac_of(unsigned port, uint8_t mac[MAC_LEN])
{
    memcpy(mac, (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)port}, MAC_LEN);
}

static NetEnd end(const Network *net, const char *name)
{
    NetEnd e;

    g_assert_true(network_find(net, name, &e, NULL));
    return e;
}

static unsigned link_both(Network *net, const char *a, const char *b, const LinkParams *params)
{
    LinkParams both[2] = {*params, *params};
    unsigned index;

    g_assert_true(network_add_link(net, end(net, a), end(net, b), both, &index, NULL));
    return index;
}

static void add_port(Network *net, const char *name)
{
    uint8_t mac[MAC_LEN];
    unsigned index;

    mac_of(network_n_ports(net), mac);
    g_assert_true(network_add_port(net, name, mac, &index, NULL));
}

static void add_switch(Network *net, const char *name)
{
    unsigned index;

    g_assert_true(network_add_switch(net, name, &index, NULL));
}

#define BROADCAST 255

static void send_to(Network *net, unsigned from, unsigned to, int64_t sent, unsigned tag)
{
    uint8_t frame[64] = {0};

    if (to == BROADCAST)
        memset(frame, 0xff, MAC_LEN);
    else
        mac_of(to, frame);
    mac_of(from, frame + MAC_LEN);
    memcpy(frame + 20, &tag, sizeof(tag));
    g_assert_true(network_send(net, from, vtime(sent), frame, sizeof(frame)));
}

/* Takes all that is due at `to`; how many, and the time of the first. */
static unsigned drain(Network *net, unsigned to, int64_t now, int64_t *first)
{
    unsigned n = 0;

    while (network_next(net, to, vtime(now))) {
        NetDelivery *d = network_pop(net, to);

        if (n++ == 0 && first)
            *first = d->due.ns;
        network_delivered(net, d, vtime(now));
    }
    return n;
}

/* a, b, c at switch "sw". */
static Network *star(void)
{
    Network *net = network_new(1, vtime(Q));

    add_switch(net, "sw");
    add_port(net, "a");
    add_port(net, "b");
    add_port(net, "c");
    link_both(net, "a", "sw", &plain);
    link_both(net, "sw", "b", &plain);
    link_both(net, "c", "sw", &plain);
    return net;
}

static void test_flood_and_learn(void)
{
    g_autoptr(Network) net = star();
    const NetSwitchStats *s = network_switch_stats(net, 0);
    int64_t due = 0;

    send_to(net, 0, 1, 0, 0); /* b is not known yet: to b and c, not back to a */
    network_advance(net, vtime(10000));
    g_assert_cmpuint(drain(net, 0, 10000, NULL), ==, 0);
    g_assert_cmpuint(drain(net, 1, 10000, &due), ==, 1);
    g_assert_cmpint(due, ==, 2000); /* two links */
    g_assert_cmpuint(drain(net, 2, 10000, NULL), ==, 1);
    g_assert_cmpuint(s->flooded, ==, 1);
    send_to(net, 1, 0, 10000, 0); /* a is known: only there, and b from now on */
    send_to(net, 2, 1, 10001, 0);
    send_to(net, 2, BROADCAST, 10002, 0);
    network_advance(net, vtime(20000));
    g_assert_cmpuint(drain(net, 0, 20000, &due), ==, 2);
    g_assert_cmpint(due, ==, 12000);
    g_assert_cmpuint(drain(net, 1, 20000, NULL), ==, 2);
    g_assert_cmpuint(drain(net, 2, 20000, NULL), ==, 0);
    g_assert_cmpuint(s->flooded, ==, 2);
    g_assert_cmpuint(s->forwarded, ==, 2);
    send_to(net, 0, 0, 20000, 0); /* to itself: the switch keeps it */
    network_advance(net, vtime(30000));
    g_assert_cmpuint(s->filtered, ==, 1);
}

/* Of two frames that reach the switch at the same ns, that of the first link comes first: the
 * second then knows the sender of the first. */
static void test_same_time(void)
{
    g_autoptr(Network) net = star();

    send_to(net, 2, 0, 0, 0);
    send_to(net, 0, 1, 0, 0);
    network_advance(net, vtime(5000));
    g_assert_cmpuint(network_switch_stats(net, 0)->flooded, ==, 1);
    g_assert_cmpuint(network_switch_stats(net, 0)->forwarded, ==, 1);
}

static void test_ageing(void)
{
    g_autoptr(Network) net = star();
    int64_t later = SWITCH_AGEING_NS;

    send_to(net, 0, 1, 0, 0);
    send_to(net, 1, 0, later, 0);
    network_advance(net, vtime(later + Q));
    g_assert_cmpuint(network_switch_stats(net, 0)->forwarded, ==, 1);
    send_to(net, 2, 0, later + 1, 0);
    network_advance(net, vtime(later + 2 * Q));
    g_assert_cmpuint(network_switch_stats(net, 0)->forwarded, ==, 1);
    g_assert_cmpuint(network_switch_stats(net, 0)->flooded, ==, 2);
}

/* Three switches in a ring, a port at one of them: two copies run round and end. */
static void test_loop(void)
{
    g_autoptr(Network) net = network_new(1, vtime(Q));
    uint64_t hops = 0;

    add_port(net, "a");
    add_switch(net, "s0");
    add_switch(net, "s1");
    add_switch(net, "s2");
    link_both(net, "a", "s0", &plain);
    link_both(net, "s0", "s1", &plain);
    link_both(net, "s1", "s2", &plain);
    link_both(net, "s2", "s0", &plain);
    send_to(net, 0, BROADCAST, 0, 0);
    network_advance(net, vtime(INT64_C(1000000)));
    for (unsigned i = 0; i < 3; i++)
        hops += network_switch_stats(net, i)->hops;
    g_assert_cmpuint(hops, ==, 2);
    g_assert_cmpuint(network_port_stats(net, 0)->dropped, ==, 2);
    g_assert_cmpuint(drain(net, 0, 1000000, NULL), ==, 10); /* each round, both copies */
}

/* A chain of 16 switches is passed, one of 17 is not. */
static void test_hops(void)
{
    for (unsigned n = 16; n <= 17; n++) {
        g_autoptr(Network) net = network_new(1, vtime(Q));
        g_autofree char *last = g_strdup_printf("s%u", n - 1);
        int64_t due = 0;

        add_port(net, "a");
        add_port(net, "b");
        for (unsigned i = 0; i < n; i++) {
            g_autofree char *name = g_strdup_printf("s%u", i);
            g_autofree char *before = i > 0 ? g_strdup_printf("s%u", i - 1) : g_strdup("a");

            add_switch(net, name);
            link_both(net, before, name, &plain);
        }
        link_both(net, last, "b", &plain);
        send_to(net, 0, 1, 0, 0);
        network_advance(net, vtime(INT64_C(1000000)));
        g_assert_cmpuint(drain(net, 1, 1000000, &due), ==, n == 16);
        g_assert_cmpuint(network_switch_stats(net, n - 1)->hops, ==, n == 17);
        if (n == 16)
            g_assert_cmpint(due, ==, 17000);
    }
}

typedef struct {
    unsigned from, to;
    int64_t sent;
    unsigned tag;
} Plan;

/* The same frames in every run; within a port in order of time. */
static Plan *make_plan(void)
{
    Plan *plan = g_new(Plan, PLANNED);
    g_autoptr(GRand) rand = g_rand_new_with_seed(99);

    for (unsigned i = 0; i < PLANNED; i++)
        plan[i] = (Plan){(unsigned)g_rand_int_range(rand, 0, PORTS),
                         g_rand_int_range(rand, 0, 5) ? (unsigned)g_rand_int_range(rand, 0, PORTS)
                                                      : BROADCAST,
                         (int64_t)i * (QUANTA - 30) * Q / PLANNED / 10 * 10, i};
    return plan;
}

typedef enum {
    WHOLE,
    MORE_LINKS, /* another pair of ports with traffic of its own */
    OTHER_SEED,
} Variant;

/* Three ports at each of two switches, rich in accidents. */
static Network *make_net(Variant variant)
{
    static const char *const names[PORTS] = {"a", "a.1", "b", "c", "d", "e"};
    LinkParams p = {.latency = {500},
                    .bandwidth = 400000000,
                    .queue = 4000,
                    .jitter = {3000},
                    .loss = 60000000,
                    .duplicate = 60000000,
                    .reorder = 60000000};
    Network *net = network_new(variant == OTHER_SEED ? 6 : 5, vtime(Q));

    add_switch(net, "left");
    add_switch(net, "right");
    for (unsigned i = 0; i < PORTS; i++) {
        add_port(net, names[i]);
        link_both(net, names[i], i < 3 ? "left" : "right", &p);
    }
    link_both(net, "left", "right", &p);
    network_schedule_link(net, 2, 0, vtime(100500), false);
    network_schedule_link(net, 2, 0, vtime(150500), true);
    if (variant == MORE_LINKS) {
        add_port(net, "x");
        add_port(net, "y");
        link_both(net, "x", "y", &p);
    }
    return net;
}

typedef struct {
    char *trace, *node_a;
    GString *deliveries; /* of the first PORTS ports, one after the other */
    LinkStats stats[7][2];
    uint64_t events;
} Outcome;

static void outcome_clear(Outcome *o)
{
    g_free(o->trace);
    g_free(o->node_a);
    g_string_free(o->deliveries, TRUE);
}

static void shuffle(GRand *rand, unsigned *order, unsigned n)
{
    for (unsigned i = n; rand && i > 1; i--) {
        unsigned k = (unsigned)g_rand_int_range(rand, 0, (gint32)i), swap = order[i - 1];

        order[i - 1] = order[k];
        order[k] = swap;
    }
}

/* Sends what is planned up to `now`, one port after the other, in this order. */
static void send_planned(Network *net, const Plan *plan, const unsigned *order, int64_t after,
                         int64_t now)
{
    for (unsigned k = 0; k < PORTS; k++)
        for (unsigned i = 0; i < PLANNED; i++)
            if (plan[i].from == order[k] && plan[i].sent > after && plan[i].sent <= now)
                send_to(net, plan[i].from, plan[i].to, plan[i].sent, plan[i].tag);
}

/* At most 3 frames a quantum, so some are late. */
static void take_some(Network *net, unsigned p, int64_t next, GString *text)
{
    for (unsigned n = 0; n < 3 && network_next(net, p, vtime(next)); n++) {
        NetDelivery *d = network_pop(net, p);
        unsigned tag;

        memcpy(&tag, d->data + 20, sizeof(tag));
        g_string_append_printf(text, "%u: %u from %u over %u.%u, %" G_GINT64_FORMAT "\n", p, tag,
                               d->from, d->link, d->direction, d->due.ns);
        if (tag % 50 == 0)
            network_refused(net, d, vtime(next));
        else
            network_delivered(net, d, vtime(next));
    }
}

/* `rand` shuffles whatever must not matter; NULL leaves it in order. `early` lets time advance one
 * quantum ahead of what is known, as far as the lookahead allows. */
static Outcome run(Variant variant, GRand *rand, bool early)
{
    g_autofree Plan *plan = make_plan();
    g_autoptr(Network) net = make_net(variant);
    g_autoptr(Trace) trace = trace_new(1000);
    GString *texts[PORTS];
    Outcome o = {.deliveries = g_string_new(NULL)};
    unsigned order[PORTS] = {0, 1, 2, 3, 4, 5};

    for (unsigned p = 0; p < PORTS; p++)
        texts[p] = g_string_new(NULL);
    network_set_trace(net, trace);
    for (int64_t k = 0; k < QUANTA; k++) {
        shuffle(rand, order, PORTS);
        send_planned(net, plan, order, k == 0 ? -1 : (k - 1) * Q, k * Q);
        if (variant == MORE_LINKS)
            send_to(net, PORTS, PORTS + 1, k * Q, 0);
        network_advance(net, vtime((k + early) * Q));
        shuffle(rand, order, PORTS);
        for (unsigned p = 0; p < PORTS; p++)
            take_some(net, order[p], (k + 1) * Q, texts[order[p]]);
    }
    for (unsigned p = 0; p < PORTS; p++) {
        g_string_append(o.deliveries, texts[p]->str);
        g_string_free(texts[p], TRUE);
    }
    for (unsigned i = 0; i < 14; i++)
        o.stats[i / 2][i % 2] = network_link_way(net, i / 2, i % 2)->stats;
    o.trace = trace_sha256(trace);
    o.node_a = trace_node_sha256(trace, trace_node(trace, "a"));
    o.events = trace_count(trace);
    return o;
}

/* The plan really has all kinds of accidents in it. */
static void check_rich(const Outcome *o)
{
    LinkStats sum = {0};

    for (unsigned i = 0; i < 14; i++) {
        const LinkStats *s = &o->stats[i / 2][i % 2];

        g_assert_cmpuint(s->sent + s->duplicated, >=,
                         s->delivered + s->lost + s->dropped + s->down);
        sum.lost += s->lost;
        sum.dropped += s->dropped;
        sum.down += s->down;
        sum.duplicated += s->duplicated;
        sum.reordered += s->reordered;
    }
    g_assert_cmpuint(sum.lost, >, 100);
    g_assert_cmpuint(sum.dropped, >, 100);
    g_assert_cmpuint(sum.down, >, 100);
    g_assert_cmpuint(sum.duplicated, >, 100);
    g_assert_cmpuint(sum.reordered, >, 100);
    g_assert_cmpuint(o->events, >, 5000);
}

static void test_any_order(void)
{
    Outcome first = run(WHOLE, NULL, false);

    check_rich(&first);
    for (unsigned turn = 0; turn < 5; turn++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(turn);
        Outcome other = run(WHOLE, rand, false);

        g_assert_cmpstr(other.deliveries->str, ==, first.deliveries->str);
        g_assert_cmpstr(other.trace, ==, first.trace);
        g_assert_cmpstr(other.node_a, ==, first.node_a);
        g_assert_cmpmem(other.stats, sizeof(other.stats), first.stats, sizeof(first.stats));
        outcome_clear(&other);
    }
    outcome_clear(&first);
}

/* Advancing past the barrier gives the same deliveries: no cause is missing. */
static void test_ahead(void)
{
    Outcome exact = run(WHOLE, NULL, false), early = run(WHOLE, NULL, true);

    g_assert_cmpstr(exact.deliveries->str, ==, early.deliveries->str);
    outcome_clear(&exact);
    outcome_clear(&early);
}

/* Another link changes nothing for those that were there. */
static void test_more_links(void)
{
    Outcome before = run(WHOLE, NULL, false), after = run(MORE_LINKS, NULL, false);

    g_assert_cmpstr(before.deliveries->str, ==, after.deliveries->str);
    g_assert_cmpstr(before.node_a, ==, after.node_a);
    g_assert_cmpstr(before.trace, !=, after.trace);
    outcome_clear(&before);
    outcome_clear(&after);
}

static void test_seed(void)
{
    Outcome one = run(WHOLE, NULL, false), other = run(OTHER_SEED, NULL, false);
    g_autoptr(Network) net = make_net(OTHER_SEED), same = make_net(WHOLE);

    g_assert_cmpstr(one.deliveries->str, !=, other.deliveries->str);
    network_set_seed(net, 5);
    for (unsigned i = 0; i < 14; i++)
        g_assert_cmpmem(&network_link_way(net, i / 2, i % 2)->prng, sizeof(Prng),
                        &network_link_way(same, i / 2, i % 2)->prng, sizeof(Prng));
    outcome_clear(&one);
    outcome_clear(&other);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/switches/flood-and-learn", test_flood_and_learn);
    g_test_add_func("/switches/same-time", test_same_time);
    g_test_add_func("/switches/ageing", test_ageing);
    g_test_add_func("/switches/loop", test_loop);
    g_test_add_func("/switches/hops", test_hops);
    g_test_add_func("/order/any-order", test_any_order);
    g_test_add_func("/order/ahead", test_ahead);
    g_test_add_func("/order/more-links", test_more_links);
    g_test_add_func("/order/seed", test_seed);
    return g_test_run();
}
