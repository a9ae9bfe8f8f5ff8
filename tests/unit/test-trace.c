/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-trace.c: lines, digests, causality and listing of packet events. */
#include "controller/network/network.h"
#include "controller/network/trace.h"

#include <string.h>

static Trace *three_nodes(size_t cap)
{
    Trace *trace = trace_new(cap);

    g_assert_cmpuint(trace_node(trace, "a"), ==, 0);
    g_assert_cmpuint(trace_node(trace, "b"), ==, 1);
    g_assert_cmpuint(trace_node(trace, "c"), ==, 2);
    g_assert_cmpuint(trace_node(trace, "b"), ==, 1);
    return trace;
}

static const char *const names[] = {"a", "b", "c"};

static uint64_t append(Trace *trace, TraceKind kind, unsigned node, unsigned peer, int64_t when,
                       VClock *stamp)
{
    TraceRecord r = {.kind = kind,
                     .node = node,
                     .peer_node = peer,
                     .port = names[node],
                     .peer = peer == TRACE_NO_NODE ? NULL : names[peer],
                     .reason = kind == TRACE_DROP ? "loss" : NULL,
                     .size = 98,
                     .sent = {1000},
                     .due = {2000},
                     .when = {when},
                     .digest = UINT64_C(0xabc)};

    return trace_append(trace, &r, stamp);
}

static void line_is(const Trace *trace, uint64_t number, const char *expected)
{
    const TraceEvent *event = trace_event(trace, number, NULL);
    g_autofree char *line = trace_format(trace, event);

    g_assert_cmpuint(event->number, ==, number);
    g_assert_cmpstr(line, ==, expected);
}

static void test_lines(void)
{
    g_autoptr(Trace) trace = three_nodes(10);
    g_auto(VClock) stamp = {0}, other = {0};

    g_assert_cmpuint(append(trace, TRACE_SEND, 0, 1, 1000, &stamp), ==, 1);
    g_assert_cmpuint(append(trace, TRACE_SEND, 2, TRACE_NO_NODE, -5, &other), ==, 2);
    g_assert_cmpuint(append(trace, TRACE_DELIVERY, 1, 0, 2000, &stamp), ==, 3);
    g_assert_cmpuint(append(trace, TRACE_DROP, 2, TRACE_NO_NODE, 1500, &other), ==, 4);
    line_is(trace, 1, "send a b 98 1000 - 1000 - 0000000000000abc [a:1]");
    line_is(trace, 2, "send c - 98 1000 - -5 - 0000000000000abc [c:1]");
    line_is(trace, 3, "delivery b a 98 1000 2000 2000 - 0000000000000abc [a:1 b:1]");
    line_is(trace, 4, "drop c - 98 1000 - 1500 loss 0000000000000abc [c:1]");
    g_assert_cmpuint(trace_count(trace), ==, 4);
    g_assert_cmpuint(trace_gone(trace), ==, 0);
}

static char *sha256(const char *text)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* Anybody can compute the digests from the lines; each node has those of its own events. */
static void test_digests(void)
{
    g_autoptr(Trace) trace = three_nodes(10);
    g_auto(VClock) stamp = {0};
    g_autofree char *nothing = sha256("");
    g_autofree char *all = sha256("send a b 98 1000 - 1000 - 0000000000000abc [a:1]\n"
                                  "delivery b a 98 1000 2000 2000 - 0000000000000abc [a:1 b:1]\n"
                                  "drop a b 98 1000 - 2500 loss 0000000000000abc [a:1]\n");
    g_autofree char *of_a = sha256("send a b 98 1000 - 1000 - 0000000000000abc [a:1]\n"
                                   "drop a b 98 1000 - 2500 loss 0000000000000abc [a:1]\n");
    g_autofree char *before = trace_sha256(trace), *after = NULL, *a = NULL, *c = NULL;

    g_assert_cmpstr(before, ==, nothing);
    append(trace, TRACE_SEND, 0, 1, 1000, &stamp);
    g_free(trace_sha256(trace)); /* reading does not end it */
    append(trace, TRACE_DELIVERY, 1, 0, 2000, &stamp);
    append(trace, TRACE_DROP, 0, 1, 2500, &stamp);
    after = trace_sha256(trace);
    a = trace_node_sha256(trace, 0);
    c = trace_node_sha256(trace, 2);
    g_assert_cmpstr(after, ==, all);
    g_assert_cmpstr(a, ==, of_a);
    g_assert_cmpstr(c, ==, nothing);
}

/* The oldest go, the digest does not notice. */
static void test_cap(void)
{
    g_autoptr(Trace) small = three_nodes(3), large = three_nodes(TRACE_DEFAULT_CAP);
    g_auto(VClock) s = {0}, l = {0};
    g_autofree char *x = NULL, *y = NULL;
    g_autoptr(GError) error = NULL;
    VClockOrder order;

    for (unsigned i = 0; i < 3000; i++) {
        append(small, i % 2 ? TRACE_DELIVERY : TRACE_SEND, i % 3, (i + 1) % 3, i, &s);
        append(large, i % 2 ? TRACE_DELIVERY : TRACE_SEND, i % 3, (i + 1) % 3, i, &l);
    }
    x = trace_sha256(small);
    y = trace_sha256(large);
    g_assert_cmpstr(x, ==, y);
    g_assert_cmpuint(trace_gone(small), ==, 2997);
    g_assert_cmpuint(trace_gone(large), ==, 0);
    g_assert_null(trace_event(small, 2997, &error));
    g_assert_error(error, TRACE_ERROR, TRACE_ERROR_GONE);
    g_assert_cmpstr(error->message, ==,
                    "packet event 2997 is no longer kept: the oldest in memory is 2998");
    g_clear_error(&error);
    g_assert_false(trace_relation(small, 3000, 1, &order, &error));
    g_assert_error(error, TRACE_ERROR, TRACE_ERROR_GONE);
    g_clear_error(&error);
    g_assert_null(trace_event(small, 0, &error));
    g_assert_error(error, TRACE_ERROR, TRACE_ERROR_UNKNOWN);
    g_clear_error(&error);
    g_assert_false(trace_relation(small, 3001, 3000, &order, &error));
    g_assert_error(error, TRACE_ERROR, TRACE_ERROR_UNKNOWN);
    g_assert_cmpstr(error->message, ==,
                    "there is no packet event 3001: 3000 happened so far, numbered from 1");
    g_assert_cmpuint(trace_event(small, 2998, NULL)->number, ==, 2998);
    g_assert_cmpint(vclock_compare(&trace_event(small, 2998, NULL)->clock,
                                   &trace_event(large, 2998, NULL)->clock),
                    ==, VCLOCK_EQUAL);
    g_assert_cmpuint(trace_find(small, (TraceFilter){TRACE_NO_NODE, TRACE_NO_NODE}, 1)->number, ==,
                     2998);
}

static void related(const Trace *trace, uint64_t a, uint64_t b, VClockOrder expected)
{
    VClockOrder order, mirror;

    g_assert_true(trace_relation(trace, a, b, &order, NULL));
    g_assert_true(trace_relation(trace, b, a, &mirror, NULL));
    g_assert_cmpint(order, ==, expected);
    if (expected == VCLOCK_BEFORE)
        g_assert_cmpint(mirror, ==, VCLOCK_AFTER);
    else
        g_assert_cmpint(mirror, ==, expected);
}

/* a sends to b, b then sends to c; c sends meanwhile, and its frame is lost. */
static void test_relations(void)
{
    g_autoptr(Trace) trace = three_nodes(10);
    g_auto(VClock) ab = {0}, bc = {0}, lost = {0};

    append(trace, TRACE_SEND, 0, 1, 1, &ab);     /* 1 */
    append(trace, TRACE_SEND, 2, 0, 2, &lost);   /* 2 */
    append(trace, TRACE_DROP, 2, 0, 3, &lost);   /* 3 */
    append(trace, TRACE_DELIVERY, 1, 0, 4, &ab); /* 4 */
    append(trace, TRACE_SEND, 1, 2, 5, &bc);     /* 5 */
    append(trace, TRACE_DELIVERY, 2, 1, 6, &bc); /* 6 */
    related(trace, 1, 1, VCLOCK_EQUAL);
    related(trace, 1, 4, VCLOCK_BEFORE);
    related(trace, 1, 5, VCLOCK_BEFORE);
    related(trace, 1, 6, VCLOCK_BEFORE);
    related(trace, 4, 6, VCLOCK_BEFORE);
    related(trace, 1, 2, VCLOCK_CONCURRENT);
    related(trace, 2, 5, VCLOCK_CONCURRENT);
    related(trace, 2, 6, VCLOCK_BEFORE); /* the same node */
    related(trace, 2, 3, VCLOCK_BEFORE);
    related(trace, 3, 6, VCLOCK_CONCURRENT); /* c never learned of the loss */
    related(trace, 1, 3, VCLOCK_CONCURRENT);
    related(trace, 3, 3, VCLOCK_EQUAL);
}

static void explained(const Trace *trace, uint64_t a, uint64_t b, const char *expected)
{
    g_autofree char *text = trace_explain(trace, a, b, NULL);

    g_assert_cmpstr(text, ==, expected);
}

/* a sends to b; c's frame is lost. */
static void test_explained(void)
{
    g_autoptr(Trace) trace = three_nodes(10);
    g_auto(VClock) ab = {0}, lost = {0};
    g_autoptr(GError) error = NULL;

    append(trace, TRACE_SEND, 0, 1, 1, &ab);        /* 1 */
    append(trace, TRACE_SEND, 2, 0, 2000, &lost);   /* 2 */
    append(trace, TRACE_DELIVERY, 1, 0, 4000, &ab); /* 3 */
    append(trace, TRACE_DROP, 2, 0, 5000, &lost);   /* 4 */
    explained(trace, 1, 3,
              "1 happened before 3: send a at 0.000000001s [a:1] against delivery b at "
              "0.000004000s [a:1 b:1]");
    explained(trace, 3, 1,
              "3 happened after 1: delivery b at 0.000004000s [a:1 b:1] against send a at "
              "0.000000001s [a:1]");
    explained(trace, 3, 2,
              "3 is concurrent with 2: delivery b at 0.000004000s [a:1 b:1] against send c at "
              "0.000002000s [c:1]");
    explained(trace, 2, 2,
              "2 is 2: send c at 0.000002000s [c:1] against send c at 0.000002000s [c:1]");
    explained(trace, 4, 1,
              "4 is concurrent with 1: drop c at 0.000005000s [c:1] against send a at "
              "0.000000001s [a:1]; no node learns of a drop");
    g_assert_null(trace_explain(trace, 1, 5, &error));
    g_assert_error(error, TRACE_ERROR, TRACE_ERROR_UNKNOWN);
}

enum { STORIES = 20, PACKETS = 40, PLACES = 3 };

/* A story of sends and deliveries (some frames are delivered twice, some never): the trace says of
 * each two events what following the frames says. */
static void make_story(GRand *rand)
{
    g_autoptr(Trace) trace = three_nodes(TRACE_DEFAULT_CAP);
    static bool reach[2 * PACKETS + 1][2 * PACKETS + 1];
    VClock stamps[PACKETS] = {{0}};
    uint64_t sending[PACKETS], last[PLACES] = {0}, n = 0, sent = 0;

    while (n < 2 * PACKETS) {
        unsigned node = (unsigned)g_rand_int_range(rand, 0, PLACES);
        uint64_t cause = 0, number;

        if (sent == 0 || (sent < PACKETS && g_rand_boolean(rand))) {
            number = append(trace, TRACE_SEND, node, TRACE_NO_NODE, (int64_t)n, &stamps[sent]);
            sending[sent++] = number;
        } else {
            unsigned frame = (unsigned)g_rand_int_range(rand, 0, (gint32)sent);

            number = append(trace, TRACE_DELIVERY, node, TRACE_NO_NODE, (int64_t)n, &stamps[frame]);
            cause = sending[frame];
        }
        g_assert_cmpuint(number, ==, ++n);
        for (uint64_t e = 1; e < n; e++)
            reach[e][n] = (last[node] > 0 && (e == last[node] || reach[e][last[node]])) ||
                          (cause > 0 && (e == cause || reach[e][cause]));
        last[node] = n;
    }
    for (uint64_t a = 1; a <= n; a++)
        for (uint64_t b = a + 1; b <= n; b++)
            related(trace, a, b, reach[a][b] ? VCLOCK_BEFORE : VCLOCK_CONCURRENT);
    for (unsigned i = 0; i < PACKETS; i++)
        vclock_clear(&stamps[i]);
}

static void test_stories(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);

    for (unsigned i = 0; i < STORIES; i++)
        make_story(rand);
}

static unsigned count(const Trace *trace, unsigned a, unsigned b)
{
    unsigned n = 0;
    uint64_t last = 0;

    for (const TraceEvent *e = trace_find(trace, (TraceFilter){a, b}, 1); e;
         e = trace_find(trace, (TraceFilter){a, b}, e->number + 1)) {
        g_assert_cmpuint(e->number, >, last);
        last = e->number;
        n++;
    }
    return n;
}

static void test_listing(void)
{
    g_autoptr(Trace) trace = three_nodes(10);
    g_auto(VClock) stamp = {0};

    g_assert_cmpuint(count(trace, TRACE_NO_NODE, TRACE_NO_NODE), ==, 0);
    append(trace, TRACE_SEND, 0, 1, 1, &stamp);
    append(trace, TRACE_DELIVERY, 1, 0, 2, &stamp);
    append(trace, TRACE_SEND, 2, TRACE_NO_NODE, 3, &stamp);
    append(trace, TRACE_DELIVERY, 0, 2, 4, &stamp);
    append(trace, TRACE_DELIVERY, 1, 2, 4, &stamp);
    append(trace, TRACE_SEND, 0, 0, 5, &stamp); /* between two ports of a */
    g_assert_cmpuint(count(trace, TRACE_NO_NODE, TRACE_NO_NODE), ==, 6);
    g_assert_cmpuint(count(trace, 0, TRACE_NO_NODE), ==, 4);
    g_assert_cmpuint(count(trace, TRACE_NO_NODE, 2), ==, 3);
    g_assert_cmpuint(count(trace, 0, 1), ==, 2);
    g_assert_cmpuint(count(trace, 1, 0), ==, 2);
    g_assert_cmpuint(count(trace, 2, 1), ==, 1);
    g_assert_cmpuint(count(trace, 0, 0), ==, 1);
    g_assert_cmpuint(count(trace, 1, 1), ==, 0);
}

/* Where the last few that match begin. */
static void test_tail(void)
{
    const TraceFilter all = {TRACE_NO_NODE, TRACE_NO_NODE}, of_a = {0, TRACE_NO_NODE};
    g_autoptr(Trace) trace = three_nodes(4);
    g_auto(VClock) stamp = {0};

    g_assert_cmpuint(trace_find_node(trace, "c"), ==, 2);
    g_assert_cmpuint(trace_find_node(trace, "d"), ==, TRACE_NO_NODE);
    g_assert_cmpuint(trace_tail(trace, all, 5), ==, 0);
    append(trace, TRACE_SEND, 0, 1, 1, &stamp);             /* 1, gone at the end */
    append(trace, TRACE_DELIVERY, 1, 0, 2, &stamp);         /* 2 */
    append(trace, TRACE_SEND, 2, TRACE_NO_NODE, 3, &stamp); /* 3 */
    append(trace, TRACE_DELIVERY, 0, 2, 4, &stamp);         /* 4 */
    g_assert_cmpuint(trace_tail(trace, of_a, 5), ==, 1);
    append(trace, TRACE_SEND, 2, 1, 5, &stamp); /* 5 */
    g_assert_cmpuint(trace_tail(trace, all, 1), ==, 5);
    g_assert_cmpuint(trace_tail(trace, all, 4), ==, 2);
    g_assert_cmpuint(trace_tail(trace, all, 100), ==, 2);
    g_assert_cmpuint(trace_tail(trace, of_a, 1), ==, 4);
    g_assert_cmpuint(trace_tail(trace, of_a, 2), ==, 2);
    g_assert_cmpuint(trace_tail(trace, of_a, 100), ==, 2);
    g_assert_cmpuint(trace_tail(trace, (TraceFilter){1, 2}, 100), ==, 5);
    g_assert_cmpuint(trace_tail(trace, (TraceFilter){0, 1}, 0), ==, 0);
}

typedef struct {
    Network *net;
    GString *seen;
} Watch;

static void observe(const NetEvent *e, void *data)
{
    static const char *const kinds[] = {"send", "delivery", "drop"};
    Watch *watch = data;
    NetEnd port = {false, e->port};

    if (e->kind > NET_DROPPED)
        return;
    g_string_append_printf(watch->seen, "%" G_GUINT64_FORMAT " %s %s %s%s%d/%u %zu\n",
                           e->trace_number, kinds[e->kind], network_end_name(watch->net, port),
                           net_drop_name(e->drop), e->late ? "late" : "",
                           e->has_link ? (int)e->link : -1, e->direction, e->size);
}

static void send_frame(Network *net, unsigned from, unsigned to, int64_t at)
{
    uint8_t frame[60] = {0};

    frame[5] = (uint8_t)to;
    frame[11] = (uint8_t)from;
    g_assert_true(network_send(net, from, vtime(at), frame, sizeof(frame)));
}

/* Ports a (0) and b (1) at switch sw, c (2) alone. */
static Network *small_net(void)
{
    Network *net = network_new(1, vtime(1000));
    LinkParams params[2] = {{.latency = {1000}}, {.latency = {1000}}};
    unsigned index;

    for (unsigned i = 0; i < 3; i++)
        g_assert_true(network_add_port(net, names[i], (const uint8_t[]){0, 0, 0, 0, 0, (uint8_t)i},
                                       &index, NULL));
    g_assert_true(network_add_switch(net, "sw", &index, NULL));
    for (unsigned i = 0; i < 2; i++)
        g_assert_true(
            network_add_link(net, (NetEnd){false, i}, (NetEnd){true, 0}, params, &index, NULL));
    return net;
}

/* What a network tells its observer and its trace. */
static void test_of_network(void)
{
    g_autoptr(Trace) trace = trace_new(100);
    g_autoptr(Network) net = small_net();
    Watch watch = {net, g_string_new(NULL)};

    network_set_trace(net, trace);
    network_observe(net, observe, &watch);
    network_schedule_link(net, 0, 0, vtime(500), false);
    send_frame(net, 2, 0, 10);
    send_frame(net, 0, 1, 0);
    send_frame(net, 0, 1, 1);
    send_frame(net, 0, 1, 500);
    network_advance(net, vtime(1000));
    network_advance(net, vtime(2000));
    network_delivered(net, network_pop(net, 1), vtime(3000));
    network_refused(net, network_pop(net, 1), vtime(4000));
    send_frame(net, 1, 0, 3000);
    network_advance(net, vtime(4000));
    network_advance(net, vtime(5000));
    network_delivered(net, network_pop(net, 0), vtime(6000));
    network_advance(net, vtime(6000));
    g_assert_cmpstr(watch.seen->str, ==,
                    "1 send a 0/0 60\n"
                    "2 send a 0/0 60\n"
                    "3 send c -1/0 60\n"
                    "4 drop c no-link-1/0 60\n"
                    "5 send a 0/0 60\n"
                    "6 drop a down0/0 60\n"
                    "7 send b 1/0 60\n"
                    "8 delivery b late1/1 60\n"
                    "9 drop a nic1/1 60\n"
                    "10 delivery a late0/1 60\n");
    line_is(trace, 8, "delivery b a 60 0 2000 3000 late 0b3ef884b4f9301c [a:1 b:2]");
    g_string_free(watch.seen, TRUE);
}

/* Frames that were sent before there was a trace know of nothing. */
static void test_attached_later(void)
{
    g_autoptr(Trace) trace = trace_new(100);
    g_autoptr(Network) net = small_net();

    send_frame(net, 0, 1, 0);
    network_advance(net, vtime(1000));
    network_set_trace(net, trace);
    network_delivered(net, network_pop(net, 1), vtime(2000));
    network_advance(net, vtime(2000));
    network_set_trace(net, NULL);
    send_frame(net, 0, 1, 3000);
    network_advance(net, vtime(9000));
    g_assert_cmpuint(trace_count(trace), ==, 1);
    line_is(trace, 1, "delivery b a 60 0 2000 2000 - 0b3ef884b4f9301c [b:1]");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace/lines", test_lines);
    g_test_add_func("/trace/digests", test_digests);
    g_test_add_func("/trace/cap", test_cap);
    g_test_add_func("/trace/relations", test_relations);
    g_test_add_func("/trace/explained", test_explained);
    g_test_add_func("/trace/stories", test_stories);
    g_test_add_func("/trace/listing", test_listing);
    g_test_add_func("/trace/tail", test_tail);
    g_test_add_func("/trace/of-network", test_of_network);
    g_test_add_func("/trace/attached-later", test_attached_later);
    return g_test_run();
}
