/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet.h: decodes and encodes packets of the gdb remote protocol. Pure: no I/O, no clock.
 *
 * Source: gdb manual, appendix "Remote Serial Protocol", section "Overview".
 *
 * Invariant: the tokens depend on the bytes alone, never on how the bytes were split.
 */
#ifndef GDBSTUB_CLIENT_PACKET_H
#define GDBSTUB_CLIENT_PACKET_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

G_BEGIN_DECLS

/* Longest accepted packet in bytes, before and after decoding. QEMU's own limit is 4096. */
#define GDB_PACKET_MAX ((size_t)1 << 20)

typedef enum {
    GDB_TOKEN_NONE,         /* all bytes are used, no token is complete */
    GDB_TOKEN_ACK,          /* + */
    GDB_TOKEN_NAK,          /* - */
    GDB_TOKEN_PACKET,       /* $…#cc, decoded */
    GDB_TOKEN_BAD,          /* $…#cc with a wrong checksum, malformed or too long: answer NAK */
    GDB_TOKEN_NOTIFICATION, /* %…#cc, decoded */
    GDB_TOKEN_INTERRUPT,    /* 0x03 */
} GdbTokenKind;

typedef struct {
    GdbTokenKind kind;
    const char *data; /* decoded text with a NUL after it; valid until the next push */
    size_t len;       /* without that NUL */
} GdbToken;

typedef struct GdbDecoder GdbDecoder;

GdbDecoder *gdb_decoder_new(void);
void gdb_decoder_free(GdbDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbDecoder, gdb_decoder_free)

/* Reads bytes until a token is complete or all bytes are used. Returns the number of bytes used. */
size_t gdb_decoder_push(GdbDecoder *decoder, const uint8_t *bytes, size_t len, GdbToken *token);

/* Returns the number of bytes so far outside of any frame. */
uint64_t gdb_decoder_garbage(const GdbDecoder *decoder);

/* Appends the frame of a packet: $, the data with # $ * } escaped, #, checksum. */
void gdb_packet_append(GString *out, const void *data, size_t len);

/* Appends lower-case hex digits, two per byte. */
void gdb_hex_append(GString *out, const uint8_t *bytes, size_t len);

/* Returns false unless text is exactly 2 * len hex digits; `bytes` stays untouched then. */
bool gdb_hex_decode(const char *text, size_t text_len, uint8_t *bytes, size_t len);

G_END_DECLS

#endif
