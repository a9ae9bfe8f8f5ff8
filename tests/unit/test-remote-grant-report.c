/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-remote-grant-report.c: what happened in a grant, as bytes and back. What is read is written
 * down as text, so that order and every field count.
 */
#include "controller/remote/grant-report.h"
#include "controller/remote/message.h"

#include <string.h>

typedef struct {
    GString *log;
    const GrantReportHead *head;
    const uint8_t *begin, *end; /* where the bytes have to lie */
} Reading;

static void log_bytes(const Reading *h, const uint8_t *bytes, gsize size)
{
    g_assert_true(bytes >= h->begin && bytes <= h->end && size <= (gsize)(h->end - bytes));
    g_string_append_printf(h->log, " %" G_GSIZE_FORMAT ":", size);
    g_string_append_len(h->log, (const char *)bytes, (gssize)size);
    g_string_append_c(h->log, '\n');
}

static void on_mark(unsigned quantum, unsigned node, int64_t stamp_us, HTime arrived, void *data)
{
    const Reading *h = data;

    g_assert_cmpuint(quantum, <, h->head->quanta); /* filled in before */
    g_string_append_printf(h->log, "mark %u %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n",
                           quantum, node, stamp_us, arrived.ns);
}

static void on_console(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data)
{
    const Reading *h = data;

    g_string_append_printf(h->log, "console %u %" G_GINT64_FORMAT, node, until.ns);
    log_bytes(h, bytes, size);
}

static void on_sent(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                    void *data)
{
    const Reading *h = data;

    g_string_append_printf(h->log, "sent %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, card,
                           boundary.ns, at.ns);
    log_bytes(h, bytes, size);
}

static void on_settled(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                       void *data)
{
    const Reading *h = data;

    g_string_append_printf(h->log, "settled %u %u %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n",
                           card, id, flags, boundary.ns, when.ns);
}

static const GrantReportFuncs all = {on_mark, on_console, on_sent, on_settled};

/* Reads the first `size` bytes, which lie alone in memory; returns what was told. */
static char *read_some(const GByteArray *bytes, gsize size, unsigned nodes, GrantReportHead *head,
                       bool *good)
{
    g_autofree uint8_t *copy = g_malloc(MAX(size, 1));
    Reading h = {g_string_new(NULL), head, copy, copy + size};
    Reader r = {copy, copy + size, false};

    if (size > 0)
        memcpy(copy, bytes->data, size);
    grant_report_read(&r, nodes, head, &all, &h);
    g_assert_true(r.at >= copy && r.at <= copy + size && r.end == copy + size);
    *good = reader_done(&r, "report", NULL);
    return g_string_free(h.log, FALSE);
}

/* Three quanta of two nodes. */
static void fill(GrantReport *n)
{
    grant_report_quantum(n);
    grant_report_mark(n, 100, (HTime){5000});
    grant_report_mark(n, -1, (HTime){0});
    grant_report_console(n, 1, vtime(100000), "boot\n", 5);
    grant_report_quantum(n);
    grant_report_mark(n, 200, (HTime){6000});
    grant_report_mark(n, 201, (HTime){INT64_MAX});
    grant_report_sent(n, 0, vtime(200000), vtime(150001), "frame", 5);
    grant_report_settled(n, 3, UINT32_MAX, GRANT_REPORT_TAKEN | GRANT_REPORT_CARRIED, vtime(200000),
                         vtime(200000));
    grant_report_sent(n, 4000000000U, vtime(1 - CODEC_TIME_END), vtime(-7), "", 0);
    grant_report_quantum(n);
    grant_report_mark(n, 300, (HTime){7000});
    grant_report_mark(n, 300, (HTime){7001});
    grant_report_console(n, 0, vtime(300000), "", 0);
    grant_report_console(n, 1, vtime(300000), "login: ", 7);
    grant_report_settled(n, 0, 1, 0, vtime(300000), vtime(123));
}

static const char filled[] = "mark 0 0 100 5000\n"
                             "mark 0 1 -1 0\n"
                             "mark 1 0 200 6000\n"
                             "mark 1 1 201 9223372036854775807\n"
                             "mark 2 0 300 7000\n"
                             "mark 2 1 300 7001\n"
                             "console 1 100000 5:boot\n\n"
                             "console 0 300000 0:\n"
                             "console 1 300000 7:login: \n"
                             "sent 0 200000 150001 5:frame\n"
                             "sent 4000000000 -4611686018427387902 -7 0:\n"
                             "settled 3 4294967295 3 200000 200000\n"
                             "settled 0 1 0 300000 123\n";

static GByteArray *made(void)
{
    GByteArray *out = g_byte_array_new();
    GrantReport n;

    grant_report_init(&n);
    fill(&n);
    grant_report_put(&n, UINT64_C(1) << 40, GRANT_REPORT_WANTS_STOP, (HTime){INT64_MAX}, out);
    grant_report_clear(&n);
    return out;
}

static void test_round_trip(void)
{
    g_autoptr(GByteArray) bytes = made();
    g_autofree char *told = NULL;
    GrantReportHead head = {0};
    bool good;

    told = read_some(bytes, bytes->len, 2, &head, &good);
    g_assert_true(good);
    g_assert_cmpstr(told, ==, filled);
    g_assert_cmpuint(head.k, ==, UINT64_C(1) << 40);
    g_assert_cmpuint(head.flags, ==, GRANT_REPORT_WANTS_STOP);
    g_assert_cmpint(head.now.ns, ==, INT64_MAX);
    g_assert_cmpuint(head.quanta, ==, 3);
}

static void test_nothing_happened(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autofree char *told = NULL;
    GrantReportHead head;
    GrantReport n;
    bool good;

    grant_report_init(&n);
    grant_report_put(&n, 0, 0, (HTime){0}, bytes);
    told = read_some(bytes, bytes->len, 3, &head, &good);
    g_assert_true(good);
    g_assert_cmpstr(told, ==, "");
    g_assert_cmpuint(head.quanta, ==, 0);
    grant_report_clear(&n);
}

/* What was put is forgotten; the room for it is kept. */
static void test_put_forgets(void)
{
    g_autoptr(GByteArray) first = g_byte_array_new(), second = g_byte_array_new(),
                          third = g_byte_array_new();
    g_autofree char *told = NULL, *again = NULL;
    GrantReportHead head;
    GrantReport n;
    bool good;

    grant_report_init(&n);
    fill(&n);
    grant_report_put(&n, 3, GRANT_REPORT_WANTS_STOP, (HTime){INT64_MAX}, first);
    g_assert_cmpuint(n.marks->len + n.console->len + n.sent->len + n.settled->len, ==, 0);
    grant_report_put(&n, 6, 0, (HTime){2}, second);
    told = read_some(second, second->len, 2, &head, &good);
    g_assert_true(good);
    g_assert_cmpstr(told, ==, "");
    g_assert_cmpuint(head.k, ==, 6);
    g_assert_cmpuint(head.flags, ==, 0);
    fill(&n);
    grant_report_put(&n, 3, GRANT_REPORT_WANTS_STOP, (HTime){INT64_MAX}, third);
    again = read_some(third, third->len, 2, &head, &good);
    g_assert_true(good);
    g_assert_cmpstr(again, ==, filled);
    g_assert_cmpmem(first->data, first->len, third->data, third->len);
    grant_report_clear(&n);
}

static void test_put_keeps_room(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    const uint8_t *at[4];
    GrantReport n;

    grant_report_init(&n);
    fill(&n);
    at[0] = n.marks->data;
    at[1] = n.console->data;
    at[2] = n.sent->data;
    at[3] = n.settled->data;
    for (unsigned round = 0; round < 10; round++) {
        grant_report_put(&n, 1, 0, (HTime){1}, out);
        fill(&n);
        g_assert_true(n.marks->data == at[0] && n.console->data == at[1] && n.sent->data == at[2] &&
                      n.settled->data == at[3]);
    }
    grant_report_clear(&n);
}

/* It goes behind what is there already: the message's header. */
static void test_put_appends(void)
{
    g_autoptr(GByteArray) bytes = made(), out = g_byte_array_new();
    GrantReport n;

    put_text(out, "before");
    grant_report_init(&n);
    fill(&n);
    grant_report_put(&n, UINT64_C(1) << 40, GRANT_REPORT_WANTS_STOP, (HTime){INT64_MAX}, out);
    g_assert_cmpmem(out->data, 10, "\6\0\0\0before", 10);
    g_assert_cmpmem(out->data + 10, out->len - 10, bytes->data, bytes->len);
    grant_report_clear(&n);
}

/* Cut off anywhere, it is bad, and what is told until then is true. */
static void test_truncated(void)
{
    g_autoptr(GByteArray) bytes = made();

    for (gsize size = 0; size < bytes->len; size++) {
        g_autofree char *told = NULL;
        GrantReportHead head;
        bool good;

        told = read_some(bytes, size, 2, &head, &good);
        g_assert_false(good);
        g_assert_true(g_str_has_prefix(filled, told));
    }
}

static void test_left_over(void)
{
    g_autoptr(GByteArray) bytes = made();
    g_autofree char *told = NULL;
    GrantReportHead head;
    bool good;

    put_u8(bytes, 0);
    told = read_some(bytes, bytes->len, 2, &head, &good);
    g_assert_false(good);
    g_assert_cmpstr(told, ==, filled);
}

/* Nothing arrives after it was told, nor before time began, and no sum of two times overflows. */
static void test_times_out_of_range(void)
{
    static const struct {
        int64_t stamp_us, arrived, now, boundary;
    } bad[] = {
        {-2, 0, 10, 0},        {INT64_MAX / 1000, 0, 10, 0}, {5, 11, 10, 0},
        {5, INT64_MIN, 10, 0}, {5, INT64_MIN, INT64_MIN, 0}, {5, 5, 10, CODEC_TIME_END},
        {5, 5, 10, INT64_MIN},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        GrantReportHead head;
        bool good;
        GrantReport n;

        grant_report_init(&n);
        grant_report_quantum(&n);
        grant_report_mark(&n, bad[i].stamp_us, (HTime){bad[i].arrived});
        grant_report_settled(&n, 0, 1, 0, vtime(bad[i].boundary), vtime(0));
        grant_report_put(&n, 1, 0, (HTime){bad[i].now}, bytes);
        g_free(read_some(bytes, bytes->len, 1, &head, &good));
        g_assert_false(good);
        grant_report_clear(&n);
    }
}

/* A segment of one node has no node 1: the console of that is told to nobody. */
static void test_node_out_of_range(void)
{
    static const unsigned nodes[] = {1, 2, UINT32_MAX};

    for (unsigned i = 0; i < G_N_ELEMENTS(nodes); i++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_autofree char *told = NULL;
        GrantReportHead head;
        GrantReport n;
        bool good;

        grant_report_init(&n);
        grant_report_console(&n, 0, vtime(1), "good", 4);
        grant_report_console(&n, nodes[i], vtime(1), "bad", 3);
        grant_report_sent(&n, 0, vtime(1), vtime(1), "x", 1);
        grant_report_put(&n, 1, 0, (HTime){1}, bytes);
        told = read_some(bytes, bytes->len, 1, &head, &good);
        g_assert_false(good);
        g_assert_cmpstr(told, ==, "console 0 1 4:good\n");
        grant_report_clear(&n);
    }
}

/* Marks of two nodes read as those of another number of them. */
static void test_other_number_of_nodes(void)
{
    g_autoptr(GByteArray) bytes = made();

    for (unsigned nodes = 0; nodes < 40; nodes++) {
        GrantReportHead head;
        bool good;
        g_autofree char *told = read_some(bytes, bytes->len, nodes, &head, &good);

        g_assert_nonnull(told);
        g_assert_true(good == (nodes == 2));
    }
}

/* A count that says more than could follow is no reason to count that far. */
static void test_huge_counts(void)
{
    for (unsigned section = 0; section < 4; section++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_autofree char *told = NULL;
        GrantReportHead head;
        bool good;

        put_u64(bytes, 1);
        put_u8(bytes, 0);
        put_i64(bytes, 1);
        for (unsigned i = 0; i < 4; i++)
            put_u32(bytes, i == section ? UINT32_MAX : 0);
        told = read_some(bytes, bytes->len, 1, &head, &good);
        g_assert_false(good);
        g_assert_cmpstr(told, ==, "");
        g_assert_cmpuint(head.quanta, ==, 0);
    }
}

/* Who does not want to know is not told; the rest is read all the same. */
static void test_not_wanted(void)
{
    static const GrantReportFuncs none = {0}, some = {.sent = on_sent};
    g_autoptr(GByteArray) bytes = made();
    g_autoptr(GString) log = g_string_new(NULL);
    GrantReportHead head;
    Reading h = {log, &head, bytes->data, bytes->data + bytes->len};
    Reader r = {h.begin, h.end, false};

    grant_report_read(&r, 2, &head, &none, NULL);
    g_assert_true(reader_done(&r, "report", NULL));
    r = (Reader){h.begin, h.end, false};
    grant_report_read(&r, 2, &head, &some, &h);
    g_assert_true(reader_done(&r, "report", NULL));
    g_assert_cmpstr(log->str, ==,
                    "sent 0 200000 150001 5:frame\n"
                    "sent 4000000000 -4611686018427387902 -7 0:\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remote/grant-report/round-trip", test_round_trip);
    g_test_add_func("/remote/grant-report/nothing-happened", test_nothing_happened);
    g_test_add_func("/remote/grant-report/put/forgets", test_put_forgets);
    g_test_add_func("/remote/grant-report/put/keeps-room", test_put_keeps_room);
    g_test_add_func("/remote/grant-report/put/appends", test_put_appends);
    g_test_add_func("/remote/grant-report/truncated", test_truncated);
    g_test_add_func("/remote/grant-report/left-over", test_left_over);
    g_test_add_func("/remote/grant-report/times-out-of-range", test_times_out_of_range);
    g_test_add_func("/remote/grant-report/node-out-of-range", test_node_out_of_range);
    g_test_add_func("/remote/grant-report/other-number-of-nodes", test_other_number_of_nodes);
    g_test_add_func("/remote/grant-report/huge-counts", test_huge_counts);
    g_test_add_func("/remote/grant-report/not-wanted", test_not_wanted);
    return g_test_run();
}
