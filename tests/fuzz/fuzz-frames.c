/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-frames.c: whatever guests and gateways send, each frame ends as a delivery, a drop or in a
 * switch, the counts say so, and the same frames at the same times make the same trace and capture.
 *
 * The input is a list of frames: a byte that names port and pause, two with the size, the bytes.
 * Ports 0, 1 and 2 are at a switch, 3 and 4 at a link that loses, doubles and reorders.
 */
#include "controller/network/network.h"
#include "controller/network/pcapng.h"

#include <stdlib.h>
#include <string.h>

#define PORTS   5
#define QUANTUM INT64_C(10000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static NetEnd end(const Network *net, const char *name)
{
    NetEnd e = {0};

    demand(network_find(net, name, &e, NULL));
    return e;
}

static void join(Network *net, const char *a, const char *b, LinkParams params)
{
    LinkParams both[2] = {params, params};
    unsigned link;

    demand(network_add_link(net, end(net, a), end(net, b), both, &link, NULL));
}

static Network *build(void)
{
    static const char *const names[PORTS] = {"a", "b", "c", "d", "e"};
    Network *net = network_new(1, vtime(QUANTUM));
    unsigned index;

    for (unsigned i = 0; i < PORTS; i++)
        demand(
            network_add_port(net, names[i], (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)i}, &index, NULL));
    demand(network_add_switch(net, "s", &index, NULL));
    for (unsigned i = 0; i < 3; i++)
        join(net, names[i], "s", (LinkParams){.latency = {20000}});
    join(net, "d", "e",
         (LinkParams){.latency = {50000},
                      .bandwidth = 100000000,
                      .queue = 4096,
                      .jitter = {5000},
                      .loss = LINK_CERTAIN / 8,
                      .duplicate = LINK_CERTAIN / 8,
                      .reorder = LINK_CERTAIN / 8});
    return net;
}

static void on_event(const NetEvent *e, void *data)
{
    if (e->kind == NET_DELIVERED || e->kind == NET_DROPPED)
        pcapng_packet(data, e->port, e->when, e->data, e->size, PCAPNG_INBOUND,
                      e->kind == NET_DROPPED ? net_drop_name(e->drop) : NULL);
}

/* Every port takes what is due by `now`, but for every seventh frame. */
static void deliver(Network *net, VTime now)
{
    for (unsigned port = 0; port < PORTS; port++) {
        while (network_next(net, port, now)) {
            NetDelivery *d = network_pop(net, port);

            demand(d->size >= NETWORK_FRAME_MIN && d->size <= FRAME_MAX && d->port == port);
            if (d->sequence % 7 == 6)
                network_refused(net, d, now);
            else
                network_delivered(net, d, now);
        }
    }
}

static void check_counts(const Network *net)
{
    uint64_t received = 0, arrived = 0;

    for (unsigned port = 0; port < PORTS; port++) {
        const NetPortStats *s = network_port_stats(net, port);

        demand(net_under_way(s) == 0);
        received += s->received;
        arrived += s->arrived;
    }
    demand(received == arrived);
}

/* The digest of trace and capture; free with g_free(). */
static char *run(const uint8_t *bytes, size_t len)
{
    g_autoptr(Network) net = build();
    g_autoptr(Trace) trace = trace_new(64);
    g_autoptr(GByteArray) capture = g_byte_array_new();
    g_autofree char *events = NULL, *written = NULL;
    int64_t now = 0;

    network_set_trace(net, trace);
    network_observe(net, on_event, capture);
    while (len >= 3) {
        size_t size = (size_t)(bytes[1] | bytes[2] << 8) % 2000;
        unsigned port = bytes[0] % PORTS;
        bool sent;

        now += QUANTUM * (bytes[0] >> 4);
        size = MIN(size, len - 3);
        sent = network_send(net, port, vtime(now), bytes + 3, size);
        demand(sent == (size >= NETWORK_FRAME_MIN));
        network_advance(net, vtime(now));
        deliver(net, vtime(now));
        bytes += 3 + size;
        len -= 3 + size;
    }
    for (unsigned i = 0; i < 3; i++) { /* whatever is on its way, and was given back last */
        now += NS_PER_S;
        network_advance(net, vtime(now));
        deliver(net, vtime(now));
    }
    network_advance(net, vtime(now + 1));
    check_counts(net);
    events = trace_sha256(trace);
    written = g_compute_checksum_for_data(G_CHECKSUM_SHA256, capture->data, capture->len);
    return g_strconcat(events, written, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *one = run(bytes, len), *other = run(bytes, len);

    demand(strcmp(one, other) == 0);
    return 0;
}
