/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-dump.c: whatever a filter-dump's pipe holds, a record lies inside what has come, what is not
 * whole yet is decided alike when more of it is there, and the first stamp is placed in the second
 * that is known. The first eight bytes are the time that is known, the rest is the stream.
 */
#include "controller/qemu/dump.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* Of a part of the bytes, alone in memory: the same record, or that it is not whole. */
static void check_part(const uint8_t *bytes, size_t size, DumpResult whole)
{
    uint8_t *copy = g_memdup2(bytes, size);
    const uint8_t *frame = NULL;
    DumpHead head;
    DumpResult part = dump_read(copy, size, &head, &frame);

    demand(part == whole || part == DUMP_PARTIAL);
    demand(part != DUMP_RECORD ||
           (frame == copy + sizeof(head) && head.caplen <= size - sizeof(head)));
    g_free(copy);
}

static void check_note(const uint8_t *bytes, size_t size)
{
    uint64_t sequence;
    DumpHead head;

    for (uint32_t token = 2999; token <= 3000; token++)
        if (dump_read_note(bytes, size, token, &head, &sequence))
            demand(size == DUMP_NOTE_RECORD && head.len == token);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    DumpClock clock = {0};
    int64_t earliest_us;
    const uint8_t *frame;
    bool any = false;
    DumpResult result;
    DumpHead head;

    if (len < sizeof(earliest_us))
        return 0;
    memcpy(&earliest_us, bytes, sizeof(earliest_us));
    earliest_us /= 1000; /* of ns */
    bytes += sizeof(earliest_us);
    len -= sizeof(earliest_us);
    check_note(bytes, len);
    do {
        result = dump_read(bytes, len, &head, &frame);
        for (size_t size = 0; size < len && size < 64; size++)
            check_part(bytes, size, result);
        check_part(bytes, len, result);
        if (result == DUMP_RECORD) {
            int64_t us = dump_time(&clock, &head, earliest_us);

            demand(any || (us >= earliest_us && us < earliest_us + 1000000));
            demand(!any || dump_time(&clock, &head, 0) == us);
            any = true;
            len -= sizeof(head) + head.caplen;
            bytes = frame + head.caplen;
        }
    } while (result == DUMP_RECORD);
    return 0;
}
