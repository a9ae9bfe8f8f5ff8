/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-remote-orders.c: orders of a controller that are not whole, out of range, or name a thing
 * twice. */
#include "controller/remote/orders.h"
#include "controller/remote/save-orders.h"

#include <string.h>

static const SegmentOrder usual = {.quantum = {1000},
                                   .first = {1000},
                                   .count = 10,
                                   .grant_quanta = 1,
                                   .next_barrier = {1000},
                                   .exits = ORDER_NOBODY};

static Reader all_of(const GByteArray *out)
{
    return (Reader){out->data, out->data + out->len, false};
}

static bool segment_is_taken(const SegmentOrder *o, const unsigned *members, unsigned n,
                             unsigned cards)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    SegmentOrder got;
    Reader r;

    segment_order_put(out, o);
    put_u32(out, n);
    for (unsigned i = 0; i < n; i++)
        order_member_put(out, (OrderMember){members[i], vtime(-5)});
    put_u32(out, cards);
    for (unsigned i = 0; i < cards; i++)
        order_card_put(out, (OrderCard){0, true, vtime(INT64_MIN)});
    put_u32(out, 0);
    r = all_of(out);
    if (segment_order_get(&r, &got, &error))
        return true;
    g_assert_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL);
    return false;
}

static void test_segment(void)
{
    SegmentOrder o = usual;

    g_assert_true(segment_is_taken(&o, (unsigned[]){3, 4}, 2, 1));
    g_assert_false(segment_is_taken(&o, (unsigned[]){3, 3}, 2, 1));
    g_assert_false(segment_is_taken(&o, (unsigned[]){3, 4}, 2, 2));
    g_assert_false(segment_is_taken(&o, NULL, 0, 1));
    o.quantum = vtime(0);
    g_assert_false(segment_is_taken(&o, (unsigned[]){3}, 1, 0));
    o = usual;
    o.grant_quanta = 0;
    g_assert_false(segment_is_taken(&o, (unsigned[]){3}, 1, 0));
    o = usual;
    o.count = INT64_MAX / 1000;
    g_assert_false(segment_is_taken(&o, (unsigned[]){3}, 1, 0));
    o = usual;
    o.first = vtime(INT64_MAX);
    g_assert_false(segment_is_taken(&o, (unsigned[]){3}, 1, 0));
}

static bool step_is_taken(const StepRequest *step, unsigned cut)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    StepRequest got = {.vcpu = 77};
    unsigned node;
    VTime epoch;
    Reader r;

    step_order_put(out, 2, vtime(-1000), step);
    r = all_of(out);
    r.end -= cut;
    if (!step_order_get(&r, &node, &epoch, &got, NULL))
        return false;
    g_assert_cmpuint(node, ==, 2);
    g_assert_cmpint(epoch.ns, ==, -1000);
    g_assert_cmpint(got.vcpu, ==, step->vcpu);
    g_assert_cmpint(got.manner, ==, step->manner);
    return true;
}

static void test_step(void)
{
    StepRequest step = {.manner = STEP_ACCESS, .vcpu = -1, .fence_us = 5};

    g_assert_true(step_is_taken(&step, 0));
    g_assert_false(step_is_taken(&step, 1));
    step.manner = (StepManner)(STEP_ACCESS + 1);
    g_assert_false(step_is_taken(&step, 0));
    step.manner = STEP_LIVE;
    step.vcpu = -2;
    g_assert_false(step_is_taken(&step, 0));
    step.vcpu = 1024;
    g_assert_false(step_is_taken(&step, 0));
    step.vcpu = 0;
    step.fence_us = -1;
    g_assert_false(step_is_taken(&step, 0));
}

/* A command that was cut off is not carried out in part. */
static void test_qmp(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    QmpOrder order;

    put_u32(out, 1);
    put_u8(out, 0);
    put_text(out, "system_reset");
    put_text(out, "{}");
    for (guint size = 0; size <= out->len; size++) {
        Reader r = {out->data, out->data + size, false};
        bool whole = qmp_order_get(&r, &order, NULL);

        g_assert_true(whole == (size == out->len));
        if (whole)
            g_assert_cmpstr(order.command, ==, "system_reset");
        qmp_order_clear(&order);
    }
}

static void test_node(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    NodeOrder order;
    Reader r;

    put_u32(out, 1);
    put_text(out, "a");
    put_text(out, "");
    put_u8(out, 0);
    put_u32(out, 1);
    put_text(out, "arch");
    put_text(out, "abacus");
    r = all_of(out);
    g_assert_false(node_order_get(&r, &order, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_clear_error(&error);
    put_u8(out, 0);
    r = all_of(out);
    g_assert_false(node_order_get(&r, &order, &error));
    g_assert_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL);
}

static void test_frames(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    static const uint8_t bytes[20] = {0};
    OrderFrame frame = {1, 2, vtime(3), bytes, sizeof(bytes)}, got;
    Reader r, frames;

    put_u32(out, 1);
    order_frame_put(out, &frame);
    r = all_of(out);
    g_assert_true(grant_order_get(&r, &frames, NULL));
    g_assert_true(order_next_frame(&frames, &got));
    g_assert_cmpint(got.due.ns, ==, 3);
    g_assert_cmpmem(got.data, got.size, bytes, sizeof(bytes));
    g_assert_false(order_next_frame(&frames, &got));
    g_byte_array_set_size(out, 0);
    frame.size = 3; /* less than a header */
    put_u32(out, 1);
    order_frame_put(out, &frame);
    r = all_of(out);
    g_assert_false(grant_order_get(&r, &frames, NULL));
}

/* Cards and frames of a step's way; a message that was cut off, or holds a card twice, is none. */
static void test_cards(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    static const uint8_t bytes[20] = {0};
    CardsOrder order = {vtime(1), vtime(2), vtime(3), vtime(4), {0}, {0}}, got;
    OrderFrame frame;
    OrderCard card;

    for (unsigned second = 0; second < 2; second++) {
        g_byte_array_set_size(out, 0);
        cards_order_put(out, &order);
        put_u32(out, 2);
        order_card_put(out, (OrderCard){0, true, vtime(INT64_MIN)});
        order_card_put(out, (OrderCard){second, false, vtime(INT64_MAX)});
        put_u32(out, 1);
        order_frame_put(out, &(OrderFrame){1, 2, vtime(3), bytes, sizeof(bytes)});
        for (guint size = 0; size <= out->len; size++) {
            Reader r = {out->data, out->data + size, false};

            g_assert_true(cards_order_get(&r, &got, NULL) == (second == 1 && size == out->len));
        }
    }
    g_assert_cmpint(got.now.ns, ==, 2);
    g_assert_cmpint(got.until.ns, ==, 3);
    g_assert_true(order_next_card(&got.cards, &card) && card.exact);
    g_assert_true(order_next_frame(&got.frames, &frame) && frame.id == 2);
}

static void test_saved_nodes(void)
{
    for (unsigned second = 1; second <= 2; second++) {
        g_autoptr(GByteArray) out = g_byte_array_new();

        put_u8(out, 1);
        put_text(out, "");
        put_u32(out, 2);
        for (unsigned i = 0; i < 2; i++) {
            put_u32(out, i == 0 ? 1 : second);
            put_u32(out, 7 * i);
            put_text(out, "11.1");
        }
        for (guint size = 0; size <= out->len; size++) {
            Reader r = {out->data, out->data + size, false};
            g_auto(SaveOrder) got = {0};

            g_assert_true(restore_order_get(&r, &got, NULL) == (second == 2 && size == out->len));
            g_assert_true(!got.nodes || (got.keep_ram && got.nodes->len == 2));
        }
    }
}

/* A machine without a number can't be saved. */
static void test_save(void)
{
    for (unsigned number = 0; number < 2; number++) {
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_auto(SaveOrder) got = {0};
        Reader r;

        put_i64(out, 5);
        put_u32(out, 1);
        put_u32(out, 3);
        put_u32(out, number);
        r = all_of(out);
        g_assert_true(save_order_get(&r, &got, NULL) == (number == 1));
    }
}

static void test_parts(void)
{
    static const char *const names[][3] = {{"devices", "ram", "drive0"},
                                           {"devices", "drive0", "ram"},
                                           {"ram", "devices", "drive0"},
                                           {"devices", "ram", "ram"},
                                           {"devices", "ram", "devices"}};

    for (unsigned k = 0; k < G_N_ELEMENTS(names); k++) {
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_auto(PartsOrder) parts = {0}, got = {0};
        Reader r;

        parts_order_init(&parts, false);
        for (unsigned i = 0; i < 3; i++)
            parts_order_add(&parts, names[k][i], 4096 * i);
        parts_order_put(out, &parts);
        r = all_of(out);
        g_assert_true(parts_order_get(&r, &got, NULL) == (k == 0));
        g_assert_true(k > 0 || g_array_index(got.sizes, int64_t, 2) == 8192);
    }
}

static void test_places(void)
{
    for (unsigned negative = 0; negative < 2; negative++) {
        g_autoptr(GByteArray) out = g_byte_array_new();
        PartOrder got;
        Reader r;

        put_u32(out, 1);
        put_u32(out, 2);
        put_u64(out, negative ? UINT64_MAX : 4096);
        put_bytes(out, "abc", 3);
        r = all_of(out);
        g_assert_true(fill_order_get(&r, &got, NULL) == !negative);
        g_assert_true(negative || (got.at == 4096 && got.size == 3));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remote/orders/segment", test_segment);
    g_test_add_func("/remote/orders/step", test_step);
    g_test_add_func("/remote/orders/qmp", test_qmp);
    g_test_add_func("/remote/orders/node", test_node);
    g_test_add_func("/remote/orders/frames", test_frames);
    g_test_add_func("/remote/orders/cards", test_cards);
    g_test_add_func("/remote/orders/saved-nodes", test_saved_nodes);
    g_test_add_func("/remote/orders/save", test_save);
    g_test_add_func("/remote/orders/parts", test_parts);
    g_test_add_func("/remote/orders/places", test_places);
    return g_test_run();
}
