/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.c: computes the fate of each frame on one way of a link: queue, bandwidth, random draws.
 */
#include "controller/network/link.h"

#include "controller/network/frame.h"

#include <string.h>

#define ETHERNET_MIN      60 /* without checksum */
#define ETHERNET_OVERHEAD 24 /* checksum 4, preamble 8, gap 12 */

/* Later times count as never. Limit such that two of these times can be added without overflow. */
#define NEVER (INT64_MAX / 4)

typedef struct {
    VTime at;
    bool up;
} LinkChange;

const char *net_drop_name(NetDrop drop)
{
    switch (drop) {
    case NET_DROP_NONE:
        return "";
    case NET_DROP_DOWN:
        return "down";
    case NET_DROP_QUEUE:
        return "queue";
    case NET_DROP_LOSS:
        return "loss";
    case NET_DROP_NO_LINK:
        return "no-link";
    case NET_DROP_HOPS:
        return "hops";
    case NET_DROP_NIC:
        return "nic";
    }
    return "";
}

void link_way_init(LinkWay *way, const LinkParams *params, uint64_t seed, const char *name,
                   unsigned direction)
{
    *way = (LinkWay){.params = *params, .changes = g_array_new(FALSE, FALSE, sizeof(LinkChange))};
    prng_seed(&way->prng, seed, name, direction);
}

void link_way_clear(LinkWay *way)
{
    g_free(way->queue.items);
    g_clear_pointer(&way->changes, g_array_unref);
    *way = (LinkWay){0};
}

void link_way_set(LinkWay *way, const LinkParams *params)
{
    /* The rest is in 1/bandwidth ns, so a new bandwidth invalidates the rest. */
    if (params->bandwidth != way->params.bandwidth && way->busy_rest > 0) {
        way->busy_until.ns++;
        way->busy_rest = 0;
    }
    way->params = *params;
}

void link_way_schedule(LinkWay *way, VTime at, bool up)
{
    LinkChange change = {at, up};
    unsigned i = way->changes->len;

    while (i > way->next_change && g_array_index(way->changes, LinkChange, i - 1).at.ns > at.ns)
        i--;
    g_array_insert_val(way->changes, i, change);
}

bool link_way_is_up(const LinkWay *way, VTime at)
{
    bool up = !way->is_down;

    for (unsigned i = way->next_change; i < way->changes->len; i++) {
        const LinkChange *change = &g_array_index(way->changes, LinkChange, i);

        if (change->at.ns > at.ns)
            break;
        up = change->up;
    }
    return up;
}

bool link_way_next_change(const LinkWay *way, VTime after, VTime *at, bool *up)
{
    bool found = false;

    for (unsigned i = way->next_change; i < way->changes->len; i++) {
        const LinkChange *change = &g_array_index(way->changes, LinkChange, i);

        if (change->at.ns <= after.ns)
            continue;
        if (found && change->at.ns > at->ns)
            break;
        found = true;
        *at = change->at;
        *up = change->up;
    }
    return found;
}

/* Puts the changes up to `at` into effect. */
static void apply_changes(LinkWay *way, VTime at)
{
    while (way->next_change < way->changes->len) {
        const LinkChange *change = &g_array_index(way->changes, LinkChange, way->next_change);

        if (change->at.ns > at.ns)
            return;
        way->is_down = !change->up;
        way->next_change++;
    }
    g_array_set_size(way->changes, 0);
    way->next_change = 0;
}

/* A byte's time on a serial line, rounded down; 0: the link is Ethernet. */
static int64_t byte_ns(const LinkParams *params)
{
    return params->byte_bits > 0 ? params->byte_bits * NS_PER_S / MAX(params->bandwidth, 1) : 0;
}

VTime link_asked_latency(const LinkParams *params)
{
    return vtime(MIN(NEVER, params->latency.ns) + byte_ns(params));
}

VTime link_latency(const LinkParams *params, VTime quantum)
{
    return vtime(MIN(NEVER, MAX(link_asked_latency(params).ns, quantum.ns)));
}

/* Bits on the wire times 10^9: the duration in 1/bandwidth ns. */
static int64_t work(const LinkParams *params, size_t size)
{
    if (params->byte_bits > 0)
        return (int64_t)size * params->byte_bits * NS_PER_S;
    return (int64_t)(MAX(size, ETHERNET_MIN) + ETHERNET_OVERHEAD) * 8 * NS_PER_S;
}

VTime link_serialisation(const LinkParams *params, size_t size)
{
    if (params->bandwidth == 0)
        return vtime(0);
    return vtime(work(params, size) / params->bandwidth +
                 (work(params, size) % params->bandwidth != 0));
}

/* Removes the frames whose last bit was sent by `at` from the queue. */
static void drain(LinkWay *way, VTime at)
{
    while (way->queue.len > 0 && way->queue.items[way->queue.first].until.ns <= at.ns) {
        way->queue.bytes -= (int64_t)way->queue.items[way->queue.first].size;
        way->queue.first = (way->queue.first + 1) % way->queue.capacity;
        way->queue.len--;
    }
}

static void enqueue(LinkWay *way, VTime until, size_t size)
{
    size_t old = way->queue.capacity, end;

    if (way->queue.len == old) {
        way->queue.capacity = MAX(16, 2 * old);
        way->queue.items =
            g_realloc_n(way->queue.items, way->queue.capacity, sizeof(*way->queue.items));
        /* Moves the part that had wrapped around behind the end of the old ring. */
        if (way->queue.first > 0)
            memcpy(way->queue.items + old, way->queue.items,
                   way->queue.first * sizeof(*way->queue.items));
    }
    end = (way->queue.first + way->queue.len++) % way->queue.capacity;
    way->queue.items[end].until = until;
    way->queue.items[end].size = size;
    way->queue.bytes += (int64_t)size;
}

int64_t link_way_backlog(const LinkWay *way, VTime at)
{
    int64_t bytes = way->queue.bytes;

    for (size_t i = 0; i < way->queue.len; i++) {
        size_t place = (way->queue.first + i) % way->queue.capacity;

        if (way->queue.items[place].until.ns > at.ns)
            break;
        bytes -= (int64_t)way->queue.items[place].size;
    }
    return bytes;
}

/* Adds the frame to the queue; sets the time of its last bit, rounded up. Returns false if the
 * queue is full. */
static bool serialise(LinkWay *way, VTime at, size_t size, VTime *last_bit)
{
    int64_t bandwidth = way->params.bandwidth, limit = way->params.queue, total;

    drain(way, at);
    if (bandwidth == 0) {
        /* Frames queued under a bandwidth that was lifted since are not overtaken. */
        *last_bit = vtime(MAX(at.ns, way->busy_until.ns + (way->busy_rest > 0)));
        return true;
    }
    if (limit > 0 && way->queue.bytes > 0 && way->queue.bytes + (int64_t)size > limit)
        return false;
    if (way->busy_until.ns < at.ns) {
        way->busy_until = at;
        way->busy_rest = 0;
    }
    if (__builtin_add_overflow(work(&way->params, size), way->busy_rest, &total))
        total = INT64_MAX;
    way->busy_until.ns = MIN(NEVER, way->busy_until.ns + total / bandwidth);
    way->busy_rest = total % bandwidth;
    *last_bit = vtime(way->busy_until.ns + (way->busy_rest > 0));
    enqueue(way, *last_bit, size);
    return true;
}

static bool chance(uint64_t bits, uint32_t probability)
{
    return prng_scale(bits, LINK_CERTAIN - 1) < probability;
}

/* Arrival time, jitter included. */
static VTime arrival(const LinkWay *way, VTime last_bit, VTime latency, uint64_t bits)
{
    int64_t jitter = (int64_t)prng_scale(bits, (uint64_t)MIN(way->params.jitter.ns, NEVER));

    return vtime(MIN(NEVER, last_bit.ns + latency.ns) + jitter);
}

LinkFate link_way_enter(LinkWay *way, VTime at, size_t size, VTime quantum)
{
    enum { LOSS, DUPLICATE, REORDER, JITTER, JITTER_OF_COPY, DRAWS };
    const LinkParams *p = &way->params;
    /* On top of the time of the bits, so a byte's own time is part of it already. */
    VTime latency = vtime(link_latency(p, quantum).ns - byte_ns(p)), last_bit;
    LinkFate fate = {.drop = NET_DROP_NONE, .copies = 1};
    uint64_t draw[DRAWS];

    for (unsigned i = 0; i < DRAWS; i++)
        draw[i] = prng_next(&way->prng);
    way->stats.sent++;
    way->stats.bytes += size;
    apply_changes(way, at);
    if (way->is_down) {
        way->stats.down++;
        return (LinkFate){.drop = NET_DROP_DOWN};
    }
    if (!serialise(way, at, size, &last_bit)) {
        way->stats.dropped++;
        return (LinkFate){.drop = NET_DROP_QUEUE};
    }
    if (chance(draw[LOSS], p->loss)) {
        way->stats.lost++;
        return (LinkFate){.drop = NET_DROP_LOSS};
    }
    fate.bits = vtime(MIN(link_serialisation(p, size).ns, last_bit.ns - at.ns));
    fate.queued = vtime(last_bit.ns - at.ns - fate.bits.ns);
    fate.due[0] = vtime(MAX(way->last_due.ns, arrival(way, last_bit, latency, draw[JITTER]).ns));
    if (chance(draw[REORDER], p->reorder)) {
        fate.due[0].ns = MIN(2 * NEVER, fate.due[0].ns + MIN(NEVER, p->jitter.ns) + latency.ns);
        way->stats.reordered++;
    } else {
        way->last_due = fate.due[0];
    }
    if (chance(draw[DUPLICATE], p->duplicate)) {
        fate.due[1] =
            vtime(MAX(way->last_due.ns, arrival(way, last_bit, latency, draw[JITTER_OF_COPY]).ns));
        way->last_due = fate.due[1];
        fate.copies = 2;
        way->stats.duplicated++;
    }
    return fate;
}

static const LinkQueued *queued_at(const LinkWay *way, size_t i)
{
    return &way->queue.items[(way->queue.first + i) % way->queue.capacity];
}

void link_way_save(const LinkWay *way, GByteArray *out)
{
    put_counts(out, &way->stats, sizeof(way->stats));
    put_u64(out, way->sequence);
    put_counts(out, way->prng.s, sizeof(way->prng.s));
    put_time(out, way->last_due);
    put_time(out, way->busy_until);
    put_i64(out, way->busy_rest);
    put_u32(out, (uint32_t)way->queue.len);
    for (size_t i = 0; i < way->queue.len; i++) {
        put_time(out, queued_at(way, i)->until);
        put_u32(out, (uint32_t)queued_at(way, i)->size);
    }
    put_flag(out, way->is_down);
    put_u32(out, way->changes->len - way->next_change);
    for (unsigned i = way->next_change; i < way->changes->len; i++) {
        const LinkChange *change = &g_array_index(way->changes, LinkChange, i);

        put_time(out, change->at);
        put_flag(out, change->up);
    }
}

static void load_queue(LinkWay *way, Reader *r)
{
    unsigned n = get_count(r, 8 + 4);

    way->queue.first = way->queue.len = 0;
    way->queue.bytes = 0;
    for (unsigned i = 0; i < n && !r->bad; i++) {
        VTime until = get_time(r);
        uint32_t size = get_u32(r);

        reader_demand(r, size <= FRAME_MAX);
        enqueue(way, until, size);
    }
}

static void load_changes(LinkWay *way, Reader *r)
{
    unsigned n;

    way->is_down = get_flag(r);
    n = get_count(r, 8 + 1);
    way->next_change = 0;
    g_array_set_size(way->changes, 0);
    for (unsigned i = 0; i < n && !r->bad; i++) {
        LinkChange change = {.at = get_time(r)};

        change.up = get_flag(r);
        reader_demand(r, i == 0 ||
                             change.at.ns >= g_array_index(way->changes, LinkChange, i - 1).at.ns);
        g_array_append_val(way->changes, change);
    }
}

void link_way_load(LinkWay *way, Reader *r)
{
    get_counts(r, &way->stats, sizeof(way->stats));
    way->sequence = get_number(r);
    get_counts(r, way->prng.s, sizeof(way->prng.s));
    way->last_due = get_time(r);
    way->busy_until = get_time(r);
    way->busy_rest = get_i64(r);
    reader_demand(r, way->busy_rest >= 0 && way->busy_rest < MAX(way->params.bandwidth, 1));
    load_queue(way, r);
    load_changes(way, r);
}
