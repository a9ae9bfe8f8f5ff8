/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dump.c: reads pcap records without any state but the base of a DumpClock. */
#include "controller/qemu/dump.h"

#include <string.h>

#define US_PER_S INT64_C(1000000)

int64_t dump_time(DumpClock *clock, const DumpHead *head, int64_t earliest_us)
{
    int64_t stamp_us = head->sec * US_PER_S + head->usec;

    if (!clock->known) {
        int64_t behind = (stamp_us - earliest_us) % US_PER_S;

        clock->base_us = stamp_us - earliest_us - (behind < 0 ? behind + US_PER_S : behind);
        clock->known = true;
    }
    return stamp_us - clock->base_us;
}

DumpResult dump_read(const uint8_t *bytes, gsize size, DumpHead *head, const uint8_t **frame)
{
    if (size < sizeof(*head))
        return DUMP_PARTIAL;
    memcpy(head, bytes, sizeof(*head));
    if (head->caplen > DUMP_FRAME_MAX)
        return DUMP_BROKEN;
    if (size - sizeof(*head) < head->caplen)
        return DUMP_PARTIAL;
    *frame = bytes + sizeof(*head);
    return DUMP_RECORD;
}

bool dump_read_note(const uint8_t *bytes, gsize size, uint32_t token_size, DumpHead *head,
                    uint64_t *sequence)
{
    if (size != DUMP_NOTE_RECORD)
        return false;
    memcpy(head, bytes, sizeof(*head));
    memcpy(sequence, bytes + sizeof(*head), sizeof(*sequence));
    return head->caplen == DUMP_NOTE_PAYLOAD && head->len == token_size;
}
