/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump.h: the pcap records that QEMU's filter-dump writes (net/dump.c), and the virtual time that
 * their stamps tell. Pure: bytes in, values out.
 */
#ifndef QEMU_DUMP_H
#define QEMU_DUMP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What a file begins with (pcap_file_hdr); nothing in it is looked at. */
#define DUMP_FILE_HEADER 24

/* A longer frame is none that QEMU passes on. */
#define DUMP_FRAME_MAX 65536

/* pcap_sf_pkthdr; `caplen` bytes follow, of a frame of `len`. */
typedef struct {
    int32_t sec, usec;
    uint32_t caplen, len;
} DumpHead;

G_STATIC_ASSERT(sizeof(DumpHead) == 16);

/*
 * filter-dump adds its start time to virtual µs, in whole seconds, which nobody tells. So the first
 * stamp is placed by what is known of it, and the others go by that.
 */
typedef struct {
    bool known;
    int64_t base_us;
} DumpClock;

/* Virtual µs of a record. The first one's is known to be `earliest_us`, or less than a second
 * later. */
int64_t dump_time(DumpClock *clock, const DumpHead *head, int64_t earliest_us);

typedef enum {
    DUMP_PARTIAL, /* the rest is still to come */
    DUMP_RECORD,
    DUMP_BROKEN, /* no record of filter-dump begins like this */
} DumpResult;

/* The record at the beginning of the bytes. *frame points into them; the next record is
 * sizeof(DumpHead) + head->caplen bytes on. */
DumpResult dump_read(const uint8_t *bytes, gsize size, DumpHead *head, const uint8_t **frame);

/* A note: what filter-dump, with this maxlen, writes of a token of `token_size` bytes that begins
 * with its sequence number. */
#define DUMP_NOTE_PAYLOAD 16
#define DUMP_NOTE_RECORD  (sizeof(DumpHead) + DUMP_NOTE_PAYLOAD)

/* False unless the bytes are one whole note. */
bool dump_read_note(const uint8_t *bytes, gsize size, uint32_t token_size, DumpHead *head,
                    uint64_t *sequence);

#endif
