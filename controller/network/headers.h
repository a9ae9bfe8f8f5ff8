/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * headers.h: parses the headers of a frame once: Ethernet with up to two VLAN tags, ARP, IPv4, IPv6
 * with its extension headers, ports. Pure; pointers lead into the frame.
 */
#ifndef NETWORK_HEADERS_H
#define NETWORK_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HEADERS_TYPE_IP = 0x0800,
    HEADERS_TYPE_ARP = 0x0806,
    HEADERS_TYPE_VLAN = 0x8100,
    HEADERS_TYPE_IP6 = 0x86dd,
    HEADERS_TYPE_SERVICE_VLAN = 0x88a8,
};

enum {
    HEADERS_PROTO_HOP_BY_HOP = 0,
    HEADERS_PROTO_ICMP = 1,
    HEADERS_PROTO_TCP = 6,
    HEADERS_PROTO_UDP = 17,
    HEADERS_PROTO_ROUTING = 43,
    HEADERS_PROTO_FRAGMENT = 44,
    HEADERS_PROTO_ICMP6 = 58,
    HEADERS_PROTO_OPTIONS = 60,
    HEADERS_PROTO_NONE = 256, /* unknown */
};

typedef struct {
    const uint8_t *ether; /* receiver, then sender; NULL: no whole header */
    unsigned type;
    const uint8_t *hosts[2];  /* IPv4, sender first; NULL: none */
    const uint8_t *hosts6[2]; /* IPv6 */
    unsigned proto;           /* HEADERS_PROTO_NONE: unknown */
    bool fragment;            /* one of several fragments of a datagram */
    unsigned ports[2];
    bool has_ports;
    const uint8_t *body; /* the bytes behind the IP headers, for `proto`; NULL: none, or */
    size_t body_size;    /* only the bytes of a later fragment */
} Headers;

/* Parses a frame of `size` bytes. Headers that the frame's end cuts off stay unset. */
Headers headers_read(const void *frame, size_t size);

/* The protocols of Headers in words: "IPv4/TCP", "ARP", "IPv6/ICMPv6", "IPv4/50", "0x88cc", "802.3";
 * "byte" for both 0, which stands for a serial line. Free with g_free(). */
char *headers_name(unsigned type, unsigned proto);

#endif
