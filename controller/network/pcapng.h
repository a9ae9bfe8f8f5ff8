/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pcapng.h: writes packet captures with virtual time stamps in ns for Wireshark: pcapng, and the
 * classic pcap, which has neither interfaces nor comments. Pure: the output is appended to a byte
 * array and is the same, little-endian, on every machine.
 *
 * Format: draft-ietf-opsawg-pcapng. A file is one section block, an interface block for each port,
 * then packet blocks; interfaces may also be added between packets. Virtual time 0 shows as the
 * start of 1970.
 */
#ifndef NETWORK_PCAPNG_H
#define NETWORK_PCAPNG_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum {
    PCAPNG_NO_DIRECTION,
    PCAPNG_INBOUND,  /* the port received it */
    PCAPNG_OUTBOUND, /* the port sent it */
} PcapngDirection;

/* Appends a Section Header Block, the start of a file. `application` may be NULL. */
void pcapng_section(GByteArray *out, const char *application);

/* What the packets of an interface are (LINKTYPE_…). The bytes of a serial line have no type of their
 * own. */
typedef enum { PCAPNG_ETHERNET = 1, PCAPNG_LINE = 147 /* USER0 */ } PcapngLink;

/* Appends an Interface Description Block: ns. The caller counts interfaces from 0. `description` may
 * be NULL. */
void pcapng_interface(GByteArray *out, PcapngLink link, const char *name, const char *description);

/* Appends an Enhanced Packet Block at virtual time `at`, not negative. `comment` may be NULL, and
 * is shortened to the size of an option. */
void pcapng_packet(GByteArray *out, unsigned interface, VTime at, const void *frame, size_t size,
                   PcapngDirection direction, const char *comment);

/* Appends a Name Resolution Block with one record: Wireshark then shows `name` for this IPv4
 * address. */
void pcapng_name_ipv4(GByteArray *out, const uint8_t address[4], const char *name);

/* Appends the start of a classic pcap file: Ethernet, ns. */
void pcap_header(GByteArray *out);

/* Appends a pcap record of a frame at virtual time `at`, not negative and below 136 years: the
 * seconds have 32 bits. */
void pcap_packet(GByteArray *out, VTime at, const void *frame, size_t size);

#endif
