/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orders.c: encodes and decodes orders. Each list is checked completely when its message is read,
 * so that reading its entries later cannot fail.
 */
#include "controller/remote/orders.h"

#include "controller/network/network.h"
#include "controller/qemu/option-keys.h"

#define MOST_VCPUS 1024

/* Marks the message as bad unless the condition holds. */
static void demand(Reader *r, bool holds)
{
    r->bad = r->bad || !holds;
}

static int64_t get_span_us(Reader *r)
{
    int64_t us = get_i64(r);

    demand(r, us >= 0 && us < CODEC_TIME_END / NS_PER_US);
    return us;
}

/* Reads a list of entries that all have the same size. */
static Reader get_list(Reader *r, gsize entry)
{
    uint32_t count = get_count(r, entry);
    Reader list = {r->at, r->at, false};

    if (r->bad)
        return list;
    r->at += count * entry;
    list.end = r->at;
    return list;
}

/* --- requests --- */

bool file_order_get(Reader *r, FileOrder *o, GError **error)
{
    *o = (FileOrder){.sha256 = get_text(r)};
    o->size = get_u64(r);
    o->may = get_flag(r);
    o->sender_path = get_text(r);
    if (reader_done(r, "file", error))
        return true;
    file_order_clear(o);
    return false;
}

void file_order_clear(FileOrder *o)
{
    g_clear_pointer(&o->sha256, g_free);
    g_clear_pointer(&o->sender_path, g_free);
}

static NodeOptions *get_options(const char *name, GPtrArray *words, GError **error)
{
    g_autoptr(NodeOptions) options = node_options_new(name);

    for (guint i = 0; i + 1 < words->len; i += 2)
        if (!node_options_set(options, words->pdata[i], words->pdata[i + 1], error))
            return NULL;
    return node_options_finish(options, error) ? g_steal_pointer(&options) : NULL;
}

bool node_order_get(Reader *r, NodeOrder *o, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    uint32_t count;

    *o = (NodeOrder){.index = get_u32(r)};
    o->name = get_text(r);
    o->qemu = get_text(r);
    o->waits = get_flag(r);
    demand(r, *o->name != '\0');
    count = get_count(r, 8);
    for (uint32_t i = 0; i < 2 * count && !r->bad; i++)
        g_ptr_array_add(words, get_text(r));
    if (reader_done(r, "node", error))
        o->options = get_options(o->name, words, error);
    if (o->options)
        return true;
    node_order_clear(o);
    return false;
}

void node_order_clear(NodeOrder *o)
{
    g_clear_pointer(&o->name, g_free);
    g_clear_pointer(&o->qemu, g_free);
    g_clear_pointer(&o->options, node_options_free);
}

bool qmp_order_get(Reader *r, QmpOrder *o, GError **error)
{
    *o = (QmpOrder){.node = get_u32(r)};
    o->hmp = get_flag(r);
    o->command = get_text(r);
    o->arguments = get_text(r);
    if (reader_done(r, "qmp", error))
        return true;
    qmp_order_clear(o);
    return false;
}

void qmp_order_clear(QmpOrder *o)
{
    g_clear_pointer(&o->command, g_free);
    g_clear_pointer(&o->arguments, g_free);
}

void card_order_put(GByteArray *out, const CardOrder *o)
{
    put_u32(out, o->card);
    put_u32(out, o->node);
    put_u32(out, o->index);
    put_u32(out, o->port);
    put_i64(out, o->now.ns);
    put_u8(out, o->stuck);
}

bool card_order_get(Reader *r, CardOrder *o, GError **error)
{
    o->card = get_u32(r);
    o->node = get_u32(r);
    o->index = get_u32(r);
    o->port = get_u32(r);
    o->now = get_time(r);
    o->stuck = get_flag(r);
    return reader_done(r, "card", error);
}

bool index_order_get(Reader *r, unsigned *node, GError **error)
{
    *node = get_u32(r);
    return reader_done(r, "of a node", error);
}

bool bytes_order_get(Reader *r, BytesOrder *o, GError **error)
{
    o->node = get_u32(r);
    o->bytes = get_bytes(r, &o->size);
    return reader_done(r, "bytes", error);
}

/* --- steps --- */

void step_order_put(GByteArray *out, unsigned node, VTime epoch, const StepRequest *s)
{
    put_u32(out, node);
    put_i64(out, epoch.ns);
    put_u8(out, s->by_icount);
    put_i64(out, s->icount.n);
    put_i64(out, s->time.ns);
    put_u32(out, s->manner);
    put_i64(out, s->vcpu);
    put_i64(out, s->grain_us);
    put_i64(out, s->fence_us);
}

bool step_order_get(Reader *r, unsigned *node, VTime *epoch, StepRequest *s, GError **error)
{
    uint32_t manner;
    int64_t vcpu;

    *node = get_u32(r);
    *epoch = get_time(r);
    s->by_icount = get_flag(r);
    s->icount = (Insns){get_i64(r)};
    demand(r, s->icount.n >= 0);
    s->time = get_time(r);
    manner = get_u32(r);
    demand(r, manner <= STEP_ACCESS);
    vcpu = get_i64(r);
    demand(r, vcpu >= -1 && vcpu < MOST_VCPUS);
    s->grain_us = get_span_us(r);
    s->fence_us = get_span_us(r);
    if (!reader_done(r, "step", error))
        return false;
    s->manner = (StepManner)manner;
    s->vcpu = (int)vcpu;
    return true;
}

/* --- segments --- */

enum { MEMBER_SIZE = 12, CARD_SIZE = 13, FRAME_LEAST = 20 };

void segment_order_put(GByteArray *out, const SegmentOrder *o)
{
    put_i64(out, o->moved.ns);
    put_i64(out, o->now.ns);
    put_i64(out, o->first.ns);
    put_i64(out, o->quantum.ns);
    put_u64(out, o->count);
    put_u32(out, o->grant_quanta);
    put_u32(out, o->overlap_quanta);
    put_u8(out, o->brake);
    put_i64(out, o->grain_us);
    put_u8(out, o->aligned);
    put_i64(out, o->next_barrier.ns);
    put_u8(out, o->stop_on_exit);
    put_u32(out, o->exits);
    put_u8(out, o->moves_cards);
}

void order_member_put(GByteArray *out, OrderMember m)
{
    put_u32(out, m.node);
    put_i64(out, m.epoch.ns);
}

void order_card_put(GByteArray *out, OrderCard c)
{
    put_u32(out, c.card);
    put_u8(out, c.exact);
    put_i64(out, c.own.ns);
}

void order_frame_put(GByteArray *out, const OrderFrame *f)
{
    put_u32(out, f->card);
    put_u32(out, f->id);
    put_i64(out, f->due.ns);
    put_bytes(out, f->data, f->size);
}

static OrderMember get_member(Reader *r)
{
    OrderMember m;

    m.node = get_u32(r);
    m.epoch = get_time(r);
    return m;
}

static OrderCard get_card(Reader *r)
{
    OrderCard c;

    c.card = get_u32(r);
    c.exact = get_flag(r);
    c.own = vtime(get_i64(r));
    return c;
}

static OrderFrame get_frame(Reader *r)
{
    OrderFrame f;

    f.card = get_u32(r);
    f.id = get_u32(r);
    f.due = get_time(r);
    f.data = get_bytes(r, &f.size);
    demand(r, f.size >= NETWORK_FRAME_MIN && f.size <= FRAME_MAX);
    return f;
}

bool order_next_member(Reader *members, OrderMember *out)
{
    if (members->at == members->end)
        return false;
    *out = get_member(members);
    return !members->bad;
}

bool order_next_card(Reader *cards, OrderCard *out)
{
    if (cards->at == cards->end)
        return false;
    *out = get_card(cards);
    return !cards->bad;
}

bool order_next_frame(Reader *frames, OrderFrame *out)
{
    if (frames->at == frames->end)
        return false;
    *out = get_frame(frames);
    return !frames->bad;
}

/* Demands at least one member, and no member twice. */
static void check_members(Reader *r, Reader members)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    OrderMember m;

    while (!r->bad && order_next_member(&members, &m))
        demand(r, g_hash_table_add(seen, GUINT_TO_POINTER(m.node)));
    demand(r, !members.bad && g_hash_table_size(seen) > 0);
}

/* Demands that no card is there twice. */
static void check_cards(Reader *r, Reader cards)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    OrderCard c;

    while (!r->bad && order_next_card(&cards, &c))
        demand(r, g_hash_table_add(seen, GUINT_TO_POINTER(c.card)));
    demand(r, !cards.bad);
}

static Reader get_frames(Reader *r)
{
    uint32_t count = get_count(r, FRAME_LEAST);
    Reader list = {r->at, r->at, false};

    for (uint32_t i = 0; i < count && !r->bad; i++)
        get_frame(r);
    list.end = r->at;
    return list;
}

/* Demands that the length of the segment, too, is in the range of times. */
static void check_quanta(Reader *r, const SegmentOrder *o)
{
    int64_t span;

    demand(r, o->quantum.ns > 0 && o->count > 0 && o->grant_quanta > 0);
    demand(r, !r->bad && o->count < (uint64_t)CODEC_TIME_END &&
                  !__builtin_mul_overflow((int64_t)o->count, o->quantum.ns, &span) &&
                  span < CODEC_TIME_END);
}

bool segment_order_get(Reader *r, SegmentOrder *o, GError **error)
{
    o->moved = get_time(r);
    o->now = get_time(r);
    o->first = get_time(r);
    o->quantum = get_time(r);
    o->count = get_u64(r);
    o->grant_quanta = get_u32(r);
    o->overlap_quanta = get_u32(r);
    o->brake = get_flag(r);
    o->grain_us = get_span_us(r);
    o->aligned = get_flag(r);
    o->next_barrier = get_time(r);
    o->stop_on_exit = get_flag(r);
    o->exits = get_u32(r);
    o->moves_cards = get_flag(r);
    check_quanta(r, o);
    o->members = get_list(r, MEMBER_SIZE);
    check_members(r, o->members);
    o->cards = get_list(r, CARD_SIZE);
    check_cards(r, o->cards);
    o->frames = get_frames(r);
    return reader_done(r, "segment", error);
}

bool grant_order_get(Reader *r, Reader *frames, GError **error)
{
    *frames = get_frames(r);
    return reader_done(r, "grant", error);
}

void cards_order_put(GByteArray *out, const CardsOrder *o)
{
    put_i64(out, o->moved.ns);
    put_i64(out, o->now.ns);
    put_i64(out, o->until.ns);
    put_i64(out, o->quantum.ns);
}

bool cards_order_get(Reader *r, CardsOrder *o, GError **error)
{
    o->moved = get_time(r);
    o->now = get_time(r);
    o->until = get_time(r);
    o->quantum = get_time(r);
    demand(r, o->quantum.ns > 0);
    o->cards = get_list(r, CARD_SIZE);
    check_cards(r, o->cards);
    o->frames = get_frames(r);
    return reader_done(r, "cards", error);
}
