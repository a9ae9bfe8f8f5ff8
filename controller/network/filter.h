/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter.h: which frames a packet break is about, in tcpdump's language (pcap-filter(7)), compiled
 * and matched by libpcap.
 *
 * Names of hosts, ports and protocols that this host would have to look up are refused: numbers
 * mean the same on every host. A filter that has nothing but these words is more than tcpdump's:
 *
 *   arp ip ip6 icmp icmp6 tcp udp, port N, host A.B.C.D, ether MAC, and or not ( )
 *
 * There "and" may be left out and binds tighter than "or" (tcpdump reads both from left to right),
 * up to two VLAN tags are looked through, and "icmp6" is seen behind hop-by-hop options.
 *
 * A frame that ends before a header that is asked for does not match, with "not" neither.
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
    FILTER_ERROR_LENGTH, /* more than FILTER_LENGTH_MAX bytes */
} FilterError;

#define FILTER_LENGTH_MAX 2048

typedef struct Filter Filter;

/* NULL with an error that quotes the filter and what is wrong in it, with its column, from 1. */
Filter *filter_new(const char *text, GError **error);

/* Takes NULL. */
void filter_free(Filter *filter);

/* Whether an Ethernet frame (without preamble and checksum) matches. Allocates nothing; any thread
 * may call it. */
bool filter_matches(const Filter *filter, const void *frame, size_t size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filter, filter_free)

#endif
