/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-remote-node-state.c: where a node stands, as bytes and back: the agent's node is copied to
 * the controller's, which has the same name and no QEMU.
 */
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"
#include "controller/remote/message.h"
#include "controller/remote/node-state.h"
#include "gdbstub-client/gdbstub.h"

#include <string.h>

static Remote elsewhere = {.name = (char *)"h"};

static Node *remote_node(void)
{
    Node *n = node_new(node_options_new("a"), 0);

    n->remote = &elsewhere;
    return n;
}

/* Nothing was launched: node_free() need not tell the host. */
static void remote_node_free(Node *n)
{
    n->state = NODE_ADDED;
    node_free(n);
}

static void stats_clear(NodeStats *s)
{
    dist_clear(&s->overshoot);
    dist_clear(&s->idle_skip);
}

static const Clock clock_there = {
    .virtual_time = {123456789012}, .icount = {987654321}, .bias = {-5}, .idle = true};

static void assert_clock(const Clock *c, const Clock *expected)
{
    g_assert_cmpint(c->virtual_time.ns, ==, expected->virtual_time.ns);
    g_assert_cmpint(c->icount.n, ==, expected->icount.n);
    g_assert_cmpint(c->bias.ns, ==, expected->bias.ns);
    g_assert_true(c->idle == expected->idle);
}

/* A node that paused, with two vCPUs (other threads are not there: 0) and some statistics. */
static GByteArray *made(NodeState state, const char *failure)
{
    g_autoptr(Node) n = node_new(node_options_new("a"), 0);
    NodeStats s = {.missed = 1, .overshot = 2, .repairs = 3, .waited_for = 99};
    GByteArray *out = g_byte_array_new();
    pid_t none = 0;

    n->disk = (NodeDisk){.there = true,
                         .mode = DISK_HOST,
                         .strict = true,
                         .unlocked = g_strdup("'/x' is not"),
                         .waited = {.read_bytes = 1, .write_bytes = 2, .faults = 3, .delay = 4}};
    n->clock = clock_there;
    n->state = state;
    n->exit_status = 3;
    n->life.resets = 2;
    n->clock_stale = true;
    if (failure)
        n->failure = g_error_new_literal(NODE_ERROR, NODE_ERROR_DIED, failure);
    g_array_append_val(n->vcpus, none);
    g_array_append_val(n->vcpus, none);
    dist_add(&s.overshoot, 0);
    dist_add(&s.overshoot, 40);
    dist_add(&s.overshoot, -40);
    dist_add(&s.idle_skip, 0);
    dist_add(&s.idle_skip, 0);
    node_state_put(out, n, &s);
    stats_clear(&s);
    return out;
}

/* From memory of exactly so many bytes. */
static bool get(const GByteArray *bytes, gsize size, Node *n, NodeStats *s)
{
    g_autofree uint8_t *copy = g_malloc(MAX(size, 1));
    Reader r = {copy, copy + size, false};

    if (size > 0)
        memcpy(copy, bytes->data, size);
    node_state_get(&r, "h", n, s);
    g_assert_true(r.at >= copy && r.at <= copy + size);
    return reader_done(&r, "outcome", NULL);
}

static void test_round_trip(void)
{
    g_autoptr(GByteArray) bytes = made(NODE_PAUSED, NULL);
    Node *n = remote_node();
    NodeStats s = {0};

    n->state = NODE_RUNNING;
    g_assert_true(get(bytes, bytes->len, n, &s));
    g_assert_cmpint(n->state, ==, NODE_PAUSED);
    g_assert_null(n->failure);
    g_assert_cmpint(n->exit_status, ==, 3);
    g_assert_cmpuint(n->life.resets, ==, 2);
    g_assert_true(n->clock_stale);
    assert_clock(&n->clock, &clock_there);
    g_assert_cmpuint(n->remote_used->len, ==, 2);
    g_assert_true(n->disk.there && n->disk.strict && !n->disk.persist);
    g_assert_cmpint(n->disk.mode, ==, DISK_HOST);
    g_assert_cmpstr(n->disk.unlocked, ==, "'/x' is not");
    g_assert_cmpuint(n->disk.waited.read_bytes, ==, 1);
    g_assert_cmpuint(n->disk.waited.write_bytes, ==, 2);
    g_assert_cmpuint(n->disk.waited.faults, ==, 3);
    g_assert_cmpuint(n->disk.waited.delay, ==, 4);
    g_assert_cmpuint(s.missed, ==, 1);
    g_assert_cmpuint(s.overshot, ==, 2);
    g_assert_cmpuint(s.repairs, ==, 3);
    g_assert_cmpuint(s.waited_for, ==, 0); /* who waited is the controller's to count */
    g_assert_cmpuint(s.overshoot.zeros, ==, 1);
    g_assert_cmpuint(s.overshoot.others->len, ==, 2);
    g_assert_cmpint(g_array_index(s.overshoot.others, int64_t, 0), ==, 40);
    g_assert_cmpint(g_array_index(s.overshoot.others, int64_t, 1), ==, -40);
    g_assert_cmpuint(s.idle_skip.zeros, ==, 2);
    g_assert_null(s.idle_skip.others);
    stats_clear(&s);
    remote_node_free(n);
}

static void test_states(void)
{
    for (unsigned state = NODE_ADDED; state < NODE_FAILED; state++) {
        g_autoptr(GByteArray) bytes = made((NodeState)state, NULL);
        Node *n = remote_node();

        n->state = NODE_RUNNING;
        g_assert_true(get(bytes, bytes->len, n, NULL));
        g_assert_cmpint(n->state, ==, state);
        remote_node_free(n);
    }
}

/* A segment's statistics are of that segment: each outcome adds. */
static void test_statistics_add(void)
{
    g_autoptr(GByteArray) bytes = made(NODE_PAUSED, NULL);
    Node *n = remote_node();
    NodeStats s = {.missed = 100, .waited_for = 7};

    dist_add(&s.idle_skip, 5);
    for (unsigned i = 0; i < 3; i++)
        g_assert_true(get(bytes, bytes->len, n, &s));
    g_assert_cmpuint(s.missed, ==, 103);
    g_assert_cmpuint(s.overshot, ==, 6);
    g_assert_cmpuint(s.repairs, ==, 9);
    g_assert_cmpuint(s.waited_for, ==, 7);
    g_assert_cmpuint(s.overshoot.zeros, ==, 3);
    g_assert_cmpuint(s.overshoot.others->len, ==, 6);
    g_assert_cmpuint(s.idle_skip.zeros, ==, 6);
    g_assert_cmpuint(s.idle_skip.others->len, ==, 1);
    stats_clear(&s);
    remote_node_free(n);
}

static void test_statistics_dropped(void)
{
    g_autoptr(GByteArray) bytes = made(NODE_OFF, NULL);
    Node *n = remote_node();

    g_assert_true(get(bytes, bytes->len, n, NULL));
    g_assert_cmpint(n->state, ==, NODE_OFF);
    remote_node_free(n);
}

/* What the vCPUs have used comes across and can be asked for; those are as many as there are. */
static void test_vcpu_time(void)
{
    static const int64_t used[] = {5, 1234567890123};
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Node *there = remote_node(), *n = remote_node();
    NodeStats s = {0};
    pid_t none = 0;

    g_array_append_vals(there->remote_used, used, 2);
    g_array_append_val(there->vcpus, none);
    g_array_append_val(there->vcpus, none);
    g_array_set_size(n->remote_used, 3);
    node_state_put(bytes, there, &s);
    g_assert_true(get(bytes, bytes->len, n, &s));
    g_assert_cmpuint(n->remote_used->len, ==, 2);
    g_assert_cmpint(node_vcpu_time(n, 0).ns, ==, used[0]);
    g_assert_cmpint(node_vcpu_time(n, 1).ns, ==, used[1]);
    g_assert_cmpint(node_vcpu_time(n, 2).ns, ==, 0); /* there is none */
    remote_node_free(there);
    remote_node_free(n);
}

/* --- failures --- */

static void test_failed(void)
{
    g_autoptr(GByteArray) bytes = made(NODE_FAILED, "node a: QEMU ended, exit status 1");
    Node *n = remote_node();

    n->state = NODE_RUNNING;
    g_assert_true(get(bytes, bytes->len, n, NULL));
    g_assert_cmpint(n->state, ==, NODE_FAILED);
    g_assert_error(n->failure, NODE_ERROR, NODE_ERROR_DIED);
    g_assert_cmpstr(n->failure->message, ==, "host h: node a: QEMU ended, exit status 1");
    assert_clock(&n->clock, &clock_there);
    remote_node_free(n);
}

/* The first failure stays: it is the cause of the others. */
static void test_failed_once(void)
{
    g_autoptr(GByteArray) bytes = made(NODE_FAILED, "second");
    Node *n = remote_node();

    node_state_fail(n, "h", "first");
    g_assert_cmpstr(n->failure->message, ==, "host h: first");
    node_state_fail(n, "h", "again");
    g_assert_true(get(bytes, bytes->len, n, NULL));
    g_assert_cmpint(n->state, ==, NODE_FAILED);
    g_assert_cmpstr(n->failure->message, ==, "host h: first");
    remote_node_free(n);
}

static void test_node_event(void)
{
    NodeEvent t = {.what = NODE_EVENT_LEFT,
                   .state = NODE_PANICKED,
                   .why = "pause",
                   .time = {123},
                   .exact = true,
                   .exit_status = 7,
                   .detail = (char *)"so"};
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    node_event_put(bytes, &t);
    for (gsize size = 0; size <= bytes->len; size++) {
        Reader r = {bytes->data, bytes->data + size, false};
        NodeEvent got = {.exit_status = 99};

        g_assert_true(node_event_get(&r, &got) == (size == bytes->len));
        g_assert_cmpint(got.exit_status, ==, size == bytes->len ? 7 : 99);
        if (size < bytes->len)
            continue;
        g_assert_true(got.what == t.what && got.state == t.state && got.exact);
        g_assert_cmpint(got.time.ns, ==, 123);
        g_assert_cmpstr(got.why, ==, "pause");
        g_assert_cmpstr(got.detail, ==, "so");
        g_free(got.detail);
    }
    bytes->data[0] = 99;
    g_assert_false(node_event_get(&(Reader){bytes->data, bytes->data + bytes->len, false}, &t));
}

/* --- malformed --- */

static void assert_untouched(const Node *n, const NodeStats *s)
{
    static const Clock zero = {0};

    g_assert_cmpint(n->state, ==, NODE_RUNNING);
    g_assert_null(n->failure);
    assert_clock(&n->clock, &zero);
    g_assert_cmpuint(n->remote_used->len, ==, 1);
    g_assert_cmpuint(s->missed + s->overshot + s->repairs, ==, 0);
    g_assert_cmpuint(s->overshoot.zeros + s->idle_skip.zeros, ==, 0);
    g_assert_null(s->overshoot.others);
    g_assert_null(s->idle_skip.others);
}

static void test_bad_state(void)
{
    static const uint8_t states[] = {NODE_FAILED + 1, 100, 255};

    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(GByteArray) bytes = made(NODE_PAUSED, NULL);
        Node *n = remote_node();
        NodeStats s = {0};

        n->state = NODE_RUNNING;
        g_array_set_size(n->remote_used, 1);
        bytes->data[0] = states[i];
        g_assert_false(get(bytes, bytes->len, n, &s));
        assert_untouched(n, &s);
        remote_node_free(n);
    }
}

/* Cut off anywhere it is bad, and neither the state nor the counters are those of a message that
 * did not come. */
static void test_truncated(void)
{
    g_autoptr(GByteArray) bytes = made(NODE_FAILED, "why");

    for (gsize size = 0; size < bytes->len; size++) {
        Node *n = remote_node();
        NodeStats s = {0};

        n->state = NODE_RUNNING;
        g_assert_false(get(bytes, size, n, &s));
        g_assert_cmpint(n->state, ==, NODE_RUNNING);
        g_assert_null(n->failure);
        g_assert_cmpuint(s.missed + s.overshot + s.repairs, ==, 0);
        stats_clear(&s);
        remote_node_free(n);
    }
}

/* State and text of an outcome, then a count of vCPUs that can't be. */
static void test_huge_count(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Node *n = remote_node();
    NodeStats s = {0};

    n->state = NODE_RUNNING;
    put_u8(bytes, NODE_PAUSED);
    put_i64(bytes, -1);
    put_u32(bytes, 0);
    put_u8(bytes, 0);
    put_text(bytes, "");
    clock_put(bytes, &n->clock);
    put_u32(bytes, UINT32_MAX);
    for (unsigned i = 0; i < 100; i++)
        put_u64(bytes, 0);
    g_array_set_size(n->remote_used, 1);
    g_assert_false(get(bytes, bytes->len, n, &s));
    assert_untouched(n, &s);
    remote_node_free(n);
}

static void put_stop(GByteArray *bytes, uint32_t kind, uint32_t watch)
{
    bytes->data[bytes->len - 1] = 1;
    put_u32(bytes, kind);
    for (unsigned i = 0; i < 1 + 1 + 8 + 8; i++)
        put_u8(bytes, (uint8_t)i);
    put_u32(bytes, watch);
    put_u64(bytes, 0x1000);
}

/* What follows the stop: where the vCPU stands, by what, the skip, the watchpoints. */
static void put_rest(GByteArray *bytes, uint32_t n_watched, uint32_t watch)
{
    put_u64(bytes, 0x2000);
    put_u8(bytes, 0);
    put_u8(bytes, 1);
    put_u64(bytes, 0x1ffc);
    put_i64(bytes, 1000);
    put_u8(bytes, 1);
    put_u32(bytes, n_watched);
    for (unsigned i = 0; i < MIN(n_watched, 100); i++) {
        put_u32(bytes, watch);
        put_u64(bytes, 0x1000);
    }
}

/* Where it stands at a point, though no stub is used here: read, and dropped. */
static void test_hit_without_stub(void)
{
    g_autoptr(GByteArray) bytes = made(NODE_PAUSED, NULL);
    Node *n = remote_node();

    put_stop(bytes, GDB_STOP_KILLED, GDB_WATCH_ACCESS);
    g_assert_false(get(bytes, bytes->len, n, NULL));
    g_assert_cmpint(n->state, ==, NODE_ADDED);
    put_rest(bytes, 1, GDB_WATCH_ACCESS);
    g_assert_true(get(bytes, bytes->len, n, NULL));
    g_assert_cmpint(n->state, ==, NODE_PAUSED);
    remote_node_free(n);
}

/* Watchpoints of a kind that there is not, or more than a hit has. */
static void test_bad_watched(void)
{
    static const uint32_t bad[][2] = {{1, GDB_WATCH_ACCESS + 1},
                                      {DEBUG_MAX_WATCHED + 1, GDB_WATCH_WRITE},
                                      {UINT32_MAX, GDB_WATCH_WRITE}};

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GByteArray) bytes = made(NODE_PAUSED, NULL);
        Node *n = remote_node();

        put_stop(bytes, 0, GDB_WATCH_WRITE);
        put_rest(bytes, bad[i][0], bad[i][1]);
        g_assert_false(get(bytes, bytes->len, n, NULL));
        g_assert_cmpint(n->state, ==, NODE_ADDED);
        remote_node_free(n);
    }
}

/* A stop that gdb could not be told of. */
static void test_bad_hit(void)
{
    static const uint32_t bad[][2] = {
        {GDB_STOP_KILLED + 1, 0}, {UINT32_MAX, 0}, {0, GDB_WATCH_ACCESS + 1}, {0, UINT32_MAX}};

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GByteArray) bytes = made(NODE_PAUSED, NULL);
        Node *n = remote_node();

        put_stop(bytes, bad[i][0], bad[i][1]);
        put_rest(bytes, 1, GDB_WATCH_WRITE);
        g_assert_false(get(bytes, bytes->len, n, NULL));
        g_assert_cmpint(n->state, ==, NODE_ADDED);
        remote_node_free(n);
    }
}

static void test_clock(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Clock c = {0};

    clock_put(bytes, &clock_there);
    for (gsize size = 0; size < bytes->len; size++) {
        Reader r = {bytes->data, bytes->data + size, false};
        static const Clock zero = {0};

        clock_get(&r, &c);
        g_assert_true(r.bad);
        assert_clock(&c, &zero); /* no half of a clock */
    }
    clock_get(&(Reader){bytes->data, bytes->data + bytes->len, false}, &c);
    assert_clock(&c, &clock_there);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remote-outcome/node-event", test_node_event);
    g_test_add_func("/remote/outcome/round-trip", test_round_trip);
    g_test_add_func("/remote/outcome/states", test_states);
    g_test_add_func("/remote/outcome/statistics/add", test_statistics_add);
    g_test_add_func("/remote/outcome/statistics/dropped", test_statistics_dropped);
    g_test_add_func("/remote/outcome/vcpu-time", test_vcpu_time);
    g_test_add_func("/remote/outcome/failed", test_failed);
    g_test_add_func("/remote/outcome/failed-once", test_failed_once);
    g_test_add_func("/remote/outcome/bad-state", test_bad_state);
    g_test_add_func("/remote/outcome/truncated", test_truncated);
    g_test_add_func("/remote/outcome/huge-count", test_huge_count);
    g_test_add_func("/remote/outcome/hit-without-stub", test_hit_without_stub);
    g_test_add_func("/remote/outcome/bad-hit", test_bad_hit);
    g_test_add_func("/remote/outcome/bad-watched", test_bad_watched);
    g_test_add_func("/remote/outcome/clock", test_clock);
    return g_test_run();
}
