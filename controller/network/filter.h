/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter.h: selects the frames of a packet break, in tcpdump's language (pcap-filter(7)), compiled
 * and matched by libpcap.
 *
 * Names of hosts, ports and protocols that this host would have to look up are refused: numbers
 * mean the same on every host. A filter that consists of the following words alone has extensions
 * to tcpdump's language:
 *
 *   arp ip ip6 icmp icmp6 tcp udp, port N, host A.B.C.D, ether MAC, and or not ( )
 *
 * In such a filter "and" may be left out and binds tighter than "or" (tcpdump reads both from left
 * to right), up to two VLAN tags are skipped, and "icmp6" also matches behind hop-by-hop options.
 *
 * A frame that ends before a header that the filter reads does not match, with "not" neither.
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

/* Compiles a filter. On failure returns NULL with an error that quotes the filter, the wrong part
 * and its column, counted from 1. */
Filter *filter_new(const char *text, GError **error);

/* NULL is allowed. */
void filter_free(Filter *filter);

/* Reports whether an Ethernet frame (without preamble and checksum) matches. Allocates nothing; any
 * thread may call this function. */
bool filter_matches(const Filter *filter, const void *frame, size_t size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filter, filter_free)

#endif
