/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-remote.c: whatever another host sends, it is cut into the same messages however reads split
 * it, and nothing reads beyond a message.
 *
 * The first byte seeds the split, the rest is the stream. The fields of each message are read by
 * all that read any, whatever its type says; each copy lies alone in memory.
 */
#include "controller/network/topology.h"
#include "controller/qemu/ending.h"
#include "controller/remote/grant-report.h"
#include "controller/remote/message.h"
#include "controller/remote/node-state.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* --- the fields --- */

typedef struct {
    const uint8_t *begin, *end;
    unsigned nodes;
    const GrantReportHead *head;
    uint64_t marks;
} Check;

static void inside(const Check *c, const uint8_t *at, gsize size)
{
    demand(at >= c->begin && at <= c->end && size <= (gsize)(c->end - at));
}

static void on_mark(unsigned quantum, unsigned node, int64_t stamp_us, HTime arrived, void *data)
{
    Check *c = data;

    (void)stamp_us;
    (void)arrived;
    demand(quantum < c->head->quanta && node < c->nodes);
    demand(quantum == c->marks / c->nodes && node == c->marks % c->nodes);
    c->marks++;
}

static void on_console(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data)
{
    const Check *c = data;

    (void)until;
    demand(node < c->nodes);
    inside(c, bytes, size);
}

static void on_sent(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                    void *data)
{
    (void)card;
    (void)boundary;
    (void)at;
    inside(data, bytes, size);
}

static void on_settled(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                       void *data)
{
    (void)card;
    (void)id;
    (void)boundary;
    (void)when;
    (void)data;
    demand(flags <= UINT8_MAX);
}

static const GrantReportFuncs funcs = {on_mark, on_console, on_sent, on_settled};

static void read_news(Check *c, Reader *r, unsigned nodes)
{
    GrantReportHead head = {0};

    c->nodes = nodes;
    c->head = &head;
    c->marks = 0;
    grant_report_read(r, nodes, &head, &funcs, c);
    demand(r->bad || c->marks == (uint64_t)head.quanta * nodes);
}

/* Good news put again are the same bytes. */
typedef struct {
    GrantReport report;
    unsigned nodes;
} Copy;

static void copy_mark(unsigned quantum, unsigned node, int64_t stamp_us, HTime arrived, void *data)
{
    Copy *c = data;

    (void)quantum;
    if (node == 0)
        grant_report_quantum(&c->report);
    grant_report_mark(&c->report, stamp_us, arrived);
}

static void copy_console(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data)
{
    grant_report_console(&((Copy *)data)->report, node, until, bytes, size);
}

static void copy_sent(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                      void *data)
{
    grant_report_sent(&((Copy *)data)->report, card, boundary, at, bytes, size);
}

static void copy_settled(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                         void *data)
{
    grant_report_settled(&((Copy *)data)->report, card, id, flags, boundary, when);
}

static void copy_news(const uint8_t *bytes, gsize size, unsigned nodes)
{
    static const GrantReportFuncs copying = {copy_mark, copy_console, copy_sent, copy_settled};
    g_autoptr(GByteArray) out = g_byte_array_new();
    Reader r = {bytes, bytes + size, false};
    GrantReportHead head;
    Copy c;

    grant_report_init(&c.report);
    grant_report_read(&r, nodes, &head, &copying, &c);
    if (reader_done(&r, "news", NULL)) {
        grant_report_put(&c.report, head.k, head.flags, head.now, out);
        demand(out->len == size && memcmp(out->data, bytes, size) == 0);
    }
    grant_report_clear(&c.report);
}

static void read_outcome(Reader *r, bool count)
{
    Node *n = node_new(node_options_new("a"), 0);
    NodeStats stats = {0};

    n->state = NODE_RUNNING;
    node_state_get(r, "h", n, count ? &stats : NULL);
    demand(n->state <= NODE_FAILED);
    demand((n->state == NODE_FAILED) == (n->failure != NULL));
    demand(!r->bad || n->state == NODE_RUNNING);
    for (unsigned i = 0; i <= n->remote_used->len; i++)
        node_vcpu_time(n, i);
    dist_clear(&stats.overshoot);
    dist_clear(&stats.idle_skip);
    node_free(n);
}

/* A good change put again is the same bytes. */
static void read_topology(Reader *r)
{
    while (!r->bad && r->at < r->end) {
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_autofree char *name = NULL;
        const uint8_t *before = r->at;
        NetOp op;

        topology_get(r, &op, &name);
        if (r->bad)
            return;
        topology_put(out, &op);
        demand(out->len == (gsize)(r->at - before) && memcmp(out->data, before, out->len) == 0);
    }
}

/* Fields as the bytes themselves say. */
static void read_fields(const Check *c, Reader *r)
{
    while (!r->bad && r->at < r->end) {
        const uint8_t *before = r->at, *at;
        g_autofree char *text = NULL;
        gsize size, least;
        uint32_t count;

        switch (get_u8(r) % 6) {
        case 0:
            get_u32(r);
            break;
        case 1:
            get_u64(r);
            break;
        case 2:
            get_i64(r);
            break;
        case 3:
            at = get_bytes(r, &size);
            demand((at == NULL) == r->bad && (at || size == 0));
            if (at)
                inside(c, at, size);
            break;
        case 4:
            text = get_text(r);
            demand(text != NULL && (!r->bad || !*text));
            break;
        default:
            least = (gsize)get_u8(r) + 1;
            count = get_count(r, least);
            demand(count * least <= (gsize)(r->end - r->at) && (!r->bad || count == 0));
        }
        demand(r->at > before && r->at <= r->end);
    }
}

static void read_message(const uint8_t *fields, gsize size)
{
    static const unsigned nodes[] = {0, 1, 2, 3, 64};
    g_autofree uint8_t *copy = g_malloc(MAX(size, 1));
    Check c = {.begin = copy, .end = copy + size};

    memcpy(copy, fields, size);
    for (unsigned i = 0; i < G_N_ELEMENTS(nodes) + 5; i++) {
        g_autoptr(GError) error = NULL;
        Reader r = {copy, copy + size, false};
        bool whole;

        if (i < G_N_ELEMENTS(nodes))
            read_news(&c, &r, nodes[i]);
        else if (i < G_N_ELEMENTS(nodes) + 2)
            read_outcome(&r, i == G_N_ELEMENTS(nodes));
        else if (i == G_N_ELEMENTS(nodes) + 2)
            read_fields(&c, &r);
        else if (i == G_N_ELEMENTS(nodes) + 3)
            read_topology(&r);
        else
            clock_get(&r, &(Clock){0});
        demand(r.at >= copy && r.at <= copy + size && r.end == copy + size);
        whole = reader_done(&r, "any", &error);
        demand(whole == !error && whole == (!r.bad && r.at == r.end));
    }
    copy_news(copy, size, 1);
    copy_news(copy, size, 2);
}

/* --- the stream --- */

typedef enum { WHOLE, BYTES, MIXED } Split;

static size_t piece(Split split, uint32_t *state)
{
    if (split == WHOLE)
        return SIZE_MAX;
    if (split == BYTES)
        return 1;
    *state = *state * 1664525U + 1013904223U;
    return 1 + (*state >> 24) % 23;
}

/* All that is there; false: no more can come. */
static bool take(Inbox *in, GByteArray *log, bool read)
{
    g_autoptr(GError) error = NULL;
    uint8_t type;
    Reader r;

    while (inbox_next(in, &type, &r, &error)) {
        if (type == 0)
            return true;
        demand(!r.bad && r.at <= r.end);
        put_u8(log, type);
        put_bytes(log, r.at, (gsize)(r.end - r.at));
        if (read)
            read_message(r.at, (gsize)(r.end - r.at));
    }
    demand(error && type == 0);
    return false;
}

static GByteArray *cut(const uint8_t *data, size_t size, Split split, uint32_t seed)
{
    GByteArray *log = g_byte_array_new();
    Inbox *in = inbox_new();
    bool good = take(in, log, false);

    for (size_t at = 0; good && at < size;) {
        size_t step = piece(split, &seed);

        step = MIN(step, size - at);
        memcpy(inbox_room(in, step + seed % 7), data + at, step);
        inbox_filled(in, step);
        at += step;
        good = take(in, log, split == WHOLE);
    }
    put_u8(log, good ? 1 : 2);
    inbox_free(in);
    return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(GByteArray) whole = NULL, single = NULL, mixed = NULL;

    if (len < 1)
        return 0;
    whole = cut(bytes + 1, len - 1, WHOLE, 0);
    single = cut(bytes + 1, len - 1, BYTES, 0);
    mixed = cut(bytes + 1, len - 1, MIXED, bytes[0]);
    demand(whole->len == single->len && memcmp(whole->data, single->data, whole->len) == 0);
    demand(whole->len == mixed->len && memcmp(whole->data, mixed->data, whole->len) == 0);
    return 0;
}
