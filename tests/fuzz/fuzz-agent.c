/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-agent.c: whatever an agent is told, an order is whole, in range and without duplicates, or
 * it is refused with an error; it is the same bytes when it is written again. A network that is
 * changed as it is told stays sound when frames go through it.
 *
 * The input: messages without their length: two bytes with the size of the fields, a byte with the
 * type, the fields.
 */
#include "controller/network/network.h"
#include "controller/network/topology.h"
#include "controller/remote/line-order.h"
#include "controller/remote/orders.h"
#include "controller/remote/protocol.h"
#include "controller/remote/save-orders.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static bool is_time(VTime t)
{
    return t.ns > -CODEC_TIME_END && t.ns < CODEC_TIME_END;
}

static void check_again(const GByteArray *out, const Reader *all)
{
    demand(out->len == (gsize)(all->end - all->at) && memcmp(out->data, all->at, out->len) == 0);
}

/* --- the network --- */

static void put_frames(Network *net, VTime now)
{
    uint8_t frame[NETWORK_FRAME_MIN] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1};

    for (unsigned port = 0; port < MIN(network_n_ports(net), 8); port++)
        network_send(net, port, now, frame, sizeof(frame));
    network_advance(net, vtime_add(now, vtime(NS_PER_MS)));
    for (unsigned port = 0; port < network_n_ports(net); port++)
        while (network_next(net, port, vtime(INT64_MAX)))
            network_delivered(net, network_pop(net, port), vtime_add(now, vtime(NS_PER_MS)));
    demand(network_lookahead(net).ns > 0);
}

/* False: the agent has ended. */
static bool follow(Network *net, Reader *r, VTime *now)
{
    TopologyHead head;

    if (!topology_get_head(r, &head))
        return false;
    if (head.moved.ns > now->ns) {
        *now = head.moved;
        network_advance(net, *now);
    }
    for (uint32_t i = 0; i < head.count; i++) {
        g_autofree char *name = NULL;
        unsigned before = network_n_ops(net);
        NetOp op;

        topology_get(r, &op, &name);
        if (r->bad || !network_repeat(net, &op, NULL)) {
            demand(network_n_ops(net) == before);
            return false;
        }
        demand(network_n_ops(net) == before + 1);
    }
    put_frames(net, *now);
    return reader_done(r, "topology", NULL);
}

/* --- orders --- */

static void check_segment(Reader *r, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_new(), members = g_byte_array_new();
    g_autoptr(GByteArray) cards = g_byte_array_new(), frames = g_byte_array_new();
    uint32_t n_members = 0, n_cards = 0, n_frames = 0;
    Reader all = *r;
    OrderMember m;
    OrderFrame f;
    OrderCard c;
    SegmentOrder o;

    if (!segment_order_get(r, &o, error))
        return;
    demand(o.quantum.ns > 0 && o.count > 0 && o.grant_quanta > 0 && o.grain_us >= 0);
    demand(is_time(o.first) && is_time(vtime((int64_t)o.count * o.quantum.ns)));
    segment_order_put(out, &o);
    for (; order_next_member(&o.members, &m); n_members++) {
        demand(is_time(m.epoch));
        order_member_put(members, m);
    }
    for (; order_next_card(&o.cards, &c); n_cards++)
        order_card_put(cards, c);
    for (; order_next_frame(&o.frames, &f); n_frames++) {
        demand(is_time(f.due) && f.size <= FRAME_MAX);
        order_frame_put(frames, &f);
    }
    demand(n_members > 0);
    put_u32(out, n_members);
    g_byte_array_append(out, members->data, members->len);
    put_u32(out, n_cards);
    g_byte_array_append(out, cards->data, cards->len);
    put_u32(out, n_frames);
    g_byte_array_append(out, frames->data, frames->len);
    check_again(out, &all);
}

static void check_grant(Reader *r, GError **error)
{
    OrderFrame f;
    Reader frames;

    if (!grant_order_get(r, &frames, error))
        return;
    while (order_next_frame(&frames, &f))
        demand(f.data + f.size <= r->end && f.size >= NETWORK_FRAME_MIN);
    demand(frames.at == frames.end && !frames.bad);
}

static void check_cards(Reader *r, GError **error)
{
    CardsOrder o;
    OrderFrame f;
    OrderCard c;

    if (!cards_order_get(r, &o, error))
        return;
    demand(is_time(o.now) && is_time(o.until) && o.quantum.ns > 0);
    while (order_next_card(&o.cards, &c))
        ;
    while (order_next_frame(&o.frames, &f))
        demand(f.data + f.size <= r->end && f.size >= NETWORK_FRAME_MIN);
    demand(!o.cards.bad && !o.frames.bad);
}

static void check_line(Reader *r, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    Reader all = *r;
    LineOrder o;

    if (!line_order_get(r, &o, error)) {
        demand(!o.address);
        return;
    }
    demand(o.low <= o.high && o.high <= UINT16_MAX && (o.listens || o.low > 0));
    line_order_put(out, &o);
    check_again(out, &all);
    line_order_clear(&o);
}

static void check_step(Reader *r, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    StepRequest s = {.vcpu = -7};
    Reader all = *r;
    unsigned node;
    VTime epoch;

    if (!step_order_get(r, &node, &epoch, &s, error))
        return;
    demand(s.manner <= STEP_ACCESS && s.vcpu >= -1 && s.icount.n >= 0 && s.fence_us >= 0);
    step_order_put(out, node, epoch, &s);
    check_again(out, &all);
}

static void check_card(Reader *r, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    Reader all = *r;
    CardOrder o;

    if (!card_order_get(r, &o, error))
        return;
    card_order_put(out, &o);
    check_again(out, &all);
}

static void check_save(Reader *r, bool restores, GError **error)
{
    g_auto(SaveOrder) o = {0};

    if (!(restores ? restore_order_get : save_order_get)(r, &o, error)) {
        demand(!o.nodes && !o.qemu);
        return;
    }
    demand(is_time(o.now) && (o.qemu != NULL) == restores);
    for (guint i = 0; i < o.nodes->len; i++)
        demand(g_array_index(o.nodes, SavedNodeOrder, i).version != NULL);
}

static void check_store(Reader *r, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_auto(PartsOrder) o = {0};
    Reader all;

    get_u32(r);
    all = *r;
    if (!parts_order_get(r, &o, error)) {
        demand(!o.names && !o.sizes);
        return;
    }
    demand(o.names->len == o.sizes->len && o.names->len >= (o.whole ? 1 : 2));
    parts_order_put(out, &o);
    check_again(out, &all);
}

static void check_part(Reader *r, bool fills, GError **error)
{
    PartOrder o;

    if ((fills ? fill_order_get : fetch_order_get)(r, &o, error))
        demand(o.at >= 0 && (!fills || o.bytes + o.size == r->end));
}

static void check_past(Reader *r, GError **error)
{
    PastOrder o;

    if (past_order_get(r, &o, error))
        demand(is_time(o.epoch) && o.past.end == r->end && o.past.at <= o.past.end);
}

static void check_again_order(Reader *r, GError **error)
{
    g_autofree char *qemu = NULL;
    unsigned node;

    demand(again_order_get(r, &node, &qemu, error) == (qemu != NULL));
}

static void check_node(Reader *r, GError **error)
{
    NodeOrder o;

    if (!node_order_get(r, &o, error)) {
        demand(!o.name && !o.qemu && !o.options);
        return;
    }
    demand(*o.name && o.qemu && o.options && strcmp(o.options->name, o.name) == 0);
    node_order_clear(&o);
}

static void check_rest(uint8_t type, Reader *r, GError **error)
{
    union {
        FileOrder file;
        QmpOrder qmp;
        BytesOrder bytes;
        unsigned node;
    } o;

    switch (type) {
    case MSG_FILE:
        if (file_order_get(r, &o.file, error))
            demand(o.file.sha256 && o.file.sender_path);
        file_order_clear(&o.file);
        break;
    case MSG_QMP:
        if (qmp_order_get(r, &o.qmp, error))
            demand(o.qmp.command && o.qmp.arguments);
        qmp_order_clear(&o.qmp);
        break;
    case MSG_TYPE:
    case MSG_STUB:
    case MSG_PORT:
        if (bytes_order_get(r, &o.bytes, error))
            demand(o.bytes.bytes && o.bytes.bytes + o.bytes.size == r->end);
        break;
    default:
        index_order_get(r, &o.node, error);
    }
}

/* False: the agent has ended. */
static bool take(Network *net, VTime *now, uint8_t type, Reader r)
{
    g_autoptr(GError) error = NULL;

    switch (type) {
    case MSG_TOPOLOGY:
        return follow(net, &r, now);
    case MSG_SEGMENT:
        check_segment(&r, &error);
        break;
    case MSG_GRANT:
        check_grant(&r, &error);
        break;
    case MSG_CARDS:
        check_cards(&r, &error);
        break;
    case MSG_LINE:
        check_line(&r, &error);
        break;
    case MSG_STEP:
        check_step(&r, &error);
        break;
    case MSG_CARD:
        check_card(&r, &error);
        break;
    case MSG_NODE:
        check_node(&r, &error);
        break;
    case MSG_SAVE:
    case MSG_RESTORE:
        check_save(&r, type == MSG_RESTORE, &error);
        break;
    case MSG_STORE:
        check_store(&r, &error);
        break;
    case MSG_FETCH:
    case MSG_FILL:
        check_part(&r, type == MSG_FILL, &error);
        break;
    case MSG_PAST:
        check_past(&r, &error);
        break;
    case MSG_AGAIN:
        check_again_order(&r, &error);
        break;
    default:
        check_rest(type, &r, &error);
    }
    demand(!error == (!r.bad && r.at == r.end) || type == MSG_NODE);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(Network) net = network_new(1, vtime(NS_PER_US));
    VTime now = {0};
    bool good = true;

    while (good && len >= 3) {
        size_t size = MIN((size_t)(bytes[0] | bytes[1] << 8), len - 3);
        uint8_t *alone = g_malloc(MAX(size, 1));

        memcpy(alone, bytes + 3, size);
        good = take(net, &now, bytes[2], (Reader){alone, alone + size, false});
        g_free(alone);
        bytes += 3 + size;
        len -= 3 + size;
    }
    return 0;
}
