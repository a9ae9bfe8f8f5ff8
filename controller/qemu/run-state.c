/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run-state.c: finds the section `globalstate` (QEMU's migration/global_state.c):
 *
 *     0x04 be32 id, 11 "globalstate", be32 instance 0, be32 version 1,
 *     be32 length, 100 bytes of text with anything behind its end, 0x7e be32 id
 *
 * The guest's RAM may be in the stream and have any bytes, but lies in front of the devices; so the
 * last section that fits at both ends is QEMU's.
 */
#include "controller/qemu/run-state.h"

#include <string.h>

#define ID     1
#define TEXT   29
#define FOOTER (TEXT + 100)
#define SIZE   (FOOTER + 5)

static bool is_section(const uint8_t *p)
{
    static const uint8_t head[] = "\013globalstate\0\0\0\0\0\0\0\1\0\0\0\6debug";

    return p[0] == 0x04 && memcmp(p + ID + 4, head, sizeof(head)) == 0 && p[FOOTER] == 0x7e &&
           memcmp(p + FOOTER + 1, p + ID, 4) == 0;
}

bool run_state_pause(uint8_t *data, size_t size)
{
    static const uint8_t paused[] = "\7paused"; /* behind the length's other bytes */

    for (size_t n = size; n >= SIZE; n--) {
        uint8_t *p = data + n - SIZE;

        if (!is_section(p))
            continue;
        memcpy(p + TEXT - 1, paused, sizeof(paused));
        return true;
    }
    return false;
}
