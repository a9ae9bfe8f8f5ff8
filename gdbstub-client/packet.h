/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet.h: bytes <-> packets of the gdb remote protocol. Pure: no I/O, no clock.
 *
 * Source: gdb manual, appendix "Remote Serial Protocol", section "Overview".
 *
 * Invariant: the tokens that come out depend on the bytes alone, never on how they were split.
 */
#ifndef GDBSTUB_CLIENT_PACKET_H
#define GDBSTUB_CLIENT_PACKET_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest packet taken, before and after decoding. QEMU's own limit is 4096. */
#define GDB_PACKET_MAX ((size_t)1 << 20)

typedef enum {
    GDB_TOKEN_NONE,         /* the bytes are used up, nothing is complete */
    GDB_TOKEN_ACK,          /* + */
    GDB_TOKEN_NAK,          /* - */
    GDB_TOKEN_PACKET,       /* $…#cc, decoded */
    GDB_TOKEN_BAD,          /* $…#cc with a wrong checksum, malformed or too long: to be NAKed */
    GDB_TOKEN_NOTIFICATION, /* %…#cc, decoded */
    GDB_TOKEN_INTERRUPT,    /* 0x03 */
} GdbTokenKind;

typedef struct {
    GdbTokenKind kind;
    const char *data; /* decoded text with a NUL after it; the decoder's, until the next push */
    size_t len;       /* without that NUL */
} GdbToken;

typedef struct GdbDecoder GdbDecoder;

GdbDecoder *gdb_decoder_new(void);
void gdb_decoder_free(GdbDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbDecoder, gdb_decoder_free)

/* Reads bytes until a token is complete or they are used up; returns how many it used. */
size_t gdb_decoder_push(GdbDecoder *decoder, const uint8_t *bytes, size_t len, GdbToken *token);

/* How many bytes so far belonged to no frame. */
uint64_t gdb_decoder_garbage(const GdbDecoder *decoder);

/* Appends the frame of a packet: $, the data with # $ * } escaped, #, checksum. */
void gdb_packet_append(GString *out, const void *data, size_t len);

/* Hex digits, two a byte, lower case. */
void gdb_hex_append(GString *out, const uint8_t *bytes, size_t len);

/* False unless text is exactly 2 * len hex digits; bytes are untouched then. */
bool gdb_hex_decode(const char *text, size_t text_len, uint8_t *bytes, size_t len);

#endif
