/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-link-options.c: link options as text, there and back, and what is refused. */
#include "controller/network/link-options.h"

/* Field by field: there is padding at the end. */
static void same(const LinkParams *a, const LinkParams *b)
{
    g_assert_cmpint(a->latency.ns, ==, b->latency.ns);
    g_assert_true(a->exact == b->exact);
    g_assert_true(a->exact_set == b->exact_set);
    g_assert_cmpint(a->bandwidth, ==, b->bandwidth);
    g_assert_cmpint(a->queue, ==, b->queue);
    g_assert_cmpint(a->jitter.ns, ==, b->jitter.ns);
    g_assert_cmpuint(a->loss, ==, b->loss);
    g_assert_cmpuint(a->duplicate, ==, b->duplicate);
    g_assert_cmpuint(a->reorder, ==, b->reorder);
}

static LinkParams set(const char *key, const char *value)
{
    LinkParams params[2] = {{.queue = 0}, {.queue = 0}};
    g_autoptr(GError) error = NULL;

    g_assert_true(link_options_set(params, key, value, LINK_BOTH, &error));
    g_assert_no_error(error);
    same(&params[0], &params[1]);
    return params[0];
}

static void refused(const char *key, const char *value, LinkOptionsError code, const char *message)
{
    LinkParams params[2] = {{.latency = {1}, .bandwidth = 2, .queue = 3, .loss = 4},
                            {.jitter = {5}, .reorder = 6}};
    LinkParams before[2] = {params[0], params[1]};
    g_autoptr(GError) error = NULL;

    g_assert_false(link_options_set(params, key, value, LINK_BOTH, &error));
    g_assert_error(error, LINK_OPTIONS_ERROR, (int)code);
    g_assert_cmpstr(error->message, ==, message);
    same(&params[0], &before[0]);
    same(&params[1], &before[1]);
}

static void test_durations(void)
{
    g_assert_cmpint(set("latency", "1ms").latency.ns, ==, 1000000);
    g_assert_cmpint(set("latency", "0ns").latency.ns, ==, 0);
    g_assert_cmpint(set("jitter", "1.5us").jitter.ns, ==, 1500);
    refused(
        "latency", "1", LINK_OPTIONS_ERROR_VALUE,
        "link option 'latency': '1' has no unit: write ns, us, ms, s, m or h behind the number");
    refused("jitter", "fast", LINK_OPTIONS_ERROR_VALUE,
            "link option 'jitter': 'fast' is not a duration: a number with a unit is expected, "
            "such as 500us, 1ms or 1.5s");
}

static void test_bandwidth(void)
{
    static const struct {
        const char *text;
        int64_t bits;
    } good[] = {{"100M", 100000000},
                {"100Mbit", 100000000},
                {"100Mbit/s", 100000000},
                {"1G", 1000000000},
                {"2.5g", 2500000000},
                {"9600", 9600},
                {"9600bit", 9600},
                {"9600bit/s", 9600},
                {"56k", 56000},
                {"0.5K", 500},
                {"1T", 1000000000000},
                {"0.000000001T", 1000},
                {"1000T", 1000000000000000},
                {"10000000000", 10000000000},
                {"44100111181K", 44100111181000},
                {"44.100111181T", 44100111181000},
                {"1000000000000000.000000000000", 1000000000000000},
                {"0.000000000001T", 1},
                {"0", 0},
                {"unlimited", 0}};
    static const char *const bad[] = {"",
                                      "fast",
                                      "-1",
                                      "1.5",
                                      "1001T",
                                      "1000.1T",
                                      "1000000000000001",
                                      "0.0000000000001T",
                                      "100MB",
                                      "1Kibit",
                                      "bit",
                                      ".",
                                      "1e6",
                                      "1M ",
                                      " 1M",
                                      "0x5",
                                      "M",
                                      "1.0000001K",
                                      "99999999999999999999",
                                      "1Mbits",
                                      "1/s/s",
                                      "1bitM",
                                      "9223372036854775807T"};

    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_cmpint(set("bandwidth", good[i].text).bandwidth, ==, good[i].bits);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *message = g_strdup_printf(
            "link option 'bandwidth' can't be '%s': write bits per second as 100M or 1.5Gbit (K, "
            "M, G, T; up to 1000T), or 'unlimited'",
            bad[i]);

        refused("bandwidth", bad[i], LINK_OPTIONS_ERROR_VALUE, message);
    }
}

static void test_queue(void)
{
    g_assert_cmpint(set("queue", "256K").queue, ==, 262144);
    g_assert_cmpint(set("queue", "1500").queue, ==, 1500);
    g_assert_cmpint(set("queue", "unlimited").queue, ==, 0);
    refused("queue", "many", LINK_OPTIONS_ERROR_VALUE,
            "link option 'queue' can't be 'many': write bytes as 256K or 1M (K, M, G), or "
            "'unlimited'");
}

static void test_probabilities(void)
{
    static const struct {
        const char *text;
        uint32_t parts;
    } good[] = {{"0.1%", 1000000},
                {"0.001", 1000000},
                {"0.01%", 100000},
                {"1%", 10000000},
                {"100%", 1000000000},
                {"1", 1000000000},
                {"1.0", 1000000000},
                {"0", 0},
                {"0%", 0},
                {".5", 500000000},
                {"0.0000001%", 1},
                {"0.000000001", 1},
                {"12.5%", 125000000},
                {"0.1000000000000%", 1000000},
                {"1.%", 10000000}};
    static const char *const bad[] = {"",
                                      "%",
                                      "rare",
                                      "101%",
                                      "1.1",
                                      "-1%",
                                      "1%%",
                                      "0.1 %",
                                      "1e-3",
                                      "0.00000001%",
                                      "0.0000000001",
                                      "1.5.1",
                                      "100.0000001%",
                                      "99999999999",
                                      "99999999999999999999%",
                                      "."};

    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_cmpuint(set("loss", good[i].text).loss, ==, good[i].parts);
        g_assert_cmpuint(set("duplicate", good[i].text).duplicate, ==, good[i].parts);
        g_assert_cmpuint(set("reorder", good[i].text).reorder, ==, good[i].parts);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *message = g_strdup_printf(
            "link option 'loss' can't be '%s': write a probability from 0 to 1 as 0.1%% or 0.001, "
            "in steps of 1e-9",
            bad[i]);

        refused("loss", bad[i], LINK_OPTIONS_ERROR_VALUE, message);
    }
}

/* A line has its rate in place of a bandwidth, whatever it was before. */
static void test_baud(void)
{
    LinkParams params[2] = {{.bandwidth = 5}, {.bandwidth = 5}};
    g_autofree char *text = NULL;

    g_assert_true(link_options_set(params, "baud", "9600", LINK_FORWARD, NULL));
    g_assert_cmpint(params[0].bandwidth, ==, 9600);
    g_assert_cmpint(params[0].byte_bits, ==, LINK_BYTE_BITS);
    g_assert_cmpint(params[1].byte_bits, ==, 0);
    g_assert_false(link_options_set(params, "bandwidth", "1M", LINK_FORWARD, NULL));
    g_assert_true(link_options_set(params, "latency", "1us", LINK_FORWARD, NULL));
    text = link_options_format(&params[0]);
    g_assert_cmpstr(text, ==, "latency=1us baud=9600");
    refused("baud", "0", LINK_OPTIONS_ERROR_VALUE,
            "link option 'baud' can't be '0': write bits per second, from 1 to 100000000");
}

static void test_unknown(void)
{
    refused("delay", "1ms", LINK_OPTIONS_ERROR_KEY,
            "unknown link option 'delay': there are latency, bandwidth, queue, jitter, loss, "
            "duplicate, reorder, delivery, baud");
    refused("", "", LINK_OPTIONS_ERROR_KEY,
            "unknown link option '': there are latency, bandwidth, queue, jitter, loss, duplicate, "
            "reorder, delivery, baud");
    g_assert_cmpuint(g_strv_length((char **)link_options_keys()), ==, 9);
}

static void test_delivery(void)
{
    LinkParams params[2] = {{.queue = 0}, {.queue = 0}};

    g_assert_true(link_options_set(params, "delivery", "exact", LINK_BACKWARD, NULL));
    g_assert_false(params[0].exact);
    g_assert_true(params[1].exact);
    g_assert_false(params[0].exact_set);
    g_assert_true(params[1].exact_set);
    g_assert_true(link_options_set(params, "delivery", "barrier", LINK_BOTH, NULL));
    g_assert_false(params[1].exact);
    g_assert_true(params[0].exact_set);
    refused("delivery", "soon", LINK_OPTIONS_ERROR_VALUE,
            "link option 'delivery' can't be 'soon': write barrier or exact");
}

static void test_directions(void)
{
    LinkParams params[2] = {{.queue = 0}, {.queue = 0}};

    g_assert_true(link_options_set(params, "latency", "1us", LINK_FORWARD, NULL));
    g_assert_true(link_options_set(params, "latency", "2us", LINK_BACKWARD, NULL));
    g_assert_cmpint(params[0].latency.ns, ==, 1000);
    g_assert_cmpint(params[1].latency.ns, ==, 2000);
    g_assert_true(link_options_set(params, "loss", "1%", LINK_BOTH, NULL));
    g_assert_cmpuint(params[0].loss, ==, 10000000);
    g_assert_cmpuint(params[1].loss, ==, 10000000);
    g_assert_cmpint(params[0].latency.ns, ==, 1000);
}

static void formats(const LinkParams *params, const char *expected)
{
    LinkParams again[2] = {{.queue = 0}, {.queue = 0}};
    g_autofree char *text = link_options_format(params);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    g_assert_cmpstr(text, ==, expected);
    for (char **w = words; *w; w++) {
        g_auto(GStrv) pair = g_strsplit(*w, "=", 2);

        g_assert_true(link_options_set(again, pair[0], pair[1], LINK_BOTH, NULL));
    }
    same(&again[0], params);
}

static void test_format(void)
{
    formats(&(LinkParams){.queue = 0}, "");
    formats(&(LinkParams){.latency = {1000000},
                          .bandwidth = 100000000,
                          .queue = 262144,
                          .jitter = {10000},
                          .loss = 1000000,
                          .duplicate = 100000,
                          .reorder = 10000000,
                          .exact = true,
                          .exact_set = true},
            "latency=1ms bandwidth=100M queue=256K jitter=10us loss=0.1% duplicate=0.01% "
            "reorder=1% delivery=exact");
    formats(&(LinkParams){.latency = {1000}, .exact_set = true}, "latency=1us delivery=barrier");
    formats(&(LinkParams){.bandwidth = 1001, .queue = 1025, .loss = 1, .reorder = LINK_CERTAIN},
            "bandwidth=1001 queue=1025 loss=0.0000001% reorder=100%");
    formats(&(LinkParams){.bandwidth = INT64_C(1000000000000000), .queue = INT64_C(1) << 60},
            "bandwidth=1000T queue=1048576T");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/link-options/durations", test_durations);
    g_test_add_func("/link-options/bandwidth", test_bandwidth);
    g_test_add_func("/link-options/queue", test_queue);
    g_test_add_func("/link-options/probabilities", test_probabilities);
    g_test_add_func("/link-options/unknown", test_unknown);
    g_test_add_func("/link-options/delivery", test_delivery);
    g_test_add_func("/link-options/baud", test_baud);
    g_test_add_func("/link-options/directions", test_directions);
    g_test_add_func("/link-options/format", test_format);
    return g_test_run();
}
