/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network-state.c: writes the history of the topology, then what its parts have come to, the frames
 * and the packets; builds a new network from these and exchanges the contents at the end.
 *
 * Frames and packets are written in an order that does not depend on memory: frames by number,
 * packets as they come out of their heaps, those that were taken by port, due time and link.
 */
#include "controller/network/network-state.h"

#include "controller/network/history.h"
#include "controller/network/network-private.h"
#include "controller/network/topology.h"

#include <stdlib.h>

/* Bytes of the shortest frame and packet that are written. */
#define LEAST_FRAME  (8 + 4 + 4 + 1)
#define LEAST_PACKET (4 + 4 + 8)

/* --- packets in order --- */

static int by_number(const void *a, const void *b)
{
    const Frame *const *x = a, *const *y = b;

    return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

/* All frames on their way, by number, each once. */
static GPtrArray *frames_of(const Network *net)
{
    GPtrArray *frames = g_ptr_array_new();
    unsigned n = 0;

    for (Packet *p = net->packets; p; p = p->next_ever)
        if (p->frame)
            g_ptr_array_add(frames, p->frame);
    if (frames->len > 0)
        qsort(frames->pdata, frames->len, sizeof(*frames->pdata), by_number);
    for (unsigned i = 0; i < frames->len; i++)
        if (i == 0 || frames->pdata[i] != frames->pdata[i - 1])
            frames->pdata[n++] = frames->pdata[i];
    g_ptr_array_set_size(frames, (int)n);
    return frames;
}

static unsigned index_of(const GPtrArray *frames, const Frame *frame)
{
    unsigned from = 0, to = frames->len;

    while (to - from > 1) {
        unsigned middle = from + (to - from) / 2;

        if (by_number(&frames->pdata[middle], &frame) <= 0)
            from = middle;
        else
            to = middle;
    }
    return from;
}

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* The sequence within (link, direction) is unique, so this is a total order. */
static int compare_taken(const Packet *a, const Packet *b)
{
    int c = compare(a->d.port, b->d.port);

    c = c ? c : compare((uint64_t)a->d.due.ns, (uint64_t)b->d.due.ns);
    c = c ? c : compare(a->d.link, b->d.link);
    c = c ? c : compare(a->d.direction, b->d.direction);
    return c ? c : compare(a->d.sequence, b->d.sequence);
}

static int by_taking(const void *a, const void *b)
{
    const Packet *const *x = a, *const *y = b;

    return compare_taken(*x, *y);
}

static GPtrArray *taken_of(const Network *net)
{
    GPtrArray *taken = g_ptr_array_new();

    for (Packet *p = net->packets; p; p = p->next_ever)
        if (p->frame && p->taken)
            g_ptr_array_add(taken, p);
    if (taken->len > 0)
        qsort(taken->pdata, taken->len, sizeof(*taken->pdata), by_taking);
    return taken;
}

/* --- writing --- */

static void save_topology(const Network *net, GByteArray *out)
{
    put_u32(out, net->ops->len);
    for (unsigned i = 0; i < net->ops->len; i++)
        topology_put(out, network_op(net, i));
    put_time(out, net->changed);
    put_time(out, net->last);
    put_time(out, net->clock);
    put_u64(out, net->n_frames);
    put_flag(out, net->trace != NULL);
}

static void save_port(const Network *net, const NetPort *port, GByteArray *out)
{
    bool sent = port->last_sent.ns != INT64_MIN;

    put_flag(out, sent);
    put_time(out, sent ? port->last_sent : vtime(0));
    put_u64(out, port->sends);
    put_u64(out, port->takings);
    put_counts(out, &port->stats, sizeof(port->stats));
    if (net->trace)
        put_u32(out, port->trace_node);
}

static void save_parts(const Network *net, GByteArray *out)
{
    for (unsigned i = 0; i < net->ports->len; i++)
        save_port(net, port_at(net, i), out);
    for (unsigned i = 0; i < net->switches->len; i++) {
        put_counts(out, &switch_at(net, i)->stats, sizeof(NetSwitchStats));
        switch_table_save(switch_at(net, i)->table, out);
    }
    for (unsigned i = 0; i < net->links->len; i++)
        for (unsigned d = 0; d < 2; d++)
            link_way_save(&link_at(net, i)->ways[d], out);
}

static void save_frames(const GPtrArray *frames, GByteArray *out)
{
    put_u32(out, frames->len);
    for (unsigned i = 0; i < frames->len; i++) {
        const Frame *frame = frames->pdata[i];

        put_u64(out, frame->number);
        vclock_save(&frame->clock, out);
        put_bytes(out, frame->data, frame->size);
    }
}

/* `passed`: the packet is on a link, or has passed its last one. */
static void save_packet(const GPtrArray *frames, const Packet *p, bool passed, GByteArray *out)
{
    put_u32(out, index_of(frames, p->frame));
    put_u32(out, p->d.from);
    put_time(out, p->d.sent);
    if (!passed)
        return;
    put_u32(out, p->d.link);
    put_u8(out, (uint8_t)p->d.direction);
    put_u64(out, p->d.sequence);
    put_time(out, p->d.due);
    put_natural(out, (uint64_t)p->queued.ns);
    put_natural(out, (uint64_t)p->bits.ns);
    put_u8(out, (uint8_t)p->hops);
    put_u8(out, (uint8_t)(p->exact | p->d.carried << 1 | p->refused << 2));
}

static void save_events(const Network *net, const GPtrArray *frames, GByteArray *out)
{
    g_autofree HeapEntry *sorted = heap_sorted(&net->events);

    put_u32(out, (uint32_t)net->events.len);
    for (size_t i = 0; i < net->events.len; i++) {
        EventClass class = (EventClass)(sorted[i].rank >> 32);

        put_u8(out, (uint8_t) class);
        if (class != EVENT_SWITCH)
            put_u64(out, sorted[i].sequence);
        if (class == EVENT_TAKEN)
            put_time(out, sorted[i].time);
        save_packet(frames, sorted[i].item, class != EVENT_SEND, out);
    }
}

void network_save(const Network *net, GByteArray *out)
{
    g_autoptr(GPtrArray) frames = frames_of(net), taken = taken_of(net);

    save_topology(net, out);
    save_parts(net, out);
    save_frames(frames, out);
    save_events(net, frames, out);
    for (unsigned i = 0; i < net->ports->len; i++) {
        const Heap *due = &port_at(net, i)->due;
        g_autofree HeapEntry *sorted = heap_sorted(due);

        put_u32(out, (uint32_t)due->len);
        for (size_t k = 0; k < due->len; k++)
            save_packet(frames, sorted[k].item, true, out);
    }
    put_u32(out, taken->len);
    for (unsigned i = 0; i < taken->len; i++) {
        Packet *p = taken->pdata[i];

        p->number = i;
        save_packet(frames, p, true, out);
    }
}

unsigned network_number(const NetDelivery *delivery)
{
    return ((const Packet *)delivery)->number;
}

/* --- reading --- */

/* Repeats the history. The first two changes are those that network_new() makes itself. */
static Network *load_topology(Reader *r, GError **error)
{
    unsigned n = get_count(r, TOPOLOGY_LEAST);
    g_autoptr(Network) net = NULL;
    VTime quantum = vtime(1);
    uint64_t seed = 0;

    reader_demand(r, n >= 2);
    for (unsigned i = 0; i < n && !r->bad; i++) {
        g_autofree char *name = NULL;
        NetOp op;

        topology_get(r, &op, &name);
        if (i == 0) {
            reader_demand(r, op.kind == NET_OP_SEED);
            seed = op.seed;
        } else if (i == 1) {
            reader_demand(r, op.kind == NET_OP_QUANTUM && op.at.ns == 0);
            quantum = op.quantum;
        }
        if (i < 2)
            continue;
        if (!net)
            net = network_new(seed, quantum);
        if (!r->bad && !network_repeat(net, &op, error))
            return NULL;
    }
    if (!net && !r->bad)
        net = network_new(seed, quantum);
    return g_steal_pointer(&net);
}

static void load_port(NetPort *port, bool traced, Reader *r)
{
    bool sent = get_flag(r);
    VTime last = get_time(r);

    reader_demand(r, sent || last.ns == 0);
    port->last_sent = sent ? last : vtime(INT64_MIN);
    port->sends = get_number(r);
    port->takings = get_number(r);
    get_counts(r, &port->stats, sizeof(port->stats));
    port->trace_node = traced ? get_u32(r) : 0;
}

static void load_parts(Network *net, bool traced, Reader *r)
{
    for (unsigned i = 0; i < net->ports->len; i++)
        load_port(port_at(net, i), traced, r);
    for (unsigned i = 0; i < net->switches->len; i++) {
        get_counts(r, &switch_at(net, i)->stats, sizeof(NetSwitchStats));
        switch_table_load(switch_at(net, i)->table, r, 2 * (uint64_t)net->links->len);
    }
    for (unsigned i = 0; i < net->links->len; i++)
        for (unsigned d = 0; d < 2; d++)
            link_way_load(&link_at(net, i)->ways[d], r);
}

/* Each frame with a reference of the array's. */
static void load_frames(Network *net, GPtrArray *frames, Reader *r)
{
    unsigned n = get_count(r, LEAST_FRAME);
    g_auto(VClock) clock = {0};
    uint64_t last = 0;

    for (unsigned i = 0; i < n && !r->bad; i++) {
        uint64_t number = get_u64(r);
        const uint8_t *data;
        Frame *frame;
        gsize size;

        vclock_load(&clock, r);
        data = get_bytes(r, &size);
        reader_demand(r, number > last && number <= net->n_frames);
        reader_demand(r, size >= 1 && size <= FRAME_MAX);
        if (r->bad)
            return;
        frame = frame_new(&net->frames, data, size);
        frame->number = last = number;
        vclock_copy(&frame->clock, &clock);
        g_ptr_array_add(frames, frame);
    }
}

/* The receiver at the end of the packet's link; sets the receiving port. */
static NetEnd far_end(const Network *net, Packet *p)
{
    NetEnd end = link_at(net, p->d.link)->ends[!p->d.direction];

    p->d.port = end.is_switch ? 0 : end.index;
    return end;
}

/* Whether what this port sends can be on that link: bytes on a serial line, frames on Ethernet. */
static bool goes_there(const Network *net, unsigned from, unsigned link)
{
    return network_port_is_uart(net, from) == (link_at(net, link)->ways[0].params.byte_bits > 0);
}

/* Reads a packet; NULL if the reader is bad then. `to_switch`: it is on its way to a switch, else to
 * a port or there already. */
static Packet *load_packet(Network *net, const GPtrArray *frames, bool passed, bool to_switch,
                           Reader *r)
{
    uint32_t frame = get_u32(r), from = get_u32(r);
    NetDelivery d = {.from = from, .sent = get_time(r)};
    uint64_t queued = 0, bits = 0;
    uint8_t hops = 0, flags = 0;
    Packet *p;

    if (passed) {
        d.link = get_u32(r);
        d.direction = get_u8(r);
        d.sequence = get_u64(r);
        d.due = get_time(r);
        queued = get_natural(r);
        bits = get_natural(r);
        hops = get_u8(r);
        flags = get_u8(r);
        reader_demand(r, d.link < net->links->len && d.direction < 2 && flags <= 7 &&
                             hops <= NETWORK_HOPS_MAX);
        reader_demand(r, !to_switch || flags == 0);
        reader_demand(r, queued <= CODEC_TIME_END && bits <= CODEC_TIME_END);
    }
    reader_demand(r, frame < frames->len && from < net->ports->len);
    if (r->bad)
        return NULL;
    reader_demand(r, network_size_fits(net, from, ((const Frame *)frames->pdata[frame])->size));
    reader_demand(r, !passed || goes_there(net, from, d.link));
    if (r->bad)
        return NULL;
    p = flow_packet(net, frame_ref(frames->pdata[frame]));
    p->d.from = from;
    p->d.sent = d.sent;
    p->hops = hops;
    if (!passed)
        return p;
    p->d.link = d.link;
    p->d.direction = d.direction;
    p->d.sequence = d.sequence;
    p->d.due = d.due;
    p->queued = vtime((int64_t)queued);
    p->bits = vtime((int64_t)bits);
    p->exact = flags & 1;
    p->d.carried = flags & 2;
    p->refused = flags & 4;
    reader_demand(r, far_end(net, p).is_switch == to_switch);
    reader_demand(r, d.sequence < link_at(net, d.link)->ways[d.direction].sequence);
    return r->bad ? NULL : p;
}

/* Entries come in the order of popping, each once. */
static void push(Heap *heap, HeapEntry entry, const HeapEntry *last, Reader *r)
{
    reader_demand(r, !last || heap_before(last, &entry));
    if (!r->bad)
        heap_push(heap, entry);
}

static void load_events(Network *net, const GPtrArray *frames, Reader *r)
{
    unsigned n = get_count(r, 1 + LEAST_PACKET);
    HeapEntry last;

    for (unsigned i = 0; i < n && !r->bad; i++) {
        unsigned class = get_u8(r);
        uint64_t sequence = class == EVENT_SWITCH ? 0 : get_u64(r);
        VTime when = class == EVENT_TAKEN ? get_time(r) : vtime(0);
        HeapEntry entry;
        Packet *p;

        reader_demand(r, class <= EVENT_TAKEN);
        p = load_packet(net, frames, class != EVENT_SEND, class == EVENT_SWITCH, r);
        if (!p)
            return;
        p->when = when;
        switch ((EventClass) class) {
        case EVENT_SEND:
            entry = (HeapEntry){p->d.sent, flow_rank(EVENT_SEND, p->d.from), sequence, p};
            reader_demand(r, sequence < port_at(net, p->d.from)->sends);
            break;
        case EVENT_SWITCH:
            entry = (HeapEntry){p->d.due, flow_rank(EVENT_SWITCH, 2 * p->d.link + p->d.direction),
                                p->d.sequence, p};
            break;
        case EVENT_TAKEN:
            entry = (HeapEntry){when, flow_rank(EVENT_TAKEN, p->d.port), sequence, p};
            reader_demand(r, sequence < port_at(net, p->d.port)->takings);
            break;
        }
        push(&net->events, entry, i > 0 ? &last : NULL, r);
        last = entry;
    }
}

static void load_due(Network *net, unsigned port, const GPtrArray *frames, Reader *r)
{
    unsigned n = get_count(r, LEAST_PACKET);
    HeapEntry last;

    for (unsigned i = 0; i < n; i++) {
        Packet *p = load_packet(net, frames, true, false, r);
        HeapEntry entry;

        if (!p)
            return;
        reader_demand(r, p->d.port == port);
        entry = (HeapEntry){p->d.due, flow_rank(EVENT_SWITCH, 2 * p->d.link + p->d.direction),
                            p->d.sequence, p};
        push(&port_at(net, port)->due, entry, i > 0 ? &last : NULL, r);
        last = entry;
    }
}

static void load_taken(Network *net, const GPtrArray *frames, Reader *r)
{
    unsigned n = get_count(r, LEAST_PACKET);

    net->loaded = g_ptr_array_new();
    for (unsigned i = 0; i < n; i++) {
        Packet *p = load_packet(net, frames, true, false, r);

        if (!p)
            return;
        reader_demand(r, i == 0 || compare_taken(net->loaded->pdata[i - 1], p) < 0);
        p->taken = true;
        p->number = i;
        g_ptr_array_add(net->loaded, p);
    }
}

static void load_packets(Network *net, Reader *r)
{
    g_autoptr(GPtrArray) frames = g_ptr_array_new();

    load_frames(net, frames, r);
    load_events(net, frames, r);
    for (unsigned i = 0; i < net->ports->len && !r->bad; i++)
        load_due(net, i, frames, r);
    if (!r->bad)
        load_taken(net, frames, r);
    for (unsigned i = 0; i < frames->len; i++) {
        reader_demand(r, ((Frame *)frames->pdata[i])->refs > 1); /* a packet has it */
        frame_unref(&net->frames, frames->pdata[i]);
    }
}

/* Vector clocks count by the nodes of the trace, so it must be the trace of then. */
static bool fits_trace(const Network *net, const Trace *trace)
{
    for (unsigned i = 0; i < net->ports->len; i++)
        if (trace_find_node(trace, port_at(net, i)->node) != port_at(net, i)->trace_node)
            return false;
    for (const Packet *p = net->packets; p; p = p->next_ever)
        if (p->frame && p->frame->clock.len > trace_n_nodes(trace))
            return false;
    return true;
}

static void forget_trace(Network *net)
{
    for (const Packet *p = net->packets; p; p = p->next_ever)
        if (p->frame)
            p->frame->clock.len = 0;
}

/* Exchanges all but the observers and the trace. */
static void exchange(Network *a, Network *b)
{
    Network old = *a;

    *a = *b;
    *b = old;
    b->observers = a->observers;
    a->observers = old.observers;
    b->trace = a->trace;
    a->trace = old.trace;
}

bool network_load(Network *net, Reader *r, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(Network) fresh = load_topology(r, &reason);
    bool traced = false;

    if (fresh && !r->bad) {
        fresh->changed = get_time(r);
        fresh->last = get_time(r);
        fresh->clock = get_time(r);
        fresh->n_frames = get_number(r);
        traced = get_flag(r);
        load_parts(fresh, traced, r);
        load_packets(fresh, r);
    }
    if (!fresh || r->bad) {
        g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_SAVED, "the saved network is damaged%s%s",
                    reason ? ": " : "", reason ? reason->message : "");
        return false;
    }
    if (traced && net->trace && !fits_trace(fresh, net->trace)) {
        g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_SAVED,
                    "the saved network is damaged: it does not fit the trace");
        return false;
    }
    if (!traced || !net->trace)
        forget_trace(fresh);
    exchange(net, fresh);
    if (!traced)
        network_set_trace(net, net->trace);
    return true;
}

NetDelivery *network_taken(Network *net, unsigned number)
{
    Packet *packet;

    if (!net->loaded || number >= net->loaded->len || !net->loaded->pdata[number])
        return NULL;
    packet = net->loaded->pdata[number];
    net->loaded->pdata[number] = NULL;
    return &packet->d;
}

unsigned network_unclaimed(const Network *net)
{
    unsigned n = 0;

    for (unsigned i = 0; net->loaded && i < net->loaded->len; i++)
        n += net->loaded->pdata[i] != NULL;
    return n;
}
