/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * headers.c: walks through a frame by a cursor that never passes the frame's end.
 */
#include "controller/network/headers.h"

#include <glib.h>
#include <string.h>

#define ETHER_HEADER 14
#define VLAN_MAX     2
#define ARP_IPV4     28 /* bytes of an ARP message about IPv4 on Ethernet */

/* The bytes not read yet. */
typedef struct {
    const uint8_t *at;
    size_t left;
} Cursor;

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

static void read_body(Cursor c, Headers *h)
{
    h->body = c.at;
    h->body_size = c.left;
    if ((h->proto != HEADERS_PROTO_TCP && h->proto != HEADERS_PROTO_UDP) || c.left < 4)
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
    h->fragment = (read16(c.at + 6) & 0x3fff) != 0;
    /* Only the first fragment has the header behind IP's header. */
    if (header >= 20 && (read16(c.at + 6) & 0x1fff) == 0 && skip(&c, header))
        read_body(c, h);
}

/* Skips the extension headers up to the protocol. */
static void read_ip6(Cursor c, Headers *h)
{
    unsigned next;

    if (c.left < 40 || c.at[0] >> 4 != 6)
        return;
    next = c.at[6];
    h->hosts6[0] = c.at + 8;
    h->hosts6[1] = c.at + 24;
    (void)skip(&c, 40);
    for (;;) {
        size_t len = 8;

        switch (next) {
        case HEADERS_PROTO_HOP_BY_HOP:
        case HEADERS_PROTO_ROUTING:
        case HEADERS_PROTO_OPTIONS:
        case HEADERS_PROTO_FRAGMENT:
            break;
        default:
            h->proto = next;
            read_body(c, h);
            return;
        }
        if (c.left < len)
            return;
        h->fragment =
            h->fragment || (next == HEADERS_PROTO_FRAGMENT && (read16(c.at + 2) & 0xfff9));
        if (next == HEADERS_PROTO_FRAGMENT && (read16(c.at + 2) & 0xfff8) != 0) {
            h->proto = c.at[0];
            return;
        }
        if (next != HEADERS_PROTO_FRAGMENT)
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

Headers headers_read(const void *frame, size_t size)
{
    Cursor c = {frame, size};
    Headers h = {.proto = HEADERS_PROTO_NONE};

    if (!skip(&c, ETHER_HEADER))
        return h;
    h.ether = frame;
    h.type = read16(h.ether + 12);
    for (unsigned i = 0;
         i < VLAN_MAX && (h.type == HEADERS_TYPE_VLAN || h.type == HEADERS_TYPE_SERVICE_VLAN);
         i++) {
        if (c.left < 4)
            return h;
        h.type = read16(c.at + 2);
        (void)skip(&c, 4);
    }
    if (h.type == HEADERS_TYPE_IP)
        read_ip(c, &h);
    else if (h.type == HEADERS_TYPE_IP6)
        read_ip6(c, &h);
    else if (h.type == HEADERS_TYPE_ARP)
        read_arp(c, &h);
    return h;
}

static char *ip_name(const char *version, unsigned proto)
{
    static const struct {
        unsigned proto;
        const char *name;
    } known[] = {{HEADERS_PROTO_ICMP, "ICMP"},
                 {HEADERS_PROTO_TCP, "TCP"},
                 {HEADERS_PROTO_UDP, "UDP"},
                 {HEADERS_PROTO_ICMP6, "ICMPv6"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].proto == proto)
            return g_strdup_printf("%s/%s", version, known[i].name);
    return proto == HEADERS_PROTO_NONE ? g_strdup(version)
                                       : g_strdup_printf("%s/%u", version, proto);
}

char *headers_name(unsigned type, unsigned proto)
{
    if (type == 0 && proto == 0)
        return g_strdup("byte");
    switch (type) {
    case HEADERS_TYPE_ARP:
        return g_strdup("ARP");
    case HEADERS_TYPE_IP:
        return ip_name("IPv4", proto);
    case HEADERS_TYPE_IP6:
        return ip_name("IPv6", proto);
    default: /* below 0x600 it is a length */
        return type < 0x600 ? g_strdup("802.3") : g_strdup_printf("0x%04x", type);
    }
}
