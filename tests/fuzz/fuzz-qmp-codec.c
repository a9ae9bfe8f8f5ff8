/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-qmp-codec.c: no bytes may crash the QMP codec, and how reads split them may change nothing.
 *
 * The first byte of the input seeds the split, the rest is the stream. It is decoded whole, byte by
 * byte, and in pieces of mixed size; messages, verdict and state at the end have to be equal.
 */
#include "qmp/codec.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 4096 /* low enough for the size limit to be reached */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum { WHOLE, BYTES, MIXED } Split;

static size_t piece(Split split, uint32_t *state)
{
    if (split == WHOLE)
        return SIZE_MAX;
    if (split == BYTES)
        return 1;
    *state = *state * 1664525u + 1013904223u;
    return 1 + (*state >> 24) % 23;
}

static char *decode(const uint8_t *data, size_t size, Split split, uint32_t seed)
{
    g_autoptr(QmpCodec) codec = qmp_codec_new(LIMIT);
    g_autoptr(GString) log = g_string_new(NULL);
    json_object *message;
    bool good = true;

    for (size_t at = 0; good && at < size;) {
        size_t step = piece(split, &seed);

        step = MIN(step, size - at);
        good = qmp_codec_feed(codec, data + at, step, NULL);
        at += step;
    }
    while ((message = qmp_codec_next(codec)) != NULL) {
        g_string_append_printf(log, "%s\n", qmp_json_text(message));
        json_object_put(message);
    }
    g_string_append(log, !good ? "rejected" : qmp_codec_in_message(codec) ? "open" : "closed");
    return g_string_free(g_steal_pointer(&log), FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *whole = NULL;
    g_autofree char *bytes = NULL;
    g_autofree char *mixed = NULL;

    if (size < 1)
        return 0;
    whole = decode(data + 1, size - 1, WHOLE, 0);
    bytes = decode(data + 1, size - 1, BYTES, 0);
    mixed = decode(data + 1, size - 1, MIXED, data[0]);
    if (strcmp(whole, bytes) != 0 || strcmp(whole, mixed) != 0) {
        fprintf(stderr, "the split changed the messages:\n%s\n---\n%s\n---\n%s\n", whole, bytes,
                mixed);
        abort(); /* not g_error(), whose signal libFuzzer does not catch, so that the input is lost */
    }
    return 0;
}
