/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filter-match.c: walks a filter's tree for a frame. */
#include "controller/network/filter.h"
#include "controller/network/headers.h"

#include <string.h>

static bool has_host(const Headers *h, const uint8_t host[4])
{
    for (unsigned i = 0; i < 2; i++)
        if (h->hosts[i] && memcmp(h->hosts[i], host, 4) == 0)
            return true;
    return false;
}

static bool holds(const Filter *f, const Headers *h)
{
    switch (f->op) {
    case FILTER_ARP:
        return h->type == HEADERS_TYPE_ARP;
    case FILTER_IP:
        return h->type == HEADERS_TYPE_IP;
    case FILTER_IP6:
        return h->type == HEADERS_TYPE_IP6;
    case FILTER_ICMP:
        return h->type == HEADERS_TYPE_IP && h->proto == HEADERS_PROTO_ICMP;
    case FILTER_ICMP6:
        return h->type == HEADERS_TYPE_IP6 && h->proto == HEADERS_PROTO_ICMP6;
    case FILTER_TCP:
        return h->proto == HEADERS_PROTO_TCP;
    case FILTER_UDP:
        return h->proto == HEADERS_PROTO_UDP;
    case FILTER_PORT:
        return h->has_ports && (h->ports[0] == f->port || h->ports[1] == f->port);
    case FILTER_HOST:
        return has_host(h, f->host);
    case FILTER_ETHER:
        return h->ether &&
               (memcmp(h->ether, f->ether, 6) == 0 || memcmp(h->ether + 6, f->ether, 6) == 0);
    case FILTER_NOT:
        return !holds(f->left, h);
    case FILTER_AND:
        return holds(f->left, h) && holds(f->right, h);
    case FILTER_OR:
        return holds(f->left, h) || holds(f->right, h);
    }
    return false;
}

bool filter_matches(const Filter *filter, const void *frame, size_t size)
{
    Headers h = headers_read(frame, size);

    return holds(filter, &h);
}
