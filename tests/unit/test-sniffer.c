/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-sniffer.c: what captures hold of frames that are answered, lost, flooded, doubled, under way. */
#include "controller/network/sniffer.h"

#include "controller/network/conversation.h"

#include <string.h>

#define Q 1000 /* ns, the quantum */

/* Node N has the MAC address ending in N, and the IPv4 address 10.0.0.N. */
enum { HEADER = 14, IP_HEADER = 20, ICMP_SIZE = HEADER + IP_HEADER + 8 };

static const uint8_t everybody[MAC_LEN] = {255, 255, 255, 255, 255, 255};

static void put_mac(uint8_t *at, unsigned node)
{
    const uint8_t mac[MAC_LEN] = {2, 0, 0, 0, 0, (uint8_t)node};

    memcpy(at, node == 0 ? everybody : mac, MAC_LEN);
}

static void put_ip(uint8_t *frame, unsigned from, unsigned to, uint8_t proto, size_t size)
{
    static const uint8_t start[IP_HEADER] = {0x45};
    uint8_t *ip = frame + HEADER;

    memset(frame, 0, size);
    put_mac(frame, to);
    put_mac(frame + MAC_LEN, from);
    frame[12] = 8;
    memcpy(ip, start, sizeof(start));
    ip[3] = (uint8_t)(size - HEADER);
    ip[9] = proto;
    memcpy(ip + 12, (uint8_t[]){10, 0, 0, (uint8_t)from}, 4);
    memcpy(ip + 16, (uint8_t[]){10, 0, 0, (uint8_t)to}, 4);
}

static void put_echo(uint8_t *frame, unsigned from, unsigned to, bool reply, uint8_t id)
{
    put_ip(frame, from, to, 1, ICMP_SIZE);
    frame[HEADER + IP_HEADER] = reply ? 0 : 8;
    frame[HEADER + IP_HEADER + 5] = id;
}

/* --- conversations --- */

static unsigned began(Conversations *c, const uint8_t *frame, size_t size, unsigned from)
{
    return conversations_initiator(c, frame, size, from);
}

static void test_echoes(void)
{
    g_autoptr(Conversations) c = conversations_new();
    uint8_t frame[ICMP_SIZE];

    put_echo(frame, 1, 2, false, 7);
    g_assert_cmpuint(began(c, frame, sizeof(frame), 11), ==, 11);
    put_echo(frame, 2, 1, true, 7);
    g_assert_cmpuint(began(c, frame, sizeof(frame), 12), ==, 11);
    /* The other way round, by another program. */
    put_echo(frame, 2, 1, false, 8);
    g_assert_cmpuint(began(c, frame, sizeof(frame), 12), ==, 12);
    put_echo(frame, 1, 2, true, 8);
    g_assert_cmpuint(began(c, frame, sizeof(frame), 11), ==, 12);
}

static void put_ports(uint8_t *frame, unsigned from, unsigned to)
{
    frame[HEADER + IP_HEADER + 1] = (uint8_t)from;
    frame[HEADER + IP_HEADER + 3] = (uint8_t)to;
}

static void test_flows(void)
{
    g_autoptr(Conversations) c = conversations_new();
    uint8_t frame[HEADER + IP_HEADER + 20];

    for (unsigned proto = 6; proto <= 17; proto += 11) {
        put_ip(frame, 1, 2, (uint8_t)proto, sizeof(frame));
        put_ports(frame, 200, 80);
        g_assert_cmpuint(began(c, frame, sizeof(frame), 0), ==, 0);
        put_ip(frame, 2, 1, (uint8_t)proto, sizeof(frame));
        put_ports(frame, 80, 200);
        g_assert_cmpuint(began(c, frame, sizeof(frame), 1), ==, 0);
        put_ports(frame, 80, 201);
        g_assert_cmpuint(began(c, frame, sizeof(frame), 1), ==, 1);
        put_ports(frame, 200, 80); /* the same numbers, the other hosts */
        g_assert_cmpuint(began(c, frame, sizeof(frame), 1), ==, 1);
    }
}

/* The ports are in the first fragment alone: all are told by their addresses. */
static void test_fragments(void)
{
    g_autoptr(Conversations) c = conversations_new();
    uint8_t frame[ICMP_SIZE];

    put_echo(frame, 1, 2, false, 7);
    frame[HEADER + 6] = 0x20;
    g_assert_cmpuint(began(c, frame, sizeof(frame), 0), ==, 0);
    frame[HEADER + 6] = 0;
    frame[HEADER + 7] = 10;
    g_assert_cmpuint(began(c, frame, sizeof(frame), 0), ==, 0);
    put_echo(frame, 2, 1, true, 7);
    frame[HEADER + 7] = 10;
    g_assert_cmpuint(began(c, frame, sizeof(frame), 1), ==, 0);
}

static void test_arp_and_others(void)
{
    g_autoptr(Conversations) c = conversations_new();
    uint8_t arp[42] = {[12] = 8, [13] = 6, [15] = 1, [16] = 8, [18] = 6, [19] = 4};
    uint8_t other[60] = {[12] = 0x88, [13] = 0xb5}, tiny[5] = {0};

    put_mac(arp, 0);
    put_mac(arp + MAC_LEN, 1);
    arp[31] = 1;
    arp[41] = 2;
    g_assert_cmpuint(began(c, arp, sizeof(arp), 3), ==, 3);
    put_mac(arp, 1);
    put_mac(arp + MAC_LEN, 2);
    arp[31] = 2;
    arp[41] = 1;
    g_assert_cmpuint(began(c, arp, sizeof(arp), 4), ==, 3);
    put_mac(other, 1);
    put_mac(other + MAC_LEN, 2);
    g_assert_cmpuint(began(c, other, sizeof(other), 5), ==, 5);
    put_mac(other, 2);
    put_mac(other + MAC_LEN, 1);
    g_assert_cmpuint(began(c, other, sizeof(other), 6), ==, 5);
    g_assert_cmpuint(began(c, tiny, sizeof(tiny), 7), ==, 7);
}

static void test_neighbours(void)
{
    g_autoptr(Conversations) c = conversations_new();
    uint8_t frame[HEADER + 40 + 24] = {[12] = 0x86, [13] = 0xdd};

    frame[HEADER] = 0x60;
    frame[HEADER + 6] = 58;
    frame[HEADER + 40] = 135;
    frame[HEADER + 40 + 23] = 2; /* who has …02? to a group of hosts */
    frame[HEADER + 8 + 15] = 1;
    frame[HEADER + 24] = 255;
    g_assert_cmpuint(began(c, frame, sizeof(frame), 1), ==, 1);
    frame[HEADER + 40] = 136;
    frame[HEADER + 8 + 15] = 2;
    frame[HEADER + 24 + 15] = 1;
    g_assert_cmpuint(began(c, frame, sizeof(frame), 2), ==, 1);
}

static void test_many(void)
{
    g_autoptr(Conversations) c = conversations_new();
    uint8_t frame[HEADER + IP_HEADER + 20];

    put_ip(frame, 1, 2, 17, sizeof(frame));
    for (unsigned i = 0; i <= CONVERSATIONS_MAX; i++) {
        frame[HEADER + IP_HEADER] = (uint8_t)(i >> 8);
        frame[HEADER + IP_HEADER + 1] = (uint8_t)i;
        frame[HEADER + IP_HEADER + 2] = (uint8_t)(i >> 16);
        g_assert_cmpuint(began(c, frame, sizeof(frame), 1), ==, 1);
    }
    g_assert_cmpuint(began(c, frame, sizeof(frame), 2), ==, 1);
    memset(frame + HEADER + IP_HEADER, 0, 4);
    g_assert_cmpuint(began(c, frame, sizeof(frame), 2), ==, 2); /* the oldest is forgotten */
}

/* --- what captures hold --- */

typedef struct {
    Network *net;
    Sniffer *sniffer;
    GString *told;
    VTime last;
} Trial;

static void on_frame(const SniffFrame *f, void *data)
{
    Trial *t = data;

    g_assert_cmpint(f->at.ns, >=, t->last.ns);
    t->last = f->at;
    g_string_append_printf(t->told, "%s%s%" G_GINT64_FORMAT " %s %s%s%s%s",
                           t->told->len ? "\n" : "", "", f->at.ns,
                           network_end_name(t->net, f->place), f->sent ? "sent" : "received",
                           f->seen ? "" : " unseen", f->note ? " " : "", f->note ? f->note : "");
}

static void on_event(const NetEvent *e, void *data)
{
    const Trial *t = data;

    sniffer_event(t->sniffer, e);
}

/* Nodes "1", "2", … as ports 0, 1, …: two with a link (0), or three at a switch "s" (links 0 to 2). */
static void trial_begin(Trial *t, unsigned nodes, LinkParams params, SniffOptions options)
{
    LinkParams both[2] = {params, params};
    unsigned index;

    *t = (Trial){.net = network_new(1, vtime(Q)), .told = g_string_new(NULL)};
    for (unsigned i = 1; i <= nodes; i++) {
        g_autofree char *name = g_strdup_printf("%u", i);
        uint8_t mac[MAC_LEN];

        put_mac(mac, i);
        g_assert_true(network_add_port(t->net, name, mac, &index, NULL));
    }
    if (nodes == 2)
        network_add_link(t->net, (NetEnd){false, 0}, (NetEnd){false, 1}, both, &index, NULL);
    else
        network_add_switch(t->net, "s", &index, NULL);
    for (unsigned i = 0; nodes > 2 && i < nodes; i++)
        network_add_link(t->net, (NetEnd){false, i}, (NetEnd){true, 0}, both, &index, NULL);
    t->sniffer = sniffer_new(t->net, &options, on_frame, t);
    network_observe(t->net, on_event, t);
}

/* Up to the barrier `to`; nodes take in what is due at each. */
static void run(Trial *t, int64_t from, int64_t to)
{
    for (int64_t now = from + Q; now <= to; now += Q) {
        for (unsigned i = 0; i < network_n_ports(t->net); i++)
            while (network_next(t->net, i, vtime(now)))
                network_delivered(t->net, network_pop(t->net, i), vtime(now));
        network_advance(t->net, vtime(now));
    }
}

static void echo(const Trial *t, unsigned from, unsigned to, bool reply, int64_t at)
{
    uint8_t frame[ICMP_SIZE];

    put_echo(frame, from, to, reply, 1);
    g_assert_true(network_send(t->net, from - 1, vtime(at), frame, sizeof(frame)));
}

static void trial_end(Trial *t, int64_t now, const char *expected)
{
    sniffer_finish(t->sniffer, vtime(now));
    g_assert_cmpstr(t->told->str, ==, expected);
    g_string_free(t->told, TRUE);
    sniffer_free(t->sniffer);
    network_free(t->net);
}

/* A question at 100, there at 6000, answered at 6200, back at 12000: a round trip of 11900. */
static void ask(const SniffOptions *options, const char *expected)
{
    Trial t;

    trial_begin(&t, 2, (LinkParams){.latency = {5000}}, *options);
    echo(&t, 1, 2, false, 100);
    run(&t, 0, 6000);
    echo(&t, 2, 1, true, 6200);
    run(&t, 6000, 12000);
    trial_end(&t, 12000, expected);
}

static void test_round_trip(void)
{
    ask(&(SniffOptions){SNIFF_ALL, 0, false, false}, "100 1 sent\n12000 1 received");
    ask(&(SniffOptions){SNIFF_LINK, 0, false, false}, "100 1 sent\n12000 1 received");
    ask(&(SniffOptions){SNIFF_PORT, 0, false, false}, "100 1 sent\n12000 1 received");
    ask(&(SniffOptions){SNIFF_PORT, 1, false, false}, "6000 2 received\n6200 2 sent");
    ask(&(SniffOptions){SNIFF_ALL, 0, false, true}, "6000 2 received\n12000 1 received");
    ask(&(SniffOptions){SNIFF_LINK, 0, false, true}, "6000 2 received\n12000 1 received");
    ask(&(SniffOptions){SNIFF_ALL, 0, true, false},
        "100 1 sent\n6000 2 received\n6200 2 sent\n12000 1 received");
    ask(&(SniffOptions){SNIFF_LINK, 0, true, false},
        "100 1 sent\n6000 2 received\n6200 2 sent\n12000 1 received");
}

static void lose(SniffOptions options, const char *expected)
{
    Trial t;
    LinkParams lossy[2] = {{.latency = {5000}}, {.latency = {5000}, .loss = LINK_CERTAIN}};

    trial_begin(&t, 2, (LinkParams){.latency = {5000}}, options);
    echo(&t, 1, 2, false, 100);
    run(&t, 0, 6000);
    network_set_link(t.net, 0, lossy);
    echo(&t, 2, 1, true, 6200); /* lost */
    run(&t, 6000, 9000);
    network_schedule_link(t.net, 0, 0, vtime(9000), false);
    echo(&t, 1, 2, false, 9300); /* lost, as the link is down */
    run(&t, 9000, 15000);
    trial_end(&t, 15000, expected);
}

static void test_lost(void)
{
    lose((SniffOptions){SNIFF_ALL, 0, false, false},
         "100 1 sent\n6200 2 sent unseen lost: random loss\n9300 1 sent lost: the link is down");
    lose((SniffOptions){SNIFF_LINK, 0, false, false},
         "100 1 sent\n6200 2 sent unseen lost: random loss\n9300 1 sent lost: the link is down");
    lose((SniffOptions){SNIFF_ALL, 0, false, true},
         "6000 2 received\n6200 2 sent unseen lost: random loss\n"
         "9300 1 sent unseen lost: the link is down");
    lose((SniffOptions){SNIFF_PORT, 0, false, false},
         "100 1 sent\n9300 1 sent lost: the link is down");
    lose((SniffOptions){SNIFF_PORT, 1, false, false},
         "6000 2 received\n6200 2 sent lost: random loss");
    lose((SniffOptions){SNIFF_ALL, 0, true, false},
         "100 1 sent\n6000 2 received\n6200 2 sent\n9300 1 sent");
}

static void test_refused(void)
{
    Trial t;

    trial_begin(&t, 2, (LinkParams){.latency = {5000}}, (SniffOptions){.scope = SNIFF_LINK});
    echo(&t, 1, 2, false, 100);
    run(&t, 0, 5000);
    network_refused(t.net, network_pop(t.net, 1), vtime(6000));
    run(&t, 5000, 6000);
    trial_end(&t, 6000, "100 1 sent lost: the card did not take it");
}

static void under_way(SniffOptions options, const char *expected)
{
    Trial t;

    trial_begin(&t, 2, (LinkParams){.latency = {5000}}, options);
    echo(&t, 1, 2, false, 100);
    run(&t, 0, 6000);
    echo(&t, 2, 1, true, 6200);
    echo(&t, 1, 2, false, 6300);
    run(&t, 6000, 8000);
    trial_end(&t, 8000, expected);
}

static void test_under_way(void)
{
    under_way((SniffOptions){SNIFF_ALL, 0, false, false},
              "100 1 sent\n6300 1 sent under way\n8000 2 sent unseen under way");
    under_way((SniffOptions){SNIFF_LINK, 0, false, false},
              "100 1 sent\n6300 1 sent under way\n8000 2 sent unseen under way");
    under_way((SniffOptions){SNIFF_PORT, 1, false, false},
              "6000 2 received\n6200 2 sent under way");
}

/* What was sent first and is longest under way holds the later ones back, not out of order. */
static void test_order(void)
{
    Trial t;
    LinkParams slow[2] = {{.latency = {50000}}, {.latency = {50000}}};

    trial_begin(&t, 3, (LinkParams){.latency = {1000}}, (SniffOptions){.scope = SNIFF_ALL});
    network_set_link(t.net, 1, slow);
    echo(&t, 1, 2, false, 100);
    echo(&t, 3, 1, false, 200);
    run(&t, 0, 10000);
    g_assert_cmpstr(t.told->str, ==, "");
    run(&t, 10000, 60000);
    trial_end(&t, 60000, "100 1 sent\n200 3 sent");
}

/* The switch does not know where node 2 is: node 3 has the frame, too, and before. */
static void test_flooded(void)
{
    Trial t;
    LinkParams slow[2] = {{.latency = {9000}}, {.latency = {9000}}};

    trial_begin(&t, 3, (LinkParams){.latency = {1000}}, (SniffOptions){SNIFF_ALL, 0, false, true});
    network_set_link(t.net, 1, slow);
    echo(&t, 1, 2, false, 100); /* at the switch 1100, at node 3 2100, at node 2 10100 */
    echo(&t, 1, 0, false, 200); /* for all: once */
    run(&t, 0, 20000);
    trial_end(&t, 20000, "3000 3 received\n11000 2 received");
}

static void test_duplicated(void)
{
    Trial t;
    LinkParams twice = {.latency = {5000}, .duplicate = LINK_CERTAIN};

    trial_begin(&t, 2, twice, (SniffOptions){.scope = SNIFF_ALL});
    echo(&t, 1, 2, false, 100);
    run(&t, 0, 6000);
    trial_end(&t, 6000, "100 1 sent\n6000 2 received duplicate");
    trial_begin(&t, 2, twice, (SniffOptions){.scope = SNIFF_LINK});
    echo(&t, 1, 2, false, 100);
    run(&t, 0, 6000);
    trial_end(&t, 6000, "100 1 sent\n6000 2 received duplicate");
}

/* A link between a card and a switch shows both directions, with the switch as an end. */
static void test_link_of_switch(void)
{
    Trial t;

    trial_begin(&t, 3, (LinkParams){.latency = {1000}},
                (SniffOptions){.scope = SNIFF_LINK, .index = 1});
    echo(&t, 1, 2, false, 100);
    run(&t, 0, 3000);
    echo(&t, 2, 1, true, 3500);
    run(&t, 3000, 6000);
    trial_end(&t, 6000, "1100 s sent\n4500 s received");
}

/* A capture that begins when frames are under way shows what its cards still get. */
static void test_begun_late(void)
{
    Trial t;
    SniffOptions options = {SNIFF_ALL, 0, false, true};

    trial_begin(&t, 2, (LinkParams){.latency = {5000}}, options);
    network_unobserve(t.net, &t);
    echo(&t, 1, 2, false, 100);
    run(&t, 0, 2000);
    network_observe(t.net, on_event, &t);
    run(&t, 2000, 6000);
    trial_end(&t, 6000, "6000 2 received");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conversation/echoes", test_echoes);
    g_test_add_func("/conversation/flows", test_flows);
    g_test_add_func("/conversation/fragments", test_fragments);
    g_test_add_func("/conversation/arp-and-others", test_arp_and_others);
    g_test_add_func("/conversation/neighbours", test_neighbours);
    g_test_add_func("/conversation/many", test_many);
    g_test_add_func("/sniffer/round-trip", test_round_trip);
    g_test_add_func("/sniffer/lost", test_lost);
    g_test_add_func("/sniffer/refused", test_refused);
    g_test_add_func("/sniffer/under-way", test_under_way);
    g_test_add_func("/sniffer/order", test_order);
    g_test_add_func("/sniffer/flooded", test_flooded);
    g_test_add_func("/sniffer/duplicated", test_duplicated);
    g_test_add_func("/sniffer/link-of-switch", test_link_of_switch);
    g_test_add_func("/sniffer/begun-late", test_begun_late);
    return g_test_run();
}
