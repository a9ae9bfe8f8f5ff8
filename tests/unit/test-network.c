/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-network.c: topology, frames over links between ports, deliveries and what is counted. */
#include "controller/network/network.h"

#include <malloc.h>
#include <string.h>

#define Q 1000 /* ns, the quantum */

static const uint8_t macs[4][MAC_LEN] = {
    {2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 3}, {2, 0, 0, 0, 0, 4}};

static unsigned port(Network *net, const char *name, unsigned mac)
{
    unsigned index = 99;
    g_autoptr(GError) error = NULL;

    g_assert_true(network_add_port(net, name, macs[mac], &index, &error));
    g_assert_no_error(error);
    return index;
}

static NetEnd end(const Network *net, const char *name)
{
    NetEnd e = {true, 99};
    g_autoptr(GError) error = NULL;

    g_assert_true(network_find(net, name, &e, &error));
    g_assert_no_error(error);
    return e;
}

static unsigned link_both(Network *net, const char *a, const char *b, LinkParams params)
{
    LinkParams both[2] = {params, params};
    unsigned index = 99;
    g_autoptr(GError) error = NULL;

    g_assert_true(network_add_link(net, end(net, a), end(net, b), both, &index, &error));
    g_assert_no_error(error);
    return index;
}

/* Two ports 0 and 1, "a" and "b", with link 0. */
static Network *pair(LinkParams params)
{
    Network *net = network_new(1, vtime(Q));

    port(net, "a", 0);
    port(net, "b", 1);
    link_both(net, "a", "b", params);
    return net;
}

static void send_byte(Network *net, unsigned from, int64_t sent, uint8_t content)
{
    uint8_t frame[100] = {0};

    memcpy(frame, macs[!from], MAC_LEN);
    memcpy(frame + MAC_LEN, macs[from], MAC_LEN);
    frame[20] = content;
    g_assert_true(network_send(net, from, vtime(sent), frame, sizeof(frame)));
}

/* Of each port, and of all of them, everything sent is somewhere. */
static void adds_up(const Network *net, uint64_t under_way)
{
    uint64_t received = 0, arrived = 0, left = 0;

    for (unsigned i = 0; i < network_n_ports(net); i++) {
        const NetPortStats *s = network_port_stats(net, i);

        g_assert_cmpuint(s->sent + s->copies, >=, s->arrived + s->dropped + s->filtered);
        received += s->received;
        arrived += s->arrived;
        left += net_under_way(s);
    }
    g_assert_cmpuint(received, ==, arrived);
    g_assert_cmpuint(left, ==, under_way);
}

/* The next delivery is this one, and is taken; it is not due before. */
static NetDelivery *take(Network *net, unsigned to, int64_t due, uint8_t content)
{
    const NetDelivery *next = network_next(net, to, vtime(due));
    NetDelivery *d;

    g_assert_nonnull(next);
    g_assert_null(network_next(net, to, vtime(due - 1)));
    d = network_pop(net, to);
    g_assert_true(d == next);
    g_assert_cmpint(d->due.ns, ==, due);
    g_assert_cmpuint(d->port, ==, to);
    g_assert_cmpuint(d->size, ==, 100);
    g_assert_cmpuint(d->data[20], ==, content);
    return d;
}

static void nothing(const Network *net, unsigned to)
{
    g_assert_null(network_next(net, to, vtime(INT64_MAX)));
}

static void test_there_and_back(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {5000}});
    NetDelivery *d;

    send_byte(net, 0, 10, 1);
    send_byte(net, 1, 20, 2);
    send_byte(net, 0, 1500, 3); /* of the next quantum */
    nothing(net, 1);
    network_advance(net, vtime(Q));
    d = take(net, 1, 5010, 1);
    g_assert_cmpuint(d->from, ==, 0);
    g_assert_cmpuint(d->direction, ==, 0);
    g_assert_cmpint(d->sent.ns, ==, 10);
    network_delivered(net, d, vtime(6000));
    nothing(net, 1);
    d = take(net, 0, 5020, 2);
    g_assert_cmpuint(d->from, ==, 1);
    g_assert_cmpuint(d->direction, ==, 1);
    network_delivered(net, d, vtime(6000));
    network_advance(net, vtime(2 * Q));
    network_delivered(net, take(net, 1, 6500, 3), vtime(7000));
    g_assert_null(network_pop(net, 1));
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 0); /* its time has not come */
    network_advance(net, vtime(6999));
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 1);
    adds_up(net, 1);
    network_advance(net, vtime(7000));
    adds_up(net, 0);
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 2);
    g_assert_cmpuint(network_port_stats(net, 1)->bytes_received, ==, 200);
    g_assert_cmpuint(network_port_stats(net, 1)->sent, ==, 1);
    g_assert_cmpuint(network_port_stats(net, 0)->sent, ==, 2);
    g_assert_cmpuint(network_port_stats(net, 0)->bytes_sent, ==, 200);
    g_assert_cmpuint(network_link_way(net, 0, 0)->stats.delivered, ==, 2);
    g_assert_cmpuint(network_link_way(net, 0, 1)->stats.delivered, ==, 1);
}

/* What is left in the queue stays first. */
static void test_carry_over(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {1000}});

    for (unsigned i = 0; i < 10; i++)
        send_byte(net, 0, i, (uint8_t)i);
    network_advance(net, vtime(Q));
    for (unsigned i = 0; i < 4; i++)
        network_delivered(net, take(net, 1, 1000 + i, (uint8_t)i), vtime(2 * Q));
    send_byte(net, 0, 1500, 10);
    network_advance(net, vtime(2 * Q));
    for (unsigned i = 4; i < 10; i++)
        network_delivered(net, take(net, 1, 1000 + i, (uint8_t)i), vtime(3 * Q));
    network_delivered(net, take(net, 1, 2500, 10), vtime(3 * Q));
    network_advance(net, vtime(3 * Q));
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 11);
    /* Due at 1000 itself is the boundary 1000, due behind it the boundary 2000. */
    g_assert_cmpuint(network_port_stats(net, 1)->late, ==, 7);
}

/* With that quantum from `at` on; before, it is Q. */
static uint64_t late_after(int64_t quantum, int64_t at, int64_t due, int64_t when)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {INT64_C(1) << 40}});

    g_assert_true(network_set_quantum(net, vtime(quantum), vtime(at), NULL));
    network_set_link(net, 0, (LinkParams[2]){{.latency = {quantum}}, {.latency = {quantum}}});
    send_byte(net, 0, due - quantum, 0);
    network_advance(net, vtime(due));
    network_delivered(net, take(net, 1, due, 0), vtime(when));
    network_advance(net, vtime(when));
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 1);
    return network_port_stats(net, 1)->late;
}

/* What a full card kept back is told apart from what is late, and from what is there in time. */
static void test_carried(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {1000}});
    NetDelivery *d;

    for (unsigned i = 0; i < 3; i++)
        send_byte(net, 0, 1 + i, (uint8_t)i);
    network_advance(net, vtime(Q));
    for (unsigned i = 0; i < 3; i++) {
        d = take(net, 1, 1001 + i, (uint8_t)i);
        d->carried = i < 2;
        network_delivered(net, d, vtime(i == 0 ? 2 * Q : 3 * Q));
    }
    network_advance(net, vtime(3 * Q));
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 3);
    g_assert_cmpuint(network_port_stats(net, 1)->carried, ==, 1);
    g_assert_cmpuint(network_port_stats(net, 1)->late, ==, 1);
    g_assert_cmpuint(network_link_way(net, 0, 0)->stats.carried, ==, 1);
}

/* At the µs behind the due time, a latency of one quantum will do; a µs of grace for idle nodes. */
static void test_exact(void)
{
    g_autoptr(Network) net = network_new(1, vtime(100 * NS_PER_US));
    LinkParams exact = {.latency = {1000}, .exact = true};
    int64_t due = 1500 + 100 * NS_PER_US;
    const VTime first = {103 * NS_PER_US};

    port(net, "a", 0);
    port(net, "b", 1);
    link_both(net, "a", "b", exact);
    g_assert_cmpint(network_latency(net, 0, 0).ns, ==, 100 * NS_PER_US);
    g_assert_true(network_exact(net, 1));
    send_byte(net, 0, 1500, 1);
    send_byte(net, 0, 2500, 2);
    network_advance(net, vtime(100 * NS_PER_US));
    network_delivered(net, take(net, 1, due, 1), first);
    network_delivered(net, take(net, 1, due + 1000, 2), vtime(first.ns + NS_PER_US + 1));
    network_advance(net, vtime(200 * NS_PER_US));
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 2);
    g_assert_cmpuint(network_port_stats(net, 1)->late, ==, 1);
}

static void test_late(void)
{
    g_assert_cmpuint(late_after(1000, 0, 2500, 3000), ==, 0);
    g_assert_cmpuint(late_after(1000, 0, 2500, 3001), ==, 1);
    g_assert_cmpuint(late_after(1000, 0, 2500, 2700), ==, 0);
    g_assert_cmpuint(late_after(1000, 0, 3000, 3000), ==, 0);
    g_assert_cmpuint(late_after(1000, 0, 3000, 4000), ==, 1);
    g_assert_cmpuint(late_after(1000, 0, 3001, 4000), ==, 0);
    g_assert_cmpuint(late_after(300, 10000, 10301, 10500), ==, 0);
    g_assert_cmpuint(late_after(300, 10000, 10301, 10501), ==, 1);
    g_assert_cmpuint(late_after(300, 10000, 10000, 10000), ==, 0);
    g_assert_cmpuint(late_after(300, 10000, 9999, 10000), ==, 0);
    g_assert_cmpuint(late_after(300, 10000, 9999, 10200), ==, 1);
    /* In the middle of a quantum, whose end will be no barrier; 10200 is one of the old and the new. */
    g_assert_cmpuint(late_after(300, 10320, 10310, 10500), ==, 0);
    g_assert_cmpuint(late_after(300, 10320, 10310, 10501), ==, 1);
    g_assert_cmpuint(late_after(300, 10320, 10000, 10500), ==, 1);
    g_assert_cmpuint(late_after(300, 10520, 10010, 10800), ==, 0);
    g_assert_cmpuint(late_after(300, 10520, 10010, 10801), ==, 1);
}

/* Changed twice between two barriers. */
static void test_late_after_two_changes(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {1}});

    g_assert_true(network_set_quantum(net, vtime(100), vtime(10020), NULL));
    g_assert_true(network_set_quantum(net, vtime(30), vtime(10050), NULL));
    g_assert_true(network_set_quantum(net, vtime(700), vtime(10055), NULL));
    send_byte(net, 0, 9310, 0); /* with a latency of 700 */
    network_advance(net, vtime(10010));
    network_delivered(net, take(net, 1, 10010, 0), vtime(10500));
    network_advance(net, vtime(10500));
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 1);
    g_assert_cmpuint(network_port_stats(net, 1)->late, ==, 0);
}

static void test_refused(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {1000}});

    send_byte(net, 0, 0, 1);
    network_advance(net, vtime(0));
    network_refused(net, take(net, 1, 1000, 1), vtime(1000));
    network_advance(net, vtime(1000));
    g_assert_cmpuint(network_port_stats(net, 1)->refused, ==, 1);
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 0);
    g_assert_cmpuint(network_port_stats(net, 0)->dropped, ==, 1);
    g_assert_cmpuint(network_link_way(net, 0, 0)->stats.delivered, ==, 1);
}

/* Frames that were taken and given back come again in their order, before and among the others. */
static void test_given_back(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {5000}});
    NetDelivery *first, *second;

    send_byte(net, 0, 10, 1);
    send_byte(net, 0, 10, 2);
    send_byte(net, 0, 30, 3);
    network_advance(net, vtime(Q));
    first = take(net, 1, 5010, 1);
    second = take(net, 1, 5010, 2);
    second->carried = true;
    network_return(net, second);
    network_return(net, first);
    network_delivered(net, take(net, 1, 5010, 1), vtime(6000));
    second = take(net, 1, 5010, 2);
    g_assert_false(second->carried);
    network_delivered(net, second, vtime(6000));
    network_delivered(net, take(net, 1, 5030, 3), vtime(6000));
    nothing(net, 1);
    network_advance(net, vtime(6000));
    g_assert_cmpuint(network_port_stats(net, 1)->received, ==, 3);
    adds_up(net, 0);
}

static void test_malformed_and_unlinked(void)
{
    static uint8_t big[FRAME_MAX + 1];
    g_autoptr(Network) net = pair((LinkParams){.latency = {1000}});
    unsigned lonely = port(net, "c", 2);

    g_assert_false(network_send(net, 0, vtime(0), big, NETWORK_FRAME_MIN - 1));
    g_assert_false(network_send(net, 0, vtime(0), big, FRAME_MAX + 1));
    g_assert_true(network_send(net, 0, vtime(0), big, NETWORK_FRAME_MIN));
    g_assert_true(network_send(net, 0, vtime(0), big, FRAME_MAX));
    g_assert_true(network_send(net, lonely, vtime(0), big, 60));
    network_advance(net, vtime(0));
    g_assert_cmpuint(network_port_stats(net, 0)->malformed, ==, 2);
    g_assert_cmpuint(network_port_stats(net, 0)->sent, ==, 2);
    g_assert_cmpuint(network_next(net, 1, vtime(1000))->size, ==, NETWORK_FRAME_MIN);
    g_assert_cmpuint(network_port_stats(net, lonely)->sent, ==, 1);
    g_assert_cmpuint(network_port_stats(net, lonely)->dropped, ==, 1);
}

/* A UART sends single bytes, to another UART alone, and no card is taken for its receiver. */
static void test_line(void)
{
    static const LinkParams line[2] = {{.bandwidth = 115200, .byte_bits = LINK_BYTE_BITS},
                                       {.bandwidth = 115200, .byte_bits = LINK_BYTE_BITS}};
    g_autoptr(Network) net = network_new(1, vtime(Q));
    unsigned a = port(net, "a.uart1", 0), b = port(net, "b.uart0", 0), card = port(net, "b", 1), i;
    g_autoptr(GError) e = NULL;
    const NetDelivery *d;

    g_assert_true(network_port_is_uart(net, a));
    g_assert_false(network_port_is_uart(net, card));
    g_assert_cmpstr(network_port_node(net, a), ==, "a");
    g_assert_false(network_add_link(net, (NetEnd){false, a}, (NetEnd){false, card}, line, &i, &e));
    g_assert_cmpstr(e->message, ==,
                    "'a.uart1' is a UART, and 'b' is none: a UART is joined with another UART");
    g_assert_true(network_add_link(net, (NetEnd){false, a}, (NetEnd){false, b}, line, &i, NULL));
    g_assert_false(network_send(net, a, vtime(0), "xy", 2));
    g_assert_false(network_send(net, a, vtime(0), "", 0));
    g_assert_false(network_send(net, card, vtime(0), "x", 1));
    g_assert_true(network_send(net, a, vtime(5), "x", 1));
    g_assert_true(network_send(net, a, vtime(6), "y", 1));
    network_advance(net, vtime(Q));
    d = network_next(net, b, vtime(Q * 1000));
    g_assert_cmpmem(d->data, d->size, "x", 1);
    g_assert_cmpint(d->due.ns, ==, 5 + 86806);
    g_assert_null(network_next(net, card, vtime(Q * 1000)));
    network_delivered(net, network_pop(net, b), d->due);
    g_assert_cmpint(network_next(net, b, vtime(Q * 1000))->due.ns, ==, 5 + 173612);
}

/* Time that goes back within a port is raised; order is kept. */
static void test_time_goes_back(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {1000}});

    send_byte(net, 0, 500, 1);
    send_byte(net, 0, 400, 2);
    network_advance(net, vtime(Q));
    network_delivered(net, take(net, 1, 1500, 1), vtime(2000));
    network_delivered(net, take(net, 1, 1500, 2), vtime(2000));
}

static void test_latency_is_raised(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {300}});
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(network_latency(net, 0, 0).ns, ==, 1000);
    g_assert_cmpint(network_link_way(net, 0, 0)->params.latency.ns, ==, 300);
    g_assert_cmpint(network_lookahead(net).ns, ==, 1000);
    send_byte(net, 0, 0, 1);
    send_byte(net, 1, 0, 1);
    network_advance(net, vtime(0));
    g_assert_true(network_set_quantum(net, vtime(100), vtime(0), NULL));
    g_assert_cmpint(network_lookahead(net).ns, ==, 300);
    send_byte(net, 0, 50, 2); /* keeps behind the first */
    send_byte(net, 0, 701, 3);
    network_advance(net, vtime(1000));
    network_delivered(net, take(net, 1, 1000, 1), vtime(1000));
    network_delivered(net, take(net, 1, 1000, 2), vtime(1000));
    network_delivered(net, take(net, 1, 1001, 3), vtime(1100));
    network_set_link(net, 0, (LinkParams[2]){{.latency = {5000}}, {.latency = {20}}});
    g_assert_cmpint(network_latency(net, 0, 0).ns, ==, 5000);
    g_assert_cmpint(network_latency(net, 0, 1).ns, ==, 100);
    g_assert_cmpint(network_lookahead(net).ns, ==, 100);
    send_byte(net, 0, 1100, 4);
    network_advance(net, vtime(1100));
    network_delivered(net, take(net, 1, 6100, 4), vtime(6100));
    network_delivered(net, take(net, 0, 1000, 1), vtime(1100)); /* kept its due time */
    g_assert_false(network_set_quantum(net, vtime(0), vtime(0), &error));
    g_assert_error(error, NETWORK_ERROR, NETWORK_ERROR_QUANTUM);
}

static void test_lookahead(void)
{
    g_autoptr(Network) net = network_new(1, vtime(Q));

    g_assert_cmpint(network_lookahead(net).ns, ==, INT64_MAX);
    port(net, "a", 0);
    port(net, "b", 1);
    port(net, "c", 2);
    port(net, "d", 3);
    link_both(net, "a", "b", (LinkParams){.latency = {7000}});
    g_assert_cmpint(network_lookahead(net).ns, ==, 7000);
    link_both(net, "c", "d", (LinkParams){.latency = {4000}});
    g_assert_cmpint(network_lookahead(net).ns, ==, 4000);
}

/* Down from 1500 to 2500, each at its very ns, one direction only. */
static void test_schedule(void)
{
    g_autoptr(Network) net = pair((LinkParams){.latency = {1000}});

    network_schedule_link(net, 0, 0, vtime(2500), true);
    network_schedule_link(net, 0, 0, vtime(1500), false);
    send_byte(net, 0, 1499, 1);
    send_byte(net, 0, 1500, 2);
    send_byte(net, 0, 2499, 3);
    send_byte(net, 0, 2500, 4);
    send_byte(net, 1, 2000, 5);
    network_advance(net, vtime(3000));
    network_delivered(net, take(net, 1, 2499, 1), vtime(3000));
    network_delivered(net, take(net, 1, 3500, 4), vtime(4000));
    network_delivered(net, take(net, 0, 3000, 5), vtime(3000));
    nothing(net, 1);
    g_assert_cmpuint(network_link_way(net, 0, 0)->stats.down, ==, 2);
    g_assert_cmpuint(network_link_way(net, 0, 1)->stats.down, ==, 0);
    g_assert_cmpuint(network_port_stats(net, 0)->dropped, ==, 2);
}

static void fails(bool ok, GError **error, int code, const char *message)
{
    g_assert_false(ok);
    g_assert_error(*error, NETWORK_ERROR, code);
    g_assert_cmpstr((*error)->message, ==, message);
    g_clear_error(error);
}

static void test_topology(void)
{
    g_autoptr(Network) net = network_new(1, vtime(Q));
    const LinkParams none[2] = {{.queue = 0}, {.queue = 0}};
    GError *e = NULL;
    NetEnd ends[2], found;
    unsigned i = 99;
    bool reversed = false;

    port(net, "a", 0);
    port(net, "a.1", 1);
    port(net, "b", 2);
    g_assert_true(network_add_switch(net, "sw", &i, NULL));
    g_assert_cmpuint(i, ==, 0);
    g_assert_cmpstr(network_port_node(net, 1), ==, "a");
    g_assert_cmpstr(network_port_node(net, 2), ==, "b");
    g_assert_cmpstr(network_end_name(net, end(net, "a.1")), ==, "a.1");
    g_assert_cmpstr(network_end_name(net, end(net, "sw")), ==, "sw");
    fails(network_add_port(net, "sw", macs[0], &i, &e), &e, NETWORK_ERROR_NAME,
          "'sw' is the name of a switch already: choose another");
    fails(network_add_switch(net, "a.1", &i, &e), &e, NETWORK_ERROR_NAME,
          "'a.1' is the name of a network port already: choose another");
    fails(network_find(net, "x", &found, &e), &e, NETWORK_ERROR_NAME,
          "there is no network port or switch 'x': add a node with a NIC or a switch of this name "
          "first");
    g_assert_cmpuint(link_both(net, "a", "sw", none[0]), ==, 0);
    fails(network_add_link(net, end(net, "b"), end(net, "a"), none, &i, &e), &e,
          NETWORK_ERROR_LINKED,
          "port 'a' has link 'a-sw' already: link it to a switch to reach several");
    fails(network_add_link(net, end(net, "sw"), end(net, "sw"), none, &i, &e), &e,
          NETWORK_ERROR_LINKED, "a link from 'sw' to itself: name two different ends");
    fails(network_find_link(net, end(net, "a"), end(net, "b"), &i, &reversed, &e), &e,
          NETWORK_ERROR_NAME, "there is no link between 'a' and 'b'");
    g_assert_true(network_add_switch(net, "sv", &i, NULL));
    g_assert_cmpuint(link_both(net, "sw", "sv", none[0]), ==, 1);
    g_assert_cmpuint(link_both(net, "sw", "sv", none[0]), ==, 2);
    g_assert_cmpuint(link_both(net, "b", "sv", none[0]), ==, 3);
    g_assert_cmpstr(network_link_name(net, 1), ==, "sw-sv");
    g_assert_cmpstr(network_link_name(net, 2), ==, "sw-sv#2");
    network_link_ends(net, 1, ends);
    g_assert_true(ends[0].is_switch && ends[0].index == 0 && ends[1].index == 1);
    g_assert_true(network_find_link(net, end(net, "sv"), end(net, "sw"), &i, &reversed, NULL));
    g_assert_true(i == 1 && reversed);
    g_assert_true(network_find_link(net, end(net, "a"), end(net, "sw"), &i, &reversed, NULL));
    g_assert_true(i == 0 && !reversed);
    g_assert_cmpuint(network_n_ports(net), ==, 3);
    g_assert_cmpuint(network_n_switches(net), ==, 2);
    g_assert_cmpuint(network_n_links(net), ==, 4);
}

/* Once warm, packets cost no memory; deliveries in the caller's hands are freed with the net. */
static void test_memory(void)
{
    g_autoptr(Network) net = pair((LinkParams){
        .latency = {3000}, .bandwidth = 1000000000, .queue = 100000, .duplicate = LINK_CERTAIN});
    size_t warm = 0;

    for (int64_t k = 0; k < 1000; k++) {
        for (unsigned i = 0; i < 5; i++) {
            send_byte(net, 0, k * Q + i, (uint8_t)i);
            send_byte(net, 1, k * Q + i, (uint8_t)i);
        }
        network_advance(net, vtime((k + 1) * Q));
        for (unsigned p = 0; p < 2; p++)
            while (network_next(net, p, vtime((k + 2) * Q)))
                network_delivered(net, network_pop(net, p), vtime((k + 2) * Q));
        if (k == 500)
            warm = mallinfo2().uordblks;
    }
    g_assert_cmpuint(mallinfo2().uordblks, ==, warm);
    send_byte(net, 0, 2000000, 1);
    network_advance(net, vtime(2000000));
    g_assert_nonnull(network_pop(net, 1));
    network_free(NULL);
}

/* Flooded, duplicated, lost, refused, filtered and under way: everything that was sent is
 * somewhere.
 */
static void test_adds_up(void)
{
    g_autoptr(Network) net = network_new(7, vtime(Q));
    uint64_t kinds[5] = {0};

    for (unsigned i = 0; i < 4; i++)
        port(net, (const char *[]){"a", "b", "c", "d"}[i], i);
    network_add_switch(net, "s", &(unsigned){0}, NULL);
    network_add_switch(net, "t", &(unsigned){0}, NULL);
    network_add_switch(net, "dead-end", &(unsigned){0}, NULL);
    link_both(net, "d", "dead-end", (LinkParams){.latency = {Q}});
    link_both(net, "a", "s",
              (LinkParams){.latency = {Q}, .loss = 200000000, .duplicate = 200000000});
    link_both(net, "b", "s", (LinkParams){.latency = {Q}});
    link_both(net, "c", "t", (LinkParams){.latency = {3 * Q}, .duplicate = 300000000});
    link_both(net, "s", "t", (LinkParams){.latency = {2 * Q}});
    for (int64_t step = 1; step <= 500; step++) {
        for (unsigned from = 0; from < 4; from++) {
            uint8_t frame[60] = {0};

            /* To d, too, which they never learn of. */
            memcpy(frame, macs[(from + 1 + (unsigned)step % 3) % 4], MAC_LEN);
            memcpy(frame + MAC_LEN, macs[from], MAC_LEN);
            g_assert_true(network_send(net, from, vtime(step * Q), frame, sizeof(frame)));
        }
        network_advance(net, vtime(step * Q));
        for (unsigned to = 0; to < 4; to++) {
            while (network_next(net, to, vtime(step * Q))) {
                NetDelivery *d = network_pop(net, to);

                if (step % 7 == 0)
                    network_refused(net, d, vtime(step * Q));
                else
                    network_delivered(net, d, vtime(step * Q));
            }
        }
    }
    network_advance(net, vtime(500 * Q));
    for (unsigned i = 0; i < 4; i++) {
        const NetPortStats *s = network_port_stats(net, i);

        kinds[0] += s->copies;
        kinds[1] += s->dropped;
        kinds[2] += s->filtered;
        kinds[3] += s->refused;
        kinds[4] += net_under_way(s);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
        g_assert_cmpuint(kinds[i], >, 0);
    adds_up(net, kinds[4]);
    /* Nothing more is sent: all comes to its end. */
    for (int64_t step = 501; step <= 600; step++) {
        network_advance(net, vtime(step * Q));
        for (unsigned to = 0; to < 4; to++)
            while (network_next(net, to, vtime(step * Q)))
                network_delivered(net, network_pop(net, to), vtime(step * Q));
    }
    network_advance(net, vtime(601 * Q));
    adds_up(net, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/network/there-and-back", test_there_and_back);
    g_test_add_func("/network/carry-over", test_carry_over);
    g_test_add_func("/network/late", test_late);
    g_test_add_func("/network/late-after-two-changes", test_late_after_two_changes);
    g_test_add_func("/network/carried", test_carried);
    g_test_add_func("/network/exact", test_exact);
    g_test_add_func("/network/refused", test_refused);
    g_test_add_func("/network/given-back", test_given_back);
    g_test_add_func("/network/malformed-and-unlinked", test_malformed_and_unlinked);
    g_test_add_func("/network/line", test_line);
    g_test_add_func("/network/time-goes-back", test_time_goes_back);
    g_test_add_func("/network/latency-is-raised", test_latency_is_raised);
    g_test_add_func("/network/lookahead", test_lookahead);
    g_test_add_func("/network/schedule", test_schedule);
    g_test_add_func("/network/topology", test_topology);
    g_test_add_func("/network/memory", test_memory);
    g_test_add_func("/network/adds-up", test_adds_up);
    return g_test_run();
}
