/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-trace-state.c: a trace that is saved and read over another one goes on as the first: same
 * events, clocks, relations and digests. SEED=N repeats one of the random ones.
 */
#include "controller/network/trace-state.h"

#include <stdlib.h>
#include <string.h>

#define STAMPS 20

/* A trace and the clocks of frames on their way. */
typedef struct {
    Trace *trace;
    VClock stamps[STAMPS];
} World;

static void world_clear(World *w)
{
    trace_free(w->trace);
    for (unsigned i = 0; i < STAMPS; i++)
        vclock_clear(&w->stamps[i]);
}

static unsigned any(GRand *rand, unsigned n)
{
    return (unsigned)g_rand_int_range(rand, 0, (gint32)n);
}

static void append(World *w, GRand *rand)
{
    static const char *const ports[] = {"a", "b.1", "c", "d"};
    static const char *const reasons[] = {NULL, NULL, "late", "loss"};
    unsigned names = any(rand, 12), nodes;
    g_autofree char *name = g_strdup_printf("n%u", names);
    TraceRecord r = {.kind = (TraceKind)any(rand, 3), .peer_node = TRACE_NO_NODE};
    VClock *stamp = &w->stamps[any(rand, STAMPS)];

    trace_node(w->trace, name);
    nodes = trace_n_nodes(w->trace);
    r.node = any(rand, nodes);
    r.port = ports[any(rand, 4)];
    r.reason = reasons[any(rand, 4)];
    if (any(rand, 3)) {
        r.peer_node = any(rand, nodes);
        r.peer = ports[any(rand, 4)];
    }
    r.size = any(rand, 100000);
    r.sent = vtime((int64_t)any(rand, 1000000) - 5);
    r.due = vtime((int64_t)any(rand, 1000000) * NS_PER_S);
    r.when = vtime((int64_t)any(rand, 1000000) * NS_PER_MS);
    r.queued = vtime((int64_t)any(rand, 1000000) * NS_PER_MS);
    r.bits = vtime((int64_t)any(rand, 1000000));
    r.type = (uint16_t)any(rand, 0x10000);
    r.proto = (uint16_t)any(rand, 257);
    r.digest = (uint64_t)any(rand, 1000000) << 40 | any(rand, 1000000);
    trace_append(w->trace, &r, stamp);
}

static void check_same(const Trace *a, const Trace *b)
{
    g_autoptr(GByteArray) x = g_byte_array_new(), y = g_byte_array_new();
    g_autofree char *all = trace_sha256(a), *same = trace_sha256(b);

    trace_save(a, x);
    trace_save(b, y);
    g_assert_cmpmem(x->data, x->len, y->data, y->len);
    g_assert_cmpstr(all, ==, same);
    g_assert_cmpuint(trace_count(a), ==, trace_count(b));
    g_assert_cmpuint(trace_gone(a), ==, trace_gone(b));
    for (unsigned i = 0; i < trace_n_nodes(a); i++) {
        g_autofree char *p = trace_node_sha256(a, i), *q = trace_node_sha256(b, i);

        g_assert_cmpstr(p, ==, q);
        g_assert_cmpstr(trace_node_name(a, i), ==, trace_node_name(b, i));
    }
    for (uint64_t n = trace_gone(a) + 1; n <= trace_count(a); n++) {
        g_autofree char *p = trace_format(a, trace_event(a, n, NULL));
        g_autofree char *q = trace_format(b, trace_event(b, n, NULL));
        g_autofree char *r = trace_explain(a, trace_count(a), n, NULL);
        g_autofree char *s = trace_explain(b, trace_count(b), n, NULL);

        g_assert_cmpstr(p, ==, q);
        g_assert_cmpstr(r, ==, s);
        g_assert_cmpuint(trace_event(b, n, NULL)->number, ==, n);
    }
}

static void one_seed(guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed), same = NULL;
    g_autoptr(GByteArray) saved = g_byte_array_new();
    World a = {.trace = trace_new(1 + any(rand, any(rand, 2) ? 50 : 5000))};
    World b = {.trace = trace_new(1 + any(rand, 50))};
    Reader r;

    for (unsigned i = any(rand, 300); i > 0; i--)
        append(&a, rand);
    for (unsigned i = any(rand, 300); i > 0; i--)
        append(&b, rand);
    trace_save(a.trace, saved);
    r = reader_of(saved);
    g_assert_true(trace_load(b.trace, &r, NULL));
    g_assert_null(reader_problem(&r));
    for (unsigned i = 0; i < STAMPS; i++)
        vclock_copy(&b.stamps[i], &a.stamps[i]);
    check_same(a.trace, b.trace);
    same = g_rand_copy(rand);
    for (unsigned i = any(rand, 300), k = any(same, 300); i > 0 && k > 0; i--, k--) {
        append(&a, rand);
        append(&b, same);
    }
    check_same(a.trace, b.trace);
    world_clear(&a);
    world_clear(&b);
}

static void test_futures(void)
{
    const char *only = g_getenv("SEED");

    for (guint32 i = 0; i < (only ? 1 : 100); i++) {
        guint32 seed = only ? (guint32)strtoul(only, NULL, 10) : i * 104729 + 1;

        g_test_message("SEED=%u", seed);
        one_seed(seed);
    }
}

/* Cut, or with a wrong byte, it is refused and changes nothing, or is a trace. */
static void test_damaged(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    g_autoptr(GByteArray) saved = g_byte_array_new();
    World a = {.trace = trace_new(20)}, b = {.trace = trace_new(30)};
    g_autofree uint8_t *copy = NULL;

    for (unsigned i = 0; i < 40; i++) {
        append(&a, rand);
        append(&b, rand);
    }
    trace_save(a.trace, saved);
    copy = g_memdup2(saved->data, saved->len);
    for (guint i = 0; i < 2 * saved->len; i++) {
        g_autoptr(GByteArray) before = g_byte_array_new(), after = g_byte_array_new();
        g_autoptr(GError) error = NULL;
        guint at = i % saved->len, size = i < saved->len ? at : saved->len;
        g_autofree uint8_t *cut = g_memdup2(copy, MAX(size, 1));
        Reader r = {cut, cut + size, false};

        if (size == saved->len)
            cut[at] ^= (uint8_t)(1 + at % 255);
        trace_save(b.trace, before);
        if (trace_load(b.trace, &r, &error)) {
            g_assert_cmpuint(size, ==, saved->len);
            append(&b, rand);
            continue;
        }
        g_assert_error(error, TRACE_ERROR, TRACE_ERROR_SAVED);
        trace_save(b.trace, after);
        g_assert_cmpmem(before->data, before->len, after->data, after->len);
    }
    world_clear(&a);
    world_clear(&b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace-state/futures", test_futures);
    g_test_add_func("/trace-state/damaged", test_damaged);
    return g_test_run();
}
