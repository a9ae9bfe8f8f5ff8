/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump.h: reads the pcap records that QEMU's filter-dump writes (net/dump.c), and the virtual time
 * of their stamps. Pure: bytes in, values out.
 */
#ifndef QEMU_DUMP_H
#define QEMU_DUMP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Size of the file header (pcap_file_hdr), which is skipped. */
#define DUMP_FILE_HEADER 24

/* QEMU passes on no frame that is longer. */
#define DUMP_FRAME_MAX 65536

/* pcap_sf_pkthdr. `caplen` bytes of a frame of `len` bytes follow. */
typedef struct {
    int32_t sec, usec;
    uint32_t caplen, len;
} DumpHead;

G_STATIC_ASSERT(sizeof(DumpHead) == 16);

/*
 * filter-dump adds its start time, in whole seconds, to the virtual µs. No interface reports that
 * start time. So the first stamp is placed by its known earliest time, and the others relative to
 * it.
 */
typedef struct {
    bool known;
    int64_t base_us;
} DumpClock;

/* Virtual µs of a record. The first record's time must be `earliest_us`, or less than a second
 * later. */
int64_t dump_time(DumpClock *clock, const DumpHead *head, int64_t earliest_us);

typedef enum {
    DUMP_PARTIAL, /* the rest is still to come */
    DUMP_RECORD,
    DUMP_BROKEN, /* no record of filter-dump begins like this */
} DumpResult;

/* Reads the record at the beginning of the bytes. *frame points into the bytes. The next record is
 * sizeof(DumpHead) + head->caplen bytes on. */
DumpResult dump_read(const uint8_t *bytes, gsize size, DumpHead *head, const uint8_t **frame);

/* A note: the record that filter-dump writes, with a maxlen of DUMP_NOTE_PAYLOAD, for a token of
 * `token_size` bytes that begins with its sequence number. */
#define DUMP_NOTE_PAYLOAD 16
#define DUMP_NOTE_RECORD  (sizeof(DumpHead) + DUMP_NOTE_PAYLOAD)

/* False unless the bytes are exactly one note. */
bool dump_read_note(const uint8_t *bytes, gsize size, uint32_t token_size, DumpHead *head,
                    uint64_t *sequence);

#endif
