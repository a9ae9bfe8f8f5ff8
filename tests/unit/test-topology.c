/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-topology.c: changes of a network's topology as bytes and back, and what is none. */
#include "controller/network/topology.h"

#include <string.h>

#define Q 1000

static Network *rich(void)
{
    Network *net = network_new(99, vtime(Q));
    LinkParams params[2] = {{.latency = {2000},
                             .bandwidth = 100000000,
                             .queue = 65536,
                             .jitter = {7},
                             .loss = 1,
                             .duplicate = LINK_CERTAIN,
                             .reorder = 12345},
                            {.latency = {5000}, .exact = true, .exact_set = true}};
    unsigned index;

    g_assert_true(network_add_port(net, "a.1", (const uint8_t[]){2, 1, 2, 3, 4, 5}, &index, NULL));
    g_assert_true(network_add_switch(net, "s", &index, NULL));
    g_assert_true(
        network_add_link(net, (NetEnd){false, 0}, (NetEnd){true, 0}, params, &index, NULL));
    for (unsigned i = 0; i < 2; i++)
        g_assert_true(network_add_port(net, i == 0 ? "a.uart1" : "b.uart0", (const uint8_t[6]){0},
                                       &index, NULL));
    g_assert_true(network_add_link(net, (NetEnd){false, 1}, (NetEnd){false, 2},
                                   (const LinkParams[2]){{.bandwidth = 9600, .byte_bits = 10},
                                                         {.bandwidth = 115200, .byte_bits = 10}},
                                   &index, NULL));
    network_schedule_link(net, 0, 1, vtime(-5), true);
    network_schedule_link(net, 0, 0, vtime(77), false);
    params[0].exact = true;
    network_set_link(net, 0, params);
    network_remove_link(net, 0);
    g_assert_true(network_set_quantum(net, vtime(50), vtime(100), NULL));
    network_set_seed(net, UINT64_MAX);
    return net;
}

static void test_same_again(void)
{
    g_autoptr(Network) net = rich(), copy = network_new(1, vtime(1));
    g_autoptr(GByteArray) out = g_byte_array_new(), again = g_byte_array_new();
    unsigned n = network_n_ops(net);
    Reader r;

    for (unsigned i = 0; i < n; i++) {
        gsize before = out->len;

        topology_put(out, network_op(net, i));
        g_assert_cmpuint(out->len - before, >=, TOPOLOGY_LEAST);
    }
    r = (Reader){out->data, out->data + out->len, false};
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *name = NULL;
        NetOp op;

        topology_get(&r, &op, &name);
        g_assert_false(r.bad);
        topology_put(again, &op);
        g_assert_true(network_repeat(copy, &op, NULL));
    }
    g_assert_null(reader_problem(&r));
    g_assert_cmpmem(out->data, out->len, again->data, again->len);
    g_byte_array_set_size(again, 0);
    for (unsigned i = 0; i < n; i++)
        topology_put(again, network_op(copy, network_n_ops(copy) - n + i));
    g_assert_cmpmem(out->data, out->len, again->data, again->len);
    g_assert_true(network_link_removed(copy, 0));
    g_assert_cmpint(network_latency(copy, 0, 1).ns, ==, network_latency(net, 0, 1).ns);
    g_assert_true(network_link_way(copy, 0, 0)->params.exact);
    g_assert_false(network_link_way(copy, 0, 0)->params.exact_set);
    g_assert_true(network_link_way(copy, 0, 1)->params.exact_set);
}

/* Cut anywhere, no change of it is whole. */
static void test_cut(void)
{
    g_autoptr(Network) net = rich();

    for (unsigned i = 0; i < network_n_ops(net); i++) {
        g_autoptr(GByteArray) out = g_byte_array_new();

        topology_put(out, network_op(net, i));
        for (guint size = 0; size < out->len; size++) {
            g_autofree uint8_t *cut = g_malloc(MAX(size, 1));
            g_autofree char *name = NULL;
            Reader r = {cut, cut + size, false};
            NetOp op;

            memcpy(cut, out->data, size);
            topology_get(&r, &op, &name);
            g_assert_true(r.bad);
        }
    }
}

static void expect_bad(const NetOp *op)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autofree char *name = NULL;
    NetOp back;
    Reader r;

    topology_put(out, op);
    r = (Reader){out->data, out->data + out->len, false};
    topology_get(&r, &back, &name);
    g_assert_true(r.bad);
}

static void test_out_of_range(void)
{
    expect_bad(&(NetOp){.kind = NET_OP_LAST + 1});
    expect_bad(&(NetOp){.kind = NET_OP_PORT, .name = ""});
    expect_bad(&(NetOp){.kind = NET_OP_PORT, .name = ".1"});
    expect_bad(&(NetOp){.kind = NET_OP_SWITCH, .name = ""});
    expect_bad(&(NetOp){.kind = NET_OP_QUANTUM, .quantum = {-1}});
    expect_bad(&(NetOp){.kind = NET_OP_LINK, .params = {{.latency = {-1}}}});
    expect_bad(&(NetOp){.kind = NET_OP_LINK, .params = {{.queue = 0}, {.bandwidth = -1}}});
    expect_bad(&(NetOp){.kind = NET_OP_SET, .params = {{.queue = -1}}});
    expect_bad(&(NetOp){.kind = NET_OP_SET, .params = {{.jitter = {-1}}}});
    expect_bad(&(NetOp){.kind = NET_OP_SET, .params = {{.loss = LINK_CERTAIN + 1}}});
    expect_bad(
        &(NetOp){.kind = NET_OP_SET, .params = {{.queue = 0}, {.reorder = LINK_CERTAIN + 1}}});
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/topology/same-again", test_same_again);
    g_test_add_func("/topology/cut", test_cut);
    g_test_add_func("/topology/out-of-range", test_out_of_range);
    return g_test_run();
}
