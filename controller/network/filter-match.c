/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filter-match.c: reads the headers of a frame once, then walks the filter's tree. */
#include "controller/network/filter.h"

#include <string.h>

enum {
    TYPE_IP = 0x0800,
    TYPE_ARP = 0x0806,
    TYPE_VLAN = 0x8100,
    TYPE_IP6 = 0x86dd,
    TYPE_SERVICE_VLAN = 0x88a8,
};

enum {
    PROTO_HOP_BY_HOP = 0,
    PROTO_ICMP = 1,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_ICMP6 = 58,
    PROTO_OPTIONS = 60,
    PROTO_NONE = 256, /* not known */
};

#define ETHER_HEADER 14
#define VLAN_MAX     2
#define ARP_IPV4     28 /* bytes of an ARP message about IPv4 on Ethernet */

/* A view of the bytes not read yet. */
typedef struct {
    const uint8_t *at;
    size_t left;
} Cursor;

typedef struct {
    const uint8_t *ether; /* receiver, then sender; NULL: no whole header */
    unsigned type;
    const uint8_t *hosts[2]; /* IPv4; NULL: none */
    unsigned proto;
    unsigned ports[2];
    bool has_ports;
} Headers;

static unsigned read16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static bool skip(Cursor *c, size_t n)
{
    if (c->left < n)
        return false;
    c->at += n;
    c->left -= n;
    return true;
}

static void read_ports(Cursor c, Headers *h)
{
    if ((h->proto != PROTO_TCP && h->proto != PROTO_UDP) || c.left < 4)
        return;
    h->ports[0] = read16(c.at);
    h->ports[1] = read16(c.at + 2);
    h->has_ports = true;
}

static void read_ip(Cursor c, Headers *h)
{
    size_t header;

    if (c.left < 20 || c.at[0] >> 4 != 4)
        return;
    header = (size_t)(c.at[0] & 15) * 4;
    h->proto = c.at[9];
    h->hosts[0] = c.at + 12;
    h->hosts[1] = c.at + 16;
    /* Only the first fragment has what follows IP's header. */
    if (header >= 20 && (read16(c.at + 6) & 0x1fff) == 0 && skip(&c, header))
        read_ports(c, h);
}

/* Goes through the extension headers to the protocol. */
static void read_ip6(Cursor c, Headers *h)
{
    unsigned next;

    if (c.left < 40 || c.at[0] >> 4 != 6)
        return;
    next = c.at[6];
    (void)skip(&c, 40);
    for (;;) {
        size_t len = 8;

        switch (next) {
        case PROTO_HOP_BY_HOP:
        case PROTO_ROUTING:
        case PROTO_OPTIONS:
        case PROTO_FRAGMENT:
            break;
        default:
            h->proto = next;
            read_ports(c, h);
            return;
        }
        if (c.left < len)
            return;
        if (next == PROTO_FRAGMENT && (read16(c.at + 2) & 0xfff8) != 0) {
            h->proto = c.at[0];
            return;
        }
        if (next != PROTO_FRAGMENT)
            len += (size_t)c.at[1] * 8;
        next = c.at[0];
        if (!skip(&c, len))
            return;
    }
}

static void read_arp(Cursor c, Headers *h)
{
    static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};

    if (c.left < ARP_IPV4 || memcmp(c.at, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0)
        return;
    h->hosts[0] = c.at + 14;
    h->hosts[1] = c.at + 24;
}

static Headers read_headers(const void *frame, size_t size)
{
    Cursor c = {frame, size};
    Headers h = {.proto = PROTO_NONE};

    if (!skip(&c, ETHER_HEADER))
        return h;
    h.ether = frame;
    h.type = read16(h.ether + 12);
    for (unsigned i = 0; i < VLAN_MAX && (h.type == TYPE_VLAN || h.type == TYPE_SERVICE_VLAN);
         i++) {
        if (c.left < 4)
            return h;
        h.type = read16(c.at + 2);
        (void)skip(&c, 4);
    }
    if (h.type == TYPE_IP)
        read_ip(c, &h);
    else if (h.type == TYPE_IP6)
        read_ip6(c, &h);
    else if (h.type == TYPE_ARP)
        read_arp(c, &h);
    return h;
}

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
        return h->type == TYPE_ARP;
    case FILTER_IP:
        return h->type == TYPE_IP;
    case FILTER_IP6:
        return h->type == TYPE_IP6;
    case FILTER_ICMP:
        return h->type == TYPE_IP && h->proto == PROTO_ICMP;
    case FILTER_ICMP6:
        return h->type == TYPE_IP6 && h->proto == PROTO_ICMP6;
    case FILTER_TCP:
        return h->proto == PROTO_TCP;
    case FILTER_UDP:
        return h->proto == PROTO_UDP;
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
    Headers h = read_headers(frame, size);

    return holds(filter, &h);
}
