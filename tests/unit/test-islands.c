/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-islands.c: which parts of a network are islands, and that a copy of the network, which is
 * told what is done to the topology and what the ports of one island send, brings them the very
 * same frames.
 */
#include "controller/network/history.h"
#include "controller/network/island.h"

#include <string.h>

#define Q 1000 /* ns, the quantum */

static const char here[1], there[1];

static NetEnd end(const Network *net, const char *name)
{
    NetEnd e;

    g_assert_true(network_find(net, name, &e, NULL));
    return e;
}

static unsigned join(Network *net, const char *a, const char *b, LinkParams params)
{
    LinkParams both[2] = {params, params};
    unsigned index;

    g_assert_true(network_add_link(net, end(net, a), end(net, b), both, &index, NULL));
    return index;
}

static void add_port(Network *net, const char *name)
{
    uint8_t mac[MAC_LEN] = {2, 0, 0, 0, 0, (uint8_t)network_n_ports(net)};
    unsigned index;

    g_assert_true(network_add_port(net, name, mac, &index, NULL));
}

static void add_switch(Network *net, const char *name)
{
    unsigned index;

    g_assert_true(network_add_switch(net, name, &index, NULL));
}

static LinkParams latency(int64_t ns)
{
    return (LinkParams){.latency = {ns}};
}

/* Ports a to f. */
static Network *six(void)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    Network *net = network_new(1, vtime(Q));

    for (unsigned i = 0; i < 6; i++)
        add_port(net, names[i]);
    return net;
}

/* Which of the ports, and of switches, are in islands: "ab-d s". */
static char *islands(const Islands *s, const Network *net)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < network_n_ports(net); i++)
        g_string_append(text, islands_has(s, (NetEnd){false, i})
                                  ? network_end_name(net, (NetEnd){false, i})
                                  : "-");
    for (unsigned i = 0; i < network_n_switches(net); i++)
        g_string_append_printf(
            text, " %s",
            islands_has(s, (NetEnd){true, i}) ? network_end_name(net, (NetEnd){true, i}) : "-");
    return g_string_free(text, FALSE);
}

static void expect(Islands *s, const Network *net, const void *const *places, const char *expected,
                   int64_t lookahead)
{
    g_autofree char *found = NULL;

    islands_find(s, net, places);
    found = islands(s, net);
    g_assert_cmpstr(found, ==, expected);
    g_assert_cmpint(islands_lookahead(s, net).ns, ==, lookahead);
}

static void test_places(void)
{
    const void *places[] = {here, here, there, there, here, NOWHERE};
    g_autoptr(Islands) s = islands_new();
    g_autoptr(Network) net = six();

    expect(s, net, places, "abcde-", INT64_MAX);
    join(net, "a", "b", latency(2000));
    expect(s, net, places, "abcde-", INT64_MAX);
    join(net, "e", "d", latency(7000));
    expect(s, net, places, "abc---", 7000);
    add_port(net, "g");
    g_assert_false(islands_has(s, end(net, "g"))); /* came later */
}

static void test_switches(void)
{
    const void *places[] = {here, here, there, there, here, here};
    g_autoptr(Islands) s = islands_new();
    g_autoptr(Network) net = six();

    add_switch(net, "s");
    add_switch(net, "t");
    join(net, "a", "s", latency(2000));
    join(net, "s", "b", latency(3000));
    join(net, "t", "c", latency(4000));
    join(net, "d", "t", latency(5000));
    expect(s, net, places, "abcdef s t", INT64_MAX);
    join(net, "s", "t", latency(6000));
    expect(s, net, places, "----ef - -", 2000);
}

/* Who was outside stays there, and whoever is linked to it. */
static void test_outside_for_good(void)
{
    const void *places[] = {here, here, there, there, here, here};
    g_autoptr(Islands) s = islands_new();
    g_autoptr(Network) net = six();
    unsigned link, other;

    add_switch(net, "s");
    link = join(net, "a", "s", latency(2000));
    other = join(net, "c", "s", latency(2500));
    expect(s, net, places, "-b-def -", 2000);
    network_remove_link(net, link);
    network_remove_link(net, other);
    expect(s, net, places, "-b-def -", INT64_MAX);
    join(net, "a", "b", latency(3000));
    expect(s, net, places, "---def -", 3000);
    join(net, "e", "s", latency(4000));
    expect(s, net, places, "---d-f -", 3000);
}

/* That a link delivers exactly concerns the receiver alone: its island needs no other host. */
static void test_exact(void)
{
    const void *places[] = {here, here, here, there, there, there};
    LinkParams exact = {.latency = {5000}, .exact = true};
    g_autoptr(Islands) s = islands_new();
    g_autoptr(Network) net = six();

    join(net, "a", "b", exact);
    join(net, "e", "f", latency(2000));
    expect(s, net, places, "abcdef", INT64_MAX);
}

/* --- a copy --- */

#define PORTS  7
#define QUANTA 400

static void add_all(Network *net)
{
    static const char *const names[PORTS] = {"a", "b", "c", "x", "y", "z", "v"};
    LinkParams p = {.latency = {500},
                    .bandwidth = 400000000,
                    .queue = 4000,
                    .jitter = {3000},
                    .loss = 60000000,
                    .duplicate = 60000000,
                    .reorder = 60000000};

    add_switch(net, "left");
    add_switch(net, "right");
    for (unsigned i = 0; i < PORTS; i++) {
        add_port(net, names[i]);
        if (i < 6)
            join(net, names[i], i < 3 ? "left" : "right", p);
    }
}

/* What is done on the way. */
static void change(Network *net, int64_t k)
{
    LinkParams other[2] = {{.latency = {2000}, .jitter = {100}}, {.latency = {1500}}};

    switch (k) {
    case 50:
        network_set_link(net, 1, other);
        network_schedule_link(net, 0, 0, vtime(80500), false);
        network_schedule_link(net, 0, 0, vtime(120500), true);
        break;
    case 150:
        network_set_seed(net, 7);
        network_remove_link(net, 2);
        break;
    case 200:
        g_assert_true(network_set_quantum(net, vtime(Q / 2), vtime(k * Q), NULL));
        break;
    case 250:
        join(net, "c", "left", latency(700));
        break;
    default:
        break;
    }
}

static void follow(Network *copy, const Network *net)
{
    while (network_n_ops(copy) < network_n_ops(net))
        g_assert_true(network_repeat(copy, network_op(net, network_n_ops(copy)), NULL));
}

static void send_both(Network *net, Network *copy, GRand *rand, int64_t k)
{
    for (unsigned i = 0; i < 12; i++) {
        unsigned from = (unsigned)g_rand_int_range(rand, 0, PORTS), tag = (unsigned)k * 100 + i;
        uint8_t frame[64] = {2, 0, 0, 0, 0, (uint8_t)g_rand_int_range(rand, 0, PORTS)};
        VTime at = vtime((k - 1) * Q + 1 + i * 80);

        if (g_rand_int_range(rand, 0, 5) == 0)
            memset(frame, 0xff, MAC_LEN);
        memcpy(frame + MAC_LEN, (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)from}, MAC_LEN);
        memcpy(frame + 20, &tag, sizeof(tag));
        g_assert_true(network_send(net, from, at, frame, sizeof(frame)));
        if (from < 3)
            g_assert_true(network_send(copy, from, at, frame, sizeof(frame)));
    }
}

/* As at a barrier: what is due by the next one, of the ports of the island. */
static unsigned take_alike(Network *net, Network *copy, VTime until)
{
    unsigned n = 0;

    for (unsigned p = 0; p < 3; p++) {
        while (network_next(net, p, until)) {
            NetDelivery *one = network_pop(net, p), *two;

            g_assert_nonnull(network_next(copy, p, until));
            two = network_pop(copy, p);
            g_assert_cmpint(one->due.ns, ==, two->due.ns);
            g_assert_cmpint(one->sent.ns, ==, two->sent.ns);
            g_assert_cmpuint(one->sequence, ==, two->sequence);
            g_assert_cmpmem(one->data, one->size, two->data, two->size);
            network_delivered(net, one, until);
            network_refused(copy, two, until); /* of no interest there */
            n++;
        }
        g_assert_null(network_next(copy, p, until));
    }
    return n;
}

static void test_copy(void)
{
    const void *places[PORTS] = {here, here, here, there, there, there, here};
    g_autoptr(Network) net = network_new(1, vtime(Q)), copy = network_new(1, vtime(Q));
    g_autoptr(Islands) s = islands_new();
    g_autoptr(GRand) rand = g_rand_new_with_seed(42);
    unsigned n = 0;

    add_all(net);
    for (int64_t k = 1; k <= QUANTA; k++) {
        change(net, k);
        follow(copy, net);
        islands_find(s, net, places);
        for (unsigned p = 0; p < PORTS; p++)
            g_assert_true(islands_has(s, (NetEnd){false, p}));
        send_both(net, copy, rand, k);
        network_advance(net, vtime(k * Q));
        network_advance(copy, vtime(k * Q));
        n += take_alike(net, copy, vtime((k + 1) * Q));
    }
    g_assert_cmpuint(n, >, 1000);
    for (unsigned p = 3; p < PORTS; p++)
        g_assert_cmpuint(network_port_stats(copy, p)->sent, ==, 0);
}

/* --- a history that is another's --- */

static void test_wrong_history(void)
{
    static const NetOp wrong[] = {
        {.kind = NET_OP_LINK, .ends = {{false, 0}, {false, 6}}},
        {.kind = NET_OP_LINK, .ends = {{true, 0}, {false, 0}}},
        {.kind = NET_OP_LINK, .ends = {{false, 0}, {false, 0}}},
        {.kind = NET_OP_REMOVE, .link = 1},
        {.kind = NET_OP_SET, .link = 1},
        {.kind = NET_OP_SCHEDULE, .link = 1},
        {.kind = NET_OP_SCHEDULE, .link = 0, .direction = 2},
        {.kind = NET_OP_PORT, .name = "a"},
        {.kind = NET_OP_SWITCH, .name = "b"},
        {.kind = NET_OP_QUANTUM},
    };
    g_autoptr(Network) net = six();
    unsigned n;

    join(net, "a", "b", latency(2000));
    n = network_n_ops(net);
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(network_repeat(net, &wrong[i], &error));
        g_assert_nonnull(error);
        g_assert_cmpuint(network_n_ops(net), ==, n);
    }
    network_remove_link(net, 0);
    g_assert_false(network_repeat(net, network_op(net, n), NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/islands/places", test_places);
    g_test_add_func("/islands/switches", test_switches);
    g_test_add_func("/islands/outside-for-good", test_outside_for_good);
    g_test_add_func("/islands/exact", test_exact);
    g_test_add_func("/islands/copy", test_copy);
    g_test_add_func("/islands/wrong-history", test_wrong_history);
    return g_test_run();
}
