/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topology.c: encodes and decodes changes of the topology, and checks the range of each value. */
#include "controller/network/topology.h"

static void put_ends(GByteArray *out, const NetOp *op)
{
    for (unsigned i = 0; i < 2; i++) {
        put_u8(out, op->ends[i].is_switch);
        put_u32(out, op->ends[i].index);
    }
}

static void put_ways(GByteArray *out, const NetOp *op)
{
    for (unsigned i = 0; i < 2; i++) {
        const LinkParams *p = &op->params[i];

        put_i64(out, p->latency.ns);
        put_i64(out, p->bandwidth);
        put_i64(out, p->queue);
        put_i64(out, p->jitter.ns);
        put_u32(out, p->loss);
        put_u32(out, p->duplicate);
        put_u32(out, p->reorder);
        put_u8(out, p->byte_bits);
        put_u8(out, (uint8_t)(p->exact | p->exact_set << 1));
    }
}

void topology_put(GByteArray *out, const NetOp *op)
{
    put_u8(out, (uint8_t)op->kind);
    switch (op->kind) {
    case NET_OP_SEED:
        put_u64(out, op->seed);
        break;
    case NET_OP_QUANTUM:
        put_i64(out, op->quantum.ns);
        put_i64(out, op->at.ns);
        break;
    case NET_OP_PORT:
        put_text(out, op->name);
        for (unsigned i = 0; i < MAC_LEN; i++)
            put_u8(out, op->mac[i]);
        break;
    case NET_OP_SWITCH:
        put_text(out, op->name);
        break;
    case NET_OP_LINK:
        put_ends(out, op);
        put_ways(out, op);
        break;
    case NET_OP_REMOVE:
        put_u32(out, op->link);
        break;
    case NET_OP_SET:
        put_u32(out, op->link);
        put_ways(out, op);
        break;
    case NET_OP_SCHEDULE:
        put_u32(out, op->link);
        put_u8(out, (uint8_t)op->direction);
        put_i64(out, op->at.ns);
        put_u8(out, op->up);
        break;
    }
}

static int64_t get_positive(Reader *r)
{
    int64_t value = get_i64(r);

    reader_demand(r, value >= 0);
    return value;
}

static uint32_t get_chance(Reader *r)
{
    uint32_t value = get_u32(r);

    reader_demand(r, value <= LINK_CERTAIN);
    return value;
}

static void get_ends(Reader *r, NetOp *op)
{
    for (unsigned i = 0; i < 2; i++) {
        op->ends[i].is_switch = get_flag(r);
        op->ends[i].index = get_u32(r);
    }
}

static void get_ways(Reader *r, NetOp *op)
{
    for (unsigned i = 0; i < 2; i++) {
        LinkParams *p = &op->params[i];
        uint8_t flags;

        p->latency = vtime(get_positive(r));
        p->bandwidth = get_positive(r);
        p->queue = get_positive(r);
        p->jitter = vtime(get_positive(r));
        p->loss = get_chance(r);
        p->duplicate = get_chance(r);
        p->reorder = get_chance(r);
        p->byte_bits = get_u8(r);
        reader_demand(r, p->byte_bits == 0 || p->bandwidth > 0);
        flags = get_u8(r);
        reader_demand(r, flags <= 3);
        p->exact = flags & 1;
        p->exact_set = flags & 2;
    }
}

static void get_name(Reader *r, NetOp *op, char **name)
{
    *name = get_text(r);
    op->name = *name;
    reader_demand(r, **name != '\0');
}

bool topology_get_head(Reader *r, TopologyHead *head)
{
    head->moved = get_time(r);
    head->count = get_count(r, TOPOLOGY_LEAST);
    return !r->bad;
}

void topology_get(Reader *r, NetOp *op, char **name)
{
    unsigned kind = get_u8(r);

    *op = (NetOp){0};
    *name = NULL;
    reader_demand(r, kind <= NET_OP_LAST);
    if (r->bad)
        return;
    op->kind = (NetOpKind)kind;
    switch (op->kind) {
    case NET_OP_SEED:
        op->seed = get_u64(r);
        break;
    case NET_OP_QUANTUM:
        op->quantum = get_time(r);
        reader_demand(r, op->quantum.ns > 0);
        op->at = get_time(r);
        break;
    case NET_OP_PORT:
        get_name(r, op, name);
        reader_demand(r, **name != '.'); /* the node's name comes first */
        for (unsigned i = 0; i < MAC_LEN; i++)
            op->mac[i] = get_u8(r);
        break;
    case NET_OP_SWITCH:
        get_name(r, op, name);
        break;
    case NET_OP_LINK:
        get_ends(r, op);
        get_ways(r, op);
        break;
    case NET_OP_REMOVE:
        op->link = get_u32(r);
        break;
    case NET_OP_SET:
        op->link = get_u32(r);
        get_ways(r, op);
        break;
    case NET_OP_SCHEDULE:
        op->link = get_u32(r);
        op->direction = get_u8(r);
        op->at = get_time(r);
        op->up = get_flag(r);
        break;
    }
}
