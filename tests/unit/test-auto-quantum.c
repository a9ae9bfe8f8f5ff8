/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-auto-quantum.c: the quantum that suits links, which of them count, and who delivers exactly. */
#include "controller/network/auto-quantum.h"

/* Ports a, b, c; switch s. Delivery to c can't be exact. */
static Network *network_abc(void)
{
    Network *net = network_new(1, vtime(NS_PER_MS));
    unsigned index;

    for (unsigned i = 0; i < 3; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        uint8_t mac[MAC_LEN] = {0x52, 0x54, 0, 0x6d, 0, (uint8_t)i};

        g_assert_true(network_add_port(net, name, mac, &index, NULL));
    }
    g_assert_true(network_add_switch(net, "s", &index, NULL));
    return net;
}

static bool able(unsigned port, void *data)
{
    (void)data;
    return port < 2;
}

static unsigned join(Network *net, const char *a, const char *b, LinkParams forward,
                     LinkParams backward)
{
    const LinkParams params[2] = {forward, backward};
    NetEnd ends[2];
    unsigned link;

    g_assert_true(network_find(net, a, &ends[0], NULL));
    g_assert_true(network_find(net, b, &ends[1], NULL));
    g_assert_true(network_add_link(net, ends[0], ends[1], params, &link, NULL));
    return link;
}

static unsigned join_both(Network *net, const char *a, const char *b, int64_t latency)
{
    LinkParams p = {.latency = {latency}};

    return join(net, a, b, p, p);
}

static AutoQuantum at(const Network *net, int64_t now)
{
    return auto_quantum(net, vtime(now));
}

static void is(const Network *net, int64_t now, int64_t quantum, const char *text)
{
    AutoQuantum q = at(net, now);
    g_autofree char *made = auto_quantum_text(&q, net);

    g_assert_cmpint(q.quantum.ns, ==, quantum);
    g_assert_cmpstr(made, ==, text);
}

static void test_latency(void)
{
    g_autoptr(Network) net = network_abc();
    unsigned link;

    is(net, 0, NS_PER_MS, "1ms, as no link is up");
    link = join(net, "a", "b", (LinkParams){.latency = {3 * NS_PER_MS}, .jitter = {1}},
                (LinkParams){.latency = {NS_PER_MS}, .bandwidth = 1000});
    is(net, 0, NS_PER_MS, "1ms, the latency of link a-b");
    join_both(net, "s", "c", 400 * NS_PER_US);
    is(net, 0, 400 * NS_PER_US, "400us, the latency of link s-c");
    network_set_link(net, link, (LinkParams[2]){{.latency = {333500}}, {.latency = {NS_PER_S}}});
    is(net, 0, 333 * NS_PER_US, "333us, the latency of link a-b (333500ns)");
    network_remove_link(net, link);
    is(net, 0, 400 * NS_PER_US, "400us, the latency of link s-c");
}

static void test_bounds(void)
{
    static const struct {
        int64_t latency, quantum;
        bool exactly;
        const char *text;
    } cases[] = {
        {0, 1000, false, "1us, the shortest there is: link a-b has a latency of 0ns"},
        {999, 1000, false, "1us, the shortest there is: link a-b has a latency of 999ns"},
        {1000, 1000, false, "1us, the latency of link a-b"},
        {1999, 1000, false, "1us, the latency of link a-b (1999ns)"},
        {3999, 3000, true, "3us, the latency of link a-b (3999ns)"},
        {4000, 4000, true, "4us, the latency of link a-b"},
        {10 * NS_PER_S, NS_PER_S, true, "1s, the longest there is: the links would allow more"},
        {INT64_MAX, NS_PER_S, true, "1s, the longest there is: the links would allow more"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Network) net = network_abc();

        join_both(net, "a", "b", cases[i].latency);
        is(net, 0, cases[i].quantum, cases[i].text);
        g_assert_true(at(net, 0).exactly == cases[i].exactly);
    }
}

/* What a link says itself stays. */
static void test_delivery(void)
{
    g_autoptr(Network) net = network_abc();
    LinkParams p = {.latency = {NS_PER_MS}}, barrier = p, exact = p;
    AutoQuantum q;
    unsigned link, other;

    barrier.exact_set = exact.exact_set = exact.exact = true;
    link = join(net, "a", "b", p, barrier);
    other = join(net, "s", "c", p, exact);
    q = at(net, 0);
    g_assert_cmpint(q.quantum.ns, ==, NS_PER_MS);
    g_assert_true(auto_quantum_deliver(net, &q, able, NULL, true));
    g_assert_false(network_link_way(net, link, 0)->params.exact);
    g_assert_true(auto_quantum_deliver(net, &q, able, NULL, false));
    g_assert_true(network_link_way(net, link, 0)->params.exact);
    g_assert_false(network_link_way(net, link, 1)->params.exact);
    g_assert_false(network_link_way(net, other, 0)->params.exact);
    g_assert_true(network_link_way(net, other, 1)->params.exact);
    g_assert_false(auto_quantum_deliver(net, &q, able, NULL, false));

    /* At quanta of 1us every due time is at a barrier. */
    network_remove_link(net, other);
    join_both(net, "s", "c", 1000);
    q = at(net, 0);
    g_assert_true(auto_quantum_deliver(net, &q, able, NULL, false));
    g_assert_false(network_link_way(net, link, 0)->params.exact);

    q.exactly = true;
    auto_quantum_deliver(net, &q, able, NULL, false);
    g_assert_true(network_link_way(net, link, 0)->params.exact);
    g_assert_true(auto_quantum_deliver(net, NULL, able, NULL, false));
    g_assert_false(network_link_way(net, link, 0)->params.exact);
    g_assert_true(network_link_way(net, other, 1)->params.exact);
}

/* No latency is raised by the quantum that is found. */
static void test_nothing_is_raised(void)
{
    static const int64_t latencies[] = {1000, 1999, 2000, 5001, 123456, 999999, 7777777};

    for (unsigned i = 0; i < G_N_ELEMENTS(latencies); i++) {
        for (unsigned j = 0; j < G_N_ELEMENTS(latencies); j++) {
            g_autoptr(Network) net = network_abc();
            AutoQuantum q;

            join_both(net, "a", "b", latencies[i]);
            join_both(net, "c", "s", latencies[j]);
            q = at(net, 0);
            auto_quantum_deliver(net, &q, able, NULL, false);
            g_assert_true(network_set_quantum(net, q.quantum, vtime(0), NULL));
            for (unsigned way = 0; way < 2; way++) {
                g_assert_cmpint(network_latency(net, 0, way).ns, ==, latencies[i]);
                g_assert_cmpint(network_latency(net, 1, way).ns, ==, latencies[j]);
            }
        }
    }
}

static void change(Network *net, unsigned link, int64_t when, bool up)
{
    for (unsigned way = 0; way < 2; way++)
        network_schedule_link(net, link, way, vtime(when), up);
}

/* A link that is down allows any quantum; one that goes up must find its own at the barrier before. */
static void test_changes(void)
{
    g_autoptr(Network) net = network_abc();
    VTime two = vtime(2 * NS_PER_MS), one = vtime(NS_PER_MS);
    unsigned fast = join_both(net, "a", "b", NS_PER_MS);

    join_both(net, "c", "s", 2 * NS_PER_MS);
    g_assert_cmpint(at(net, 0).quantum.ns, ==, NS_PER_MS);
    g_assert_cmpint(auto_quantum_next(net, vtime(0), one).ns, ==, INT64_MAX);
    change(net, fast, 3500 * NS_PER_US, false);
    change(net, fast, 9100 * NS_PER_US, true);
    g_assert_cmpint(at(net, 3 * NS_PER_MS).quantum.ns, ==, NS_PER_MS);
    g_assert_cmpint(at(net, 4 * NS_PER_MS).quantum.ns, ==, 2 * NS_PER_MS);
    g_assert_cmpint(at(net, 6 * NS_PER_MS).quantum.ns, ==, 2 * NS_PER_MS);
    g_assert_cmpint(at(net, 8 * NS_PER_MS).quantum.ns, ==, NS_PER_MS);
    g_assert_cmpint(at(net, 10 * NS_PER_MS).quantum.ns, ==, NS_PER_MS);
    g_assert_cmpint(auto_quantum_next(net, vtime(0), one).ns, ==, 4 * NS_PER_MS);
    g_assert_cmpint(auto_quantum_next(net, vtime(4 * NS_PER_MS), two).ns, ==, 8 * NS_PER_MS);
    g_assert_cmpint(auto_quantum_next(net, vtime(8 * NS_PER_MS), one).ns, ==, 9 * NS_PER_MS);
    g_assert_cmpint(auto_quantum_next(net, vtime(9 * NS_PER_MS), one).ns, ==, INT64_MAX);

    /* Down again before it is up: never up. */
    change(net, fast, 9100 * NS_PER_US, false);
    g_assert_cmpint(at(net, 8 * NS_PER_MS).quantum.ns, ==, 2 * NS_PER_MS);
    change(net, fast, INT64_MAX, true);
    g_assert_cmpint(auto_quantum_next(net, vtime(9 * NS_PER_MS), two).ns, ==, 10 * NS_PER_MS);
    g_assert_cmpint(auto_quantum_next(net, vtime(10 * NS_PER_MS), two).ns, >, INT64_MAX / 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/auto-quantum/latency", test_latency);
    g_test_add_func("/auto-quantum/bounds", test_bounds);
    g_test_add_func("/auto-quantum/delivery", test_delivery);
    g_test_add_func("/auto-quantum/nothing-is-raised", test_nothing_is_raised);
    g_test_add_func("/auto-quantum/changes", test_changes);
    return g_test_run();
}
