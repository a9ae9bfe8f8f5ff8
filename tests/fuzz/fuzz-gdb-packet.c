/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-gdb-packet.c: the tokens must not depend on how the bytes were split, and what we encode
 * must decode to itself. The first input byte seeds the splits.
 */
#include "gdbstub-client/packet.h"
#include "gdbstub-client/parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void collect(GString *out, GdbDecoder *decoder, const uint8_t *bytes, size_t len)
{
    for (size_t used = 0; used < len;) {
        GdbToken token;
        GdbStop stop;

        used += gdb_decoder_push(decoder, bytes + used, len - used, &token);
        if (token.kind != GDB_TOKEN_NONE) {
            g_string_append_c(out, (char)('0' + token.kind));
            g_string_append_len(out, token.data, (gssize)token.len);
            gdb_stop_parse(token.data, &stop);
        }
    }
}

static GString *split(const uint8_t *bytes, size_t len, unsigned seed, bool whole)
{
    g_autoptr(GdbDecoder) decoder = gdb_decoder_new();
    GString *out = g_string_new(NULL);

    for (size_t at = 0; at < len;) {
        seed = seed * 1103515245u + 12345u;
        size_t part = whole ? len : MIN(len - at, (size_t)(seed >> 16) % 7);
        collect(out, decoder, bytes + at, part);
        at += part;
    }
    g_string_append_printf(out, "|%d", (int)gdb_decoder_garbage(decoder));
    return out;
}

static void check_round_trip(const uint8_t *bytes, size_t len)
{
    g_autoptr(GdbDecoder) decoder = gdb_decoder_new();
    g_autoptr(GString) frame = g_string_new(NULL);
    GdbToken token;

    gdb_packet_append(frame, bytes, len);
    size_t used = gdb_decoder_push(decoder, (const uint8_t *)frame->str, frame->len, &token);
    if (used != frame->len || token.kind != GDB_TOKEN_PACKET || token.len != len ||
        (len && memcmp(token.data, bytes, len) != 0)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0) {
        return 0;
    }
    g_autoptr(GString) whole = split(bytes + 1, len - 1, 0, true);
    g_autoptr(GString) parts = split(bytes + 1, len - 1, bytes[0], false);

    if (!g_string_equal(whole, parts)) {
        abort();
    }
    check_round_trip(bytes + 1, len - 1);
    return 0;
}
