/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter.h: which frames a packet break or a listing is about. Pure.
 *
 *   filter  := all { "or" all }
 *   all     := term { ["and"] term }
 *   term    := "not" term | "(" filter ")" | test
 *   test    := "arp" | "ip" | "ip6" | "icmp" | "icmp6" | "tcp" | "udp"
 *            | "port" 0…65535 | "host" A.B.C.D | "ether" HH:HH:HH:HH:HH:HH
 *
 * Words mean what they mean to tcpdump: "icmp" is that of IPv4, "tcp", "udp" and "port" go for IPv4
 * and IPv6, "port", "host" and "ether" for either side, "host" also for the addresses within ARP.
 * Up to two VLAN tags are looked through. What a frame is too short or too fragmented to tell does
 * not match.
 */
#ifndef NETWORK_FILTER_H
#define NETWORK_FILTER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_ERROR (filter_error_quark())
GQuark filter_error_quark(void);

typedef enum {
    FILTER_ERROR_SYNTAX,
    FILTER_ERROR_LENGTH, /* more than FILTER_TERMS_MAX terms, "not" and parentheses counted */
} FilterError;

#define FILTER_TERMS_MAX 256

typedef enum {
    FILTER_ARP,
    FILTER_IP,
    FILTER_IP6,
    FILTER_ICMP,
    FILTER_ICMP6,
    FILTER_TCP,
    FILTER_UDP,
    FILTER_PORT,
    FILTER_HOST,
    FILTER_ETHER,
    FILTER_NOT, /* left */
    FILTER_AND, /* left and right */
    FILTER_OR,
} FilterOp;

/* A node of the syntax tree. */
typedef struct Filter Filter;
struct Filter {
    FilterOp op;
    Filter *left, *right;
    union {
        uint16_t port;
        uint8_t host[4];
        uint8_t ether[6];
    };
};

/* The tree of a filter; NULL with an error that quotes the filter and names the column, from 1. */
Filter *filter_parse(const char *text, GError **error);

/* Takes NULL. */
void filter_free(Filter *filter);

/* The filter in its own language, with a parenthesis around each "and" and "or"; free with
 * g_free(). */
char *filter_format(const Filter *filter);

/* Whether an Ethernet frame (without preamble and checksum) matches. */
bool filter_matches(const Filter *filter, const void *frame, size_t size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filter, filter_free)

#endif
