/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pcapng.c: builds pcapng blocks and pcap records.
 */
#include "controller/network/pcapng.h"

#include "controller/base/text.h"

#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_NAMES = 4,
    BLOCK_PACKET = 6,
};

enum {
    OPT_END = 0,
    OPT_COMMENT = 1,
    SHB_USERAPPL = 4,
    IF_NAME = 2,
    IF_DESCRIPTION = 3,
    IF_TSRESOL = 9,
    EPB_FLAGS = 2,
};

#define MAGIC             0x1a2b3c4d
#define PCAP_MAGIC        0xa1b23c4d /* stamps in ns */
#define PCAP_SNAPLEN      (1u << 18)
#define LINKTYPE_ETHERNET 1
#define NAME_IPV4         1
#define OPTION_MAX        UINT16_MAX

static void put16(GByteArray *out, unsigned value)
{
    uint16_t le = GUINT16_TO_LE((uint16_t)value);

    g_byte_array_append(out, (const guint8 *)&le, sizeof(le));
}

static void put32(GByteArray *out, uint32_t value)
{
    uint32_t le = GUINT32_TO_LE(value);

    g_byte_array_append(out, (const guint8 *)&le, sizeof(le));
}

/* Appends bytes, padded with zeros to a multiple of 4. */
static void put_padded(GByteArray *out, const void *data, size_t size)
{
    static const guint8 zeros[3];

    if (size > 0)
        g_byte_array_append(out, data, (guint)size);
    g_byte_array_append(out, zeros, (guint)(-size & 3));
}

static void put_option(GByteArray *out, unsigned code, const void *data, size_t size)
{
    put16(out, code);
    put16(out, (unsigned)size);
    put_padded(out, data, size);
}

static void put_text(GByteArray *out, unsigned code, const char *text)
{
    if (text)
        put_option(out, code, text, text_cut(text, strlen(text), OPTION_MAX));
}

/* Begins a block. The length of a block is at both of its ends. */
static guint begin_block(GByteArray *out, uint32_t type)
{
    guint start = out->len;

    put32(out, type);
    put32(out, 0);
    return start;
}

static void end_block(GByteArray *out, guint start)
{
    uint32_t total = out->len - start + 4, le = GUINT32_TO_LE(total);

    put32(out, total);
    memcpy(out->data + start + 4, &le, sizeof(le));
}

void pcapng_section(GByteArray *out, const char *application)
{
    guint start = begin_block(out, BLOCK_SECTION);

    put32(out, MAGIC);
    put16(out, 1); /* version 1.0 */
    put16(out, 0);
    put32(out, UINT32_MAX); /* length of the section: unknown */
    put32(out, UINT32_MAX);
    put_text(out, SHB_USERAPPL, application);
    put_option(out, OPT_END, NULL, 0);
    end_block(out, start);
}

void pcapng_interface(GByteArray *out, PcapngLink link, const char *name, const char *description)
{
    static const uint8_t nanoseconds = 9;
    guint start = begin_block(out, BLOCK_INTERFACE);

    put16(out, (unsigned)link);
    put16(out, 0);
    put32(out, 0); /* no limit of packet length */
    put_text(out, IF_NAME, name);
    put_text(out, IF_DESCRIPTION, description);
    put_option(out, IF_TSRESOL, &nanoseconds, sizeof(nanoseconds));
    put_option(out, OPT_END, NULL, 0);
    end_block(out, start);
}

void pcapng_packet(GByteArray *out, unsigned interface, VTime at, const void *frame, size_t size,
                   PcapngDirection direction, const char *comment)
{
    uint32_t flags = GUINT32_TO_LE((uint32_t)direction); /* bits 0 and 1 */
    guint start = begin_block(out, BLOCK_PACKET);

    put32(out, interface);
    put32(out, (uint32_t)((uint64_t)at.ns >> 32));
    put32(out, (uint32_t)at.ns);
    put32(out, (uint32_t)size); /* captured length, length on the wire */
    put32(out, (uint32_t)size);
    put_padded(out, frame, size);
    if (direction != PCAPNG_NO_DIRECTION)
        put_option(out, EPB_FLAGS, &flags, sizeof(flags));
    put_text(out, OPT_COMMENT, comment);
    if (direction != PCAPNG_NO_DIRECTION || comment)
        put_option(out, OPT_END, NULL, 0);
    end_block(out, start);
}

void pcapng_name_ipv4(GByteArray *out, const uint8_t address[4], const char *name)
{
    guint start = begin_block(out, BLOCK_NAMES);
    g_autoptr(GByteArray) record = g_byte_array_new();

    g_byte_array_append(record, address, 4);
    g_byte_array_append(record, (const guint8 *)name, (guint)strlen(name) + 1);
    put_option(out, NAME_IPV4, record->data, record->len);
    put32(out, 0); /* end of the records */
    end_block(out, start);
}

void pcap_header(GByteArray *out)
{
    put32(out, PCAP_MAGIC);
    put16(out, 2); /* version 2.4 */
    put16(out, 4);
    put32(out, 0); /* time zone, accuracy */
    put32(out, 0);
    put32(out, PCAP_SNAPLEN);
    put32(out, LINKTYPE_ETHERNET);
}

void pcap_packet(GByteArray *out, VTime at, const void *frame, size_t size)
{
    put32(out, (uint32_t)(at.ns / NS_PER_S));
    put32(out, (uint32_t)(at.ns % NS_PER_S));
    put32(out, (uint32_t)size); /* captured length, length on the wire */
    put32(out, (uint32_t)size);
    g_byte_array_append(out, frame, (guint)size);
}
