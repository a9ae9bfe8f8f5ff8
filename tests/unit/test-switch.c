/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-switch.c: the address table, and the heap and the frame pool under the network. */
#include "controller/network/frame.h"
#include "controller/network/heap.h"
#include "controller/network/switch.h"

#include <string.h>

static const uint8_t a[] = {0x52, 0x54, 0, 0, 0, 1}, b[] = {0x52, 0x54, 0, 0, 0, 2},
                     group[] = {0x33, 0x33, 0, 0, 0, 1},
                     broadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void at_exit(const SwitchTable *table, const uint8_t *mac, int64_t now, int expected)
{
    unsigned exit = 99;

    g_assert_cmpint(switch_table_find(table, mac, vtime(now), &exit), ==, expected >= 0);
    g_assert_cmpuint(exit, ==, expected >= 0 ? (unsigned)expected : 99);
}

static void test_learning(void)
{
    SwitchTable *table = switch_table_new();

    at_exit(table, a, 0, -1);
    switch_table_learn(table, a, 3, vtime(0));
    switch_table_learn(table, b, 0, vtime(5));
    at_exit(table, a, 10, 3);
    at_exit(table, b, 10, 0);
    switch_table_learn(table, a, 4, vtime(20)); /* it has moved */
    at_exit(table, a, 20, 4);
    g_assert_cmpuint(switch_table_size(table), ==, 2);
    switch_table_free(table);
}

static void test_groups(void)
{
    SwitchTable *table = switch_table_new();

    switch_table_learn(table, group, 1, vtime(0));
    switch_table_learn(table, broadcast, 1, vtime(0));
    at_exit(table, group, 0, -1);
    at_exit(table, broadcast, 0, -1);
    g_assert_cmpuint(switch_table_size(table), ==, 0);
    switch_table_free(table);
}

static void test_ageing(void)
{
    SwitchTable *table = switch_table_new();

    switch_table_learn(table, a, 1, vtime(1));
    at_exit(table, a, SWITCH_AGEING_NS + 1, 1);
    at_exit(table, a, SWITCH_AGEING_NS + 2, -1);
    switch_table_learn(table, a, 1, vtime(SWITCH_AGEING_NS));
    at_exit(table, a, 2 * SWITCH_AGEING_NS, 1);
    switch_table_free(table);
}

static void test_full(void)
{
    SwitchTable *table = switch_table_new();
    uint8_t mac[MAC_LEN] = {2};

    for (unsigned i = 0; i < SWITCH_TABLE_MAX + 10; i++) {
        mac[4] = (uint8_t)(i >> 8);
        mac[5] = (uint8_t)i;
        switch_table_learn(table, mac, i, vtime(i));
    }
    g_assert_cmpuint(switch_table_size(table), ==, SWITCH_TABLE_MAX);
    at_exit(table, mac, 0, -1); /* the last one was not learned */
    at_exit(table, (const uint8_t[]){2, 0, 0, 0, 0, 0}, 10, 0);
    switch_table_learn(table, (const uint8_t[]){2, 0, 0, 0, 0, 0}, 7, vtime(10));
    at_exit(table, (const uint8_t[]){2, 0, 0, 0, 0, 0}, 10, 7); /* a known one is refreshed */
    switch_table_learn(table, a, 5, vtime(SWITCH_AGEING_NS + 2000));
    at_exit(table, a, SWITCH_AGEING_NS + 2000, 5); /* in place of those aged out */
    g_assert_cmpuint(switch_table_size(table), <, SWITCH_TABLE_MAX);
    switch_table_free(table);
}

typedef struct {
    HeapEntry entry;
    unsigned place;
} Key;

static int by_key(const void *x, const void *y)
{
    const HeapEntry *p = &((const Key *)x)->entry, *q = &((const Key *)y)->entry;

    if (p->time.ns != q->time.ns)
        return p->time.ns < q->time.ns ? -1 : 1;
    if (p->rank != q->rank)
        return p->rank < q->rank ? -1 : 1;
    return p->sequence < q->sequence ? -1 : p->sequence > q->sequence;
}

/* Pushed in any order, popped in the one order. */
static void test_heap(void)
{
    enum { N = 500 };
    static Key keys[N];
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    Heap heap = {0};

    g_assert_null(heap_top(&heap));
    for (unsigned turn = 0; turn < 20; turn++) {
        for (unsigned i = 0; i < N; i++) {
            keys[i].entry = (HeapEntry){.time = {g_rand_int_range(rand, -3, 3)},
                                        .rank = g_rand_int(rand) % 3,
                                        .sequence = i};
            keys[i].entry.item = &keys[i];
        }
        for (unsigned i = 0; i < N; i++)
            heap_push(&heap, keys[i].entry);
        qsort(keys, N, sizeof(*keys), by_key);
        for (unsigned i = 0; i < N; i++) {
            const HeapEntry *top = heap_top(&heap);

            g_assert_cmpuint(top->sequence, ==, keys[i].entry.sequence);
            g_assert_true(heap_pop(&heap) == keys[i].entry.item);
        }
        g_assert_null(heap_top(&heap));
    }
    heap_clear(&heap);
    heap_clear(&heap);
}

static void test_frame_pool(void)
{
    static uint8_t data[FRAME_MAX];
    FramePool pool = {{NULL}};
    Frame *frame, *other;

    memset(data, 7, sizeof(data));
    frame = frame_new(&pool, data, 128);
    frame_ref(frame);
    frame_unref(&pool, frame);
    g_assert_cmpmem(frame->data, frame->size, data, 128);
    vclock_tick(&frame->clock, 2);
    frame_unref(&pool, frame);
    other = frame_new(&pool, data, 129); /* of another size */
    g_assert_true(other != frame);
    frame_unref(&pool, other);
    other = frame_new(&pool, data, 14); /* the same memory, as good as new */
    g_assert_true(other == frame);
    g_assert_cmpuint(other->clock.len, ==, 0);
    g_assert_cmpuint(other->size, ==, 14);
    frame_unref(&pool, other);
    other = frame_new(&pool, data, FRAME_MAX);
    g_assert_cmpmem(other->data, other->size, data, FRAME_MAX);
    frame_unref(&pool, other);
    frame_pool_clear(&pool);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/switch/learning", test_learning);
    g_test_add_func("/switch/groups", test_groups);
    g_test_add_func("/switch/ageing", test_ageing);
    g_test_add_func("/switch/full", test_full);
    g_test_add_func("/heap/order", test_heap);
    g_test_add_func("/frame/pool", test_frame_pool);
    return g_test_run();
}
