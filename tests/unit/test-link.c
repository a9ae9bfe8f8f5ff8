/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-link.c: fates of frames on one way of a link, against times computed by hand. */
#include "controller/network/link.h"

static const VTime quantum = {1000};

static LinkWay way_of(LinkParams params)
{
    LinkWay way;

    link_way_init(&way, &params, 1, "a-b", 0);
    return way;
}

static void arrives(LinkWay *way, int64_t at, size_t size, int64_t due)
{
    LinkFate fate = link_way_enter(way, vtime(at), size, quantum);

    g_assert_cmpint(fate.drop, ==, NET_DROP_NONE);
    g_assert_cmpuint(fate.copies, ==, 1);
    g_assert_cmpint(fate.due[0].ns, ==, due);
}

static void dropped(LinkWay *way, int64_t at, size_t size, NetDrop why)
{
    LinkFate fate = link_way_enter(way, vtime(at), size, quantum);

    g_assert_cmpint(fate.drop, ==, why);
    g_assert_cmpuint(fate.copies, ==, 0);
}

static void test_latency(void)
{
    LinkWay way = way_of((LinkParams){.latency = {5000}});

    arrives(&way, 0, 100, 5000);
    arrives(&way, 1, 100000, 5001);
    arrives(&way, 1, 60, 5001);
    link_way_clear(&way);
}

/* Below the quantum, a latency is raised; what was asked for stays readable. */
static void test_raised(void)
{
    LinkParams params = {.latency = {999}};
    LinkWay way = way_of(params);

    g_assert_cmpint(link_latency(&params, vtime(1000)).ns, ==, 1000);
    g_assert_cmpint(link_latency(&params, vtime(999)).ns, ==, 999);
    g_assert_cmpint(link_latency(&params, vtime(10)).ns, ==, 999);
    arrives(&way, 7, 100, 1007);
    g_assert_cmpint(way.params.latency.ns, ==, 999);
    link_way_clear(&way);
}

static void splits(LinkWay *way, int64_t at, size_t size, int64_t queued, int64_t bits)
{
    LinkFate fate = link_way_enter(way, vtime(at), size, quantum);

    g_assert_cmpint(fate.queued.ns, ==, queued);
    g_assert_cmpint(fate.bits.ns, ==, bits);
    g_assert_cmpint(fate.due[0].ns, ==, at + queued + bits + 5000);
}

/* What of a delay is the queue, and what the bits; with a rate that fits no ns the parts are whole
 * all the same. */
static void test_parts(void)
{
    LinkWay way = way_of((LinkParams){.latency = {5000}, .bandwidth = 1000000});
    LinkWay odd = way_of((LinkParams){.latency = {5000}, .bandwidth = 7000000000});
    LinkWay free_way = way_of((LinkParams){.latency = {5000}});

    splits(&way, 10, 60, 0, 672000);
    splits(&way, 10, 100, 672000, 992000);
    splits(&way, 1000010, 1, 664000, 672000);
    splits(&way, 10000000, 60, 0, 672000);
    splits(&odd, 0, 60, 0, 96);
    splits(&odd, 0, 61, 96, 98);  /* 97.142… */
    splits(&odd, 0, 61, 193, 98); /* of 290.28…, 291 */
    splits(&free_way, 3, 1000, 0, 0);
    link_way_set(&way, &(LinkParams){.latency = {5000}}); /* behind the one that is being sent */
    splits(&way, 10000001, 60, 671999, 0);
    link_way_clear(&way);
    link_way_clear(&odd);
    link_way_clear(&free_way);
}

/* A byte of 10 bits takes 86805.55… ns at 115,200 baud, whatever the quantum; what a shorter latency
 * than the quantum lacks comes on top, and no rate drifts. */
static void test_line(void)
{
    LinkParams params = {.bandwidth = 115200, .byte_bits = LINK_BYTE_BITS};
    LinkWay way = way_of(params);

    g_assert_cmpint(link_serialisation(&params, 1).ns, ==, 86806);
    g_assert_cmpint(link_asked_latency(&params).ns, ==, 86805);
    g_assert_cmpint(link_latency(&params, vtime(86000)).ns, ==, 86805);
    g_assert_cmpint(link_latency(&params, vtime(1000000)).ns, ==, 1000000);
    for (unsigned i = 1; i <= 9; i++) /* 9 bytes are 781250 ns sharp */
        g_assert_cmpint(link_way_enter(&way, vtime(0), 1, vtime(1000)).due[0].ns, ==,
                        (i * INT64_C(781250) + 8) / 9);
    g_assert_cmpint(link_way_enter(&way, vtime(2000000), 1, vtime(1000000)).due[0].ns, ==, 3000001);
    link_way_clear(&way);
    params.latency = vtime(5000);
    g_assert_cmpint(link_asked_latency(&params).ns, ==, 91805);
    way = way_of(params);
    g_assert_cmpint(link_way_enter(&way, vtime(7), 1, vtime(1000)).due[0].ns, ==, 7 + 86806 + 5000);
    link_way_clear(&way);
}

/* 100 bytes make 124 on the wire: 992 bits, 9920 ns at 100 Mbit/s. */
static void test_serialisation(void)
{
    LinkParams params = {.latency = {2000}, .bandwidth = 100000000};
    LinkWay way = way_of(params);

    g_assert_cmpint(link_serialisation(&params, 100).ns, ==, 9920);
    g_assert_cmpint(link_serialisation(&params, 60).ns, ==, 6720);
    g_assert_cmpint(link_serialisation(&params, 14).ns, ==, 6720);
    g_assert_cmpint(link_serialisation(&params, 1514).ns, ==, 123040);
    g_assert_cmpint(link_serialisation(&(LinkParams){.bandwidth = 0}, 1514).ns, ==, 0);
    g_assert_cmpint(link_serialisation(&(LinkParams){.bandwidth = 3}, 60).ns, ==, 224000000000);
    g_assert_cmpint(link_serialisation(&(LinkParams){.bandwidth = INT64_C(10000000000)}, 60).ns, ==,
                    68); /* 67.2 */
    arrives(&way, 1000, 100, 1000 + 9920 + 2000);
    arrives(&way, 1000, 60, 1000 + 9920 + 6720 + 2000);      /* waits for the first */
    arrives(&way, 17639, 60, 1000 + 9920 + 2 * 6720 + 2000); /* 1 ns before the second is sent */
    arrives(&way, 100000, 60, 100000 + 6720 + 2000);         /* the way is idle */
    link_way_clear(&way);
}

/* 67.2 ns each: rounding up each of them would give 80 ns more after 100 frames. */
static void test_no_drift(void)
{
    LinkWay way = way_of((LinkParams){.bandwidth = INT64_C(10000000000)});
    LinkFate fate = {0};

    arrives(&way, 0, 60, 1000 + 68);
    arrives(&way, 0, 60, 1000 + 135);
    for (unsigned i = 2; i < 100; i++)
        fate = link_way_enter(&way, vtime(0), 60, quantum);
    g_assert_cmpint(fate.due[0].ns, ==, 1000 + 6720);
    link_way_clear(&way);
}

static void test_tail_drop(void)
{
    LinkWay way = way_of((LinkParams){.bandwidth = 8000000, .queue = 1000}); /* 1 byte a µs */

    arrives(&way, 0, 476, 500000 + 1000);
    g_assert_cmpint(link_way_backlog(&way, vtime(0)), ==, 476);
    arrives(&way, 0, 476, 1000000 + 1000);
    g_assert_cmpint(link_way_backlog(&way, vtime(0)), ==, 952);
    dropped(&way, 0, 49, NET_DROP_QUEUE);
    dropped(&way, 499999, 49, NET_DROP_QUEUE);
    arrives(&way, 499999, 48, 1084000 + 1000); /* just fits: 1000 bytes */
    dropped(&way, 499999, 14, NET_DROP_QUEUE);
    arrives(&way, 500000, 476, 1584000 + 1000); /* the first has just left */
    g_assert_cmpint(link_way_backlog(&way, vtime(999999)), ==, 1000);
    g_assert_cmpint(link_way_backlog(&way, vtime(1000000)), ==, 524);
    g_assert_cmpint(link_way_backlog(&way, vtime(1084000)), ==, 476);
    g_assert_cmpint(link_way_backlog(&way, vtime(1584000)), ==, 0);
    arrives(&way, 2000000, 5000, 2000000 + 5024000 + 1000); /* an empty queue takes any frame */
    dropped(&way, 2000001, 14, NET_DROP_QUEUE);
    g_assert_cmpuint(way.stats.dropped, ==, 4);
    g_assert_cmpuint(way.stats.sent, ==, 9);
    link_way_clear(&way);
}

/* The ring of waiting frames wraps around and grows. */
static void test_long_queue(void)
{
    LinkWay way = way_of((LinkParams){.bandwidth = 8000000, .queue = 1 << 20});

    for (int64_t i = 0; i < 10; i++)
        arrives(&way, 0, 76, (i + 1) * 100000 + 1000);
    for (int64_t i = 10; i < 500; i++) /* 5 leave for every 8 that come */
        arrives(&way, 500000 + (i - 10) * 62500, 76, (i + 1) * 100000 + 1000);
    g_assert_cmpint(link_way_backlog(&way, vtime(500000 + 489 * 62500)), ==, (500 - 310) * 76);
    g_assert_cmpint(link_way_backlog(&way, vtime(49900000)), ==, 76);
    link_way_clear(&way);
}

static void test_parameters_change(void)
{
    LinkWay way = way_of((LinkParams){.latency = {9000}, .bandwidth = 8000000});

    arrives(&way, 0, 76, 100000 + 9000);
    link_way_set(&way, &(LinkParams){.latency = {1000}, .bandwidth = 16000000});
    arrives(&way, 0, 76, 150000 + 1000);
    link_way_set(&way, &(LinkParams){.latency = {1000}});
    arrives(&way, 0, 76, 150000 + 1000); /* does not overtake what waits */
    arrives(&way, 160000, 76, 160000 + 1000);
    link_way_set(&way, &(LinkParams){.latency = {50000}});
    arrives(&way, 160000, 76, 210000);
    link_way_set(&way, &(LinkParams){.latency = {1000}});
    arrives(&way, 170000, 76, 210000); /* order is kept */
    arrives(&way, 220000, 76, 221000);
    /* A rest of a ns does not survive a change of bandwidth. */
    link_way_set(&way, &(LinkParams){.bandwidth = INT64_C(10000000000)});
    arrives(&way, 300000, 60, 301068);
    link_way_set(&way, &(LinkParams){.bandwidth = INT64_C(1000000000)});
    arrives(&way, 300000, 60, 301068 + 672);
    link_way_clear(&way);
}

static void test_up_and_down(void)
{
    LinkWay way = way_of((LinkParams){.latency = {2000}});

    link_way_schedule(&way, vtime(200), true);
    link_way_schedule(&way, vtime(100), false); /* in any order */
    link_way_schedule(&way, vtime(300), true);
    link_way_schedule(&way, vtime(300), false); /* the one made last holds */
    g_assert_true(link_way_is_up(&way, vtime(99)));
    g_assert_false(link_way_is_up(&way, vtime(100)));
    g_assert_true(link_way_is_up(&way, vtime(200)));
    g_assert_false(link_way_is_up(&way, vtime(300)));
    arrives(&way, 99, 100, 2099); /* though the way is down when it arrives */
    dropped(&way, 100, 100, NET_DROP_DOWN);
    dropped(&way, 199, 100, NET_DROP_DOWN);
    arrives(&way, 200, 100, 2200);
    dropped(&way, 300, 100, NET_DROP_DOWN);
    g_assert_false(link_way_is_up(&way, vtime(301)));
    link_way_schedule(&way, vtime(301), true);
    arrives(&way, 301, 100, 2301);
    link_way_schedule(&way, vtime(200), false); /* in the past: from now on */
    dropped(&way, 301, 100, NET_DROP_DOWN);
    g_assert_cmpuint(way.stats.down, ==, 4);
    link_way_clear(&way);
}

static void test_jitter(void)
{
    LinkWay way = way_of((LinkParams){.latency = {2000}, .jitter = {500}});
    int64_t last = 0, least = INT64_MAX, most = 0;

    for (int64_t i = 0; i < 20000; i++) {
        LinkFate fate = link_way_enter(&way, vtime(i * 1000), 100, quantum);
        int64_t delay = fate.due[0].ns - i * 1000;

        g_assert_cmpint(fate.due[0].ns, >=, last);
        last = fate.due[0].ns;
        least = MIN(least, delay);
        most = MAX(most, delay);
    }
    g_assert_cmpint(least, ==, 2000);
    g_assert_cmpint(most, ==, 2500);
    for (int64_t i = 0; i < 20000; i++) { /* 1 ns apart: they push each other, but keep order */
        LinkFate fate = link_way_enter(&way, vtime(30000000 + i), 100, quantum);

        g_assert_cmpint(fate.due[0].ns, >=, last);
        g_assert_cmpint(fate.due[0].ns, <=, 30000000 + i + 2500);
        last = fate.due[0].ns;
    }
    link_way_clear(&way);
}

static bool balanced(const LinkStats *s)
{
    return s->sent + s->duplicated == s->delivered + s->lost + s->dropped + s->down;
}

/* Expected 1000, 500 and 2000 of 100000; a standard deviation is 31, 22 and 44. */
static void test_chances(void)
{
    LinkParams params = {
        .latency = {2000}, .loss = 10000000, .duplicate = 5000000, .reorder = 20000000};
    LinkWay way = way_of(params);
    LinkStats first;

    for (unsigned turn = 0; turn < 2; turn++) {
        for (int64_t i = 0; i < 100000; i++)
            way.stats.delivered += link_way_enter(&way, vtime(i * 10000), 100, quantum).copies;
        g_assert_true(balanced(&way.stats));
        g_assert_cmpuint(way.stats.lost, >, 850);
        g_assert_cmpuint(way.stats.lost, <, 1150);
        g_assert_cmpuint(way.stats.duplicated, >, 400);
        g_assert_cmpuint(way.stats.duplicated, <, 600);
        g_assert_cmpuint(way.stats.reordered, >, 1800);
        g_assert_cmpuint(way.stats.reordered, <, 2200);
        g_assert_cmpuint(way.stats.bytes, ==, 10000000);
        if (turn == 0)
            first = way.stats;
        else
            g_assert_cmpmem(&first, sizeof(first), &way.stats, sizeof(way.stats));
        link_way_clear(&way);
        way = way_of(params);
    }
    link_way_clear(&way);
}

static void test_never_and_always(void)
{
    LinkWay way = way_of((LinkParams){.loss = LINK_CERTAIN});

    for (unsigned i = 0; i < 10000; i++)
        dropped(&way, i, 100, NET_DROP_LOSS);
    link_way_set(&way, &(LinkParams){.loss = 0});
    for (unsigned i = 10000; i < 20000; i++)
        arrives(&way, i, 100, i + 1000);
    link_way_set(&way, &(LinkParams){.duplicate = LINK_CERTAIN});
    for (unsigned i = 20000; i < 30000; i++) {
        LinkFate fate = link_way_enter(&way, vtime(i), 100, quantum);

        g_assert_cmpuint(fate.copies, ==, 2);
        g_assert_cmpint(fate.due[0].ns, ==, i + 1000);
        g_assert_cmpint(fate.due[1].ns, ==, i + 1000);
    }
    link_way_clear(&way);
}

/* A frame held back is overtaken by what is sent within one more latency. */
static void test_reorder(void)
{
    LinkWay way = way_of((LinkParams){.latency = {2000}, .jitter = {0}, .reorder = LINK_CERTAIN});

    arrives(&way, 0, 100, 4000);
    link_way_set(&way, &(LinkParams){.latency = {2000}});
    arrives(&way, 1999, 100, 3999);
    arrives(&way, 2001, 100, 4001);
    g_assert_cmpuint(way.stats.reordered, ==, 1);
    link_way_clear(&way);
}

/* Which frames are lost does not depend on the other parameters. */
static void test_draws_are_independent(void)
{
    LinkWay plain = way_of((LinkParams){.loss = 100000000});
    LinkWay rich = way_of((LinkParams){.loss = 100000000,
                                       .jitter = {700},
                                       .duplicate = 300000000,
                                       .reorder = 300000000,
                                       .bandwidth = 1000000000});

    link_way_schedule(&rich, vtime(300000), false);
    link_way_schedule(&rich, vtime(400000), true);
    for (unsigned i = 0; i < 1000; i++) {
        bool down = i >= 300 && i < 400;
        NetDrop a = link_way_enter(&plain, vtime(i * 1000), 60, quantum).drop;
        NetDrop b = link_way_enter(&rich, vtime(i * 1000), 60, quantum).drop;

        g_assert_cmpint(b, ==, down ? NET_DROP_DOWN : a);
    }
    link_way_clear(&plain);
    link_way_clear(&rich);
}

/* Absurd values neither overflow nor go backwards. */
static void test_extremes(void)
{
    LinkWay way = way_of((LinkParams){.latency = {INT64_MAX},
                                      .jitter = {INT64_MAX},
                                      .bandwidth = 1,
                                      .reorder = 500000000,
                                      .duplicate = 500000000});

    for (unsigned i = 0; i < 30000; i++) {
        LinkFate fate = link_way_enter(&way, vtime(INT64_C(1) << 60), 1 << 17, quantum);

        for (unsigned k = 0; k < fate.copies; k++)
            g_assert_cmpint(fate.due[k].ns, >, INT64_C(1) << 60);
    }
    link_way_clear(&way);
    way = way_of((LinkParams){.bandwidth = INT64_MAX});
    for (unsigned i = 0; i < 100; i++)
        arrives(&way, 0, 1 << 17, 1001);
    link_way_clear(&way);
}

static void test_drop_names(void)
{
    g_assert_cmpstr(net_drop_name(NET_DROP_NONE), ==, "");
    g_assert_cmpstr(net_drop_name(NET_DROP_DOWN), ==, "down");
    g_assert_cmpstr(net_drop_name(NET_DROP_QUEUE), ==, "queue");
    g_assert_cmpstr(net_drop_name(NET_DROP_LOSS), ==, "loss");
    g_assert_cmpstr(net_drop_name(NET_DROP_NO_LINK), ==, "no-link");
    g_assert_cmpstr(net_drop_name(NET_DROP_HOPS), ==, "hops");
    g_assert_cmpstr(net_drop_name(NET_DROP_NIC), ==, "nic");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/link/latency", test_latency);
    g_test_add_func("/link/raised", test_raised);
    g_test_add_func("/link/parts", test_parts);
    g_test_add_func("/link/line", test_line);
    g_test_add_func("/link/serialisation", test_serialisation);
    g_test_add_func("/link/no-drift", test_no_drift);
    g_test_add_func("/link/tail-drop", test_tail_drop);
    g_test_add_func("/link/long-queue", test_long_queue);
    g_test_add_func("/link/parameters-change", test_parameters_change);
    g_test_add_func("/link/up-and-down", test_up_and_down);
    g_test_add_func("/link/jitter", test_jitter);
    g_test_add_func("/link/chances", test_chances);
    g_test_add_func("/link/never-and-always", test_never_and_always);
    g_test_add_func("/link/reorder", test_reorder);
    g_test_add_func("/link/draws-are-independent", test_draws_are_independent);
    g_test_add_func("/link/extremes", test_extremes);
    g_test_add_func("/link/drop-names", test_drop_names);
    return g_test_run();
}
