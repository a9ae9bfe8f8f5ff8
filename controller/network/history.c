/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.c: checks each change against the network, then applies the change by the public
 * functions.
 */
#include "controller/network/history.h"

#include "controller/network/network-private.h"

static bool end_is_there(const Network *net, NetEnd end)
{
    return end.index < (end.is_switch ? net->switches->len : net->ports->len);
}

static bool can_be_done(const Network *net, const NetOp *op)
{
    switch (op->kind) {
    case NET_OP_LINK:
        return end_is_there(net, op->ends[0]) && end_is_there(net, op->ends[1]);
    case NET_OP_REMOVE:
        return op->link < net->links->len && !link_at(net, op->link)->removed;
    case NET_OP_SET: /* a line stays a line */
        return op->link < net->links->len &&
               op->params[0].byte_bits == link_at(net, op->link)->ways[0].params.byte_bits &&
               op->params[1].byte_bits == link_at(net, op->link)->ways[1].params.byte_bits;
    case NET_OP_SCHEDULE:
        return op->link < net->links->len && op->direction < 2;
    case NET_OP_SEED:
    case NET_OP_QUANTUM:
    case NET_OP_PORT:
    case NET_OP_SWITCH:
        return true;
    }
    return false;
}

bool network_repeat(Network *net, const NetOp *op, GError **error)
{
    unsigned index;

    if (!can_be_done(net, op)) {
        g_set_error(error, NETWORK_ERROR, NETWORK_ERROR_NAME,
                    "change %u of the network can't be repeated here", net->ops->len);
        return false;
    }
    switch (op->kind) {
    case NET_OP_SEED:
        network_set_seed(net, op->seed);
        return true;
    case NET_OP_QUANTUM:
        return network_set_quantum(net, op->quantum, op->at, error);
    case NET_OP_PORT:
        return network_add_port(net, op->name, op->mac, &index, error);
    case NET_OP_SWITCH:
        return network_add_switch(net, op->name, &index, error);
    case NET_OP_LINK:
        return network_add_link(net, op->ends[0], op->ends[1], op->params, &index, error);
    case NET_OP_REMOVE:
        network_remove_link(net, op->link);
        return true;
    case NET_OP_SET:
        network_set_link(net, op->link, op->params);
        return true;
    case NET_OP_SCHEDULE:
        network_schedule_link(net, op->link, op->direction, op->at, op->up);
        return true;
    }
    return false;
}
