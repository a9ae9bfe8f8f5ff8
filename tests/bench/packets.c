/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packets.c: measures the CPU time of the virtual network alone, for each packet, and for each
 * barrier without packets. No QEMU takes part.
 */
#include "controller/network/network.h"

#include <string.h>

#define QUANTUM_NS (100 * NS_PER_US)
#define BURST      8 /* packets for each barrier */
#define BARRIERS   40000
#define IDLE       2000000
#define ROUNDS     5

typedef struct {
    Network *net;
    Trace *trace;
} Bed;

static uint8_t frame[1514];

/* CPU time of this thread in ns, on which other load on the host has little effect. */
static int64_t cpu_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* A network of ports 0 and 1, with a link or a switch between them. */
static Bed bed_new(bool with_switch, bool traced, LinkParams params)
{
    Bed bed = {.net = network_new(1, vtime(QUANTUM_NS))};
    LinkParams both[2] = {params, params};
    NetEnd a = {false, 0}, b = {false, 1}, sw = {true, 0};
    unsigned index;

    for (unsigned i = 0; i < 2; i++)
        g_assert_true(network_add_port(bed.net, i == 0 ? "a" : "b",
                                       (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)i}, &index, NULL));
    if (with_switch) {
        g_assert_true(network_add_switch(bed.net, "sw", &index, NULL));
        g_assert_true(network_add_link(bed.net, a, sw, both, &index, NULL));
        g_assert_true(network_add_link(bed.net, sw, b, both, &index, NULL));
    } else {
        g_assert_true(network_add_link(bed.net, a, b, both, &index, NULL));
    }
    if (traced) {
        bed.trace = trace_new(100000);
        network_set_trace(bed.net, bed.trace);
    }
    return bed;
}

static void bed_free(Bed bed)
{
    network_free(bed.net);
    trace_free(bed.trace);
}

static uint64_t barrier(Network *net, int64_t now, size_t size)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < BURST; i++) {
        unsigned from = i % 2;

        frame[5] = !from;
        frame[11] = (uint8_t)from;
        network_send(net, from, vtime(now - QUANTUM_NS + (i + 1) * NS_PER_US), frame, size);
    }
    network_advance(net, vtime(now));
    for (unsigned p = 0; p < 2; p++)
        for (; network_next(net, p, vtime(now + QUANTUM_NS)); n++)
            network_delivered(net, network_pop(net, p), vtime(now + QUANTUM_NS));
    return n;
}

/* Prints the best of several rounds, because other load on the host only adds time. */
static void packets(const char *what, bool with_switch, bool traced, size_t size, LinkParams params)
{
    Bed bed = bed_new(with_switch, traced, params);
    double best = 0;
    int64_t now = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        int64_t start = cpu_now();
        uint64_t n = 0;
        double each;

        for (unsigned k = 0; k < BARRIERS; k++)
            n += barrier(bed.net, now += QUANTUM_NS, size);
        each = (double)(cpu_now() - start) / (double)n;
        best = round == 0 ? each : MIN(best, each);
    }
    g_print("%-52s %8.1f ns a packet\n", what, best);
    bed_free(bed);
}

static void idle(void)
{
    Bed bed = bed_new(true, true, (LinkParams){.latency = {NS_PER_MS}});
    double best = 0;
    uint64_t n = 0;
    int64_t now = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        int64_t start = cpu_now();
        double each;

        for (unsigned k = 0; k < IDLE; k++) {
            network_advance(bed.net, vtime(now += QUANTUM_NS));
            for (unsigned p = 0; p < 2; p++)
                n += network_next(bed.net, p, vtime(now + QUANTUM_NS)) != NULL;
        }
        each = (double)(cpu_now() - start) / IDLE;
        best = round == 0 ? each : MIN(best, each);
    }
    g_assert_cmpuint(n, ==, 0);
    g_print("%-52s %8.1f ns a barrier\n", "nothing to do, 2 ports", best);
    bed_free(bed);
}

int main(void)
{
    LinkParams rich = {.latency = {NS_PER_MS},
                       .bandwidth = NS_PER_S,
                       .queue = 262144,
                       .jitter = {10000},
                       .loss = 1000000,
                       .duplicate = 100000,
                       .reorder = 1000000};

    idle();
    packets("64 bytes over a link", false, false, 64, (LinkParams){.latency = {NS_PER_MS}});
    packets("64 bytes over a link with all options", false, false, 64, rich);
    packets("1514 bytes over a link with all options", false, false, 1514, rich);
    packets("64 bytes through a switch", true, false, 64, (LinkParams){.latency = {NS_PER_MS}});
    packets("1514 bytes through a switch with all options", true, false, 1514, rich);
    packets("64 bytes over a link, traced", false, true, 64, (LinkParams){.latency = {NS_PER_MS}});
    packets("1514 bytes through a switch, all options, traced", true, true, 1514, rich);
    return 0;
}
