/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet.c: the framing of the gdb remote protocol, as a state machine over single bytes.
 *
 * The decoder keeps the raw body of the current frame and decodes the body after the checksum: the
 * checksum covers the raw bytes, and most bodies need no decoding at all.
 */
#include "gdbstub-client/packet.h"

#include <string.h>

typedef enum {
    STATE_IDLE,
    STATE_BODY,
    STATE_CHECKSUM_HIGH,
    STATE_CHECKSUM_LOW,
} DecoderState;

struct GdbDecoder {
    DecoderState state;
    GdbTokenKind frame; /* token of the frame: PACKET or NOTIFICATION */
    uint8_t sum;        /* checksum of the raw body so far */
    int expected_high;  /* value of the first checksum digit, -1 if invalid */
    bool too_long;
    bool encoded; /* the body contains an escape or a run length */
    GString *raw;
    GString *decoded;
    uint64_t garbage;
};

GdbDecoder *gdb_decoder_new(void)
{
    GdbDecoder *decoder = g_new0(GdbDecoder, 1);

    decoder->raw = g_string_new(NULL);
    decoder->decoded = g_string_new(NULL);
    return decoder;
}

void gdb_decoder_free(GdbDecoder *decoder)
{
    if (!decoder) {
        return;
    }
    g_string_free(decoder->raw, TRUE);
    g_string_free(decoder->decoded, TRUE);
    g_free(decoder);
}

uint64_t gdb_decoder_garbage(const GdbDecoder *decoder)
{
    return decoder->garbage;
}

/* A repeat count c means c - 29 more of the preceding character. */
static bool append_run(GString *out, uint8_t count)
{
    if (out->len == 0 || count < ' ' || count > '~') {
        return false;
    }
    char last = out->str[out->len - 1];
    for (unsigned i = 0; i < count - 29u; i++) {
        g_string_append_c(out, last);
    }
    return true;
}

static bool decode_body(const GString *raw, GString *out)
{
    g_string_truncate(out, 0);
    for (size_t i = 0; i < raw->len; i++) {
        char c = raw->str[i];

        if (c != '}' && c != '*') {
            g_string_append_c(out, c);
            continue;
        }
        if (++i == raw->len) {
            return false;
        }
        if (c == '}') {
            g_string_append_c(out, (char)(raw->str[i] ^ 0x20));
        } else if (!append_run(out, (uint8_t)raw->str[i])) {
            return false;
        }
        if (out->len > GDB_PACKET_MAX) {
            return false;
        }
    }
    return true;
}

static void begin_frame(GdbDecoder *decoder, GdbTokenKind frame)
{
    decoder->state = STATE_BODY;
    decoder->frame = frame;
    decoder->sum = 0;
    decoder->too_long = false;
    decoder->encoded = false;
    g_string_truncate(decoder->raw, 0);
}

static void push_idle(GdbDecoder *decoder, uint8_t byte, GdbToken *token)
{
    switch (byte) {
    case '$':
        begin_frame(decoder, GDB_TOKEN_PACKET);
        break;
    case '%':
        begin_frame(decoder, GDB_TOKEN_NOTIFICATION);
        break;
    case '+':
        token->kind = GDB_TOKEN_ACK;
        break;
    case '-':
        token->kind = GDB_TOKEN_NAK;
        break;
    case 0x03:
        token->kind = GDB_TOKEN_INTERRUPT;
        break;
    default:
        decoder->garbage++;
    }
}

static void push_body(GdbDecoder *decoder, uint8_t byte)
{
    if (byte == '#') {
        decoder->state = STATE_CHECKSUM_HIGH;
        return;
    }
    if (byte == '$') {
        /* A bare '$' never occurs in a body: the end of the frame before was lost. */
        decoder->garbage += 1 + decoder->raw->len;
        begin_frame(decoder, GDB_TOKEN_PACKET);
        return;
    }
    decoder->sum += byte;
    if (decoder->raw->len >= GDB_PACKET_MAX) {
        decoder->too_long = true;
        return;
    }
    decoder->encoded |= byte == '}' || byte == '*';
    g_string_append_c(decoder->raw, (char)byte);
}

static void end_frame(GdbDecoder *decoder, uint8_t byte, GdbToken *token)
{
    int low = g_ascii_xdigit_value((char)byte);
    bool good = decoder->expected_high >= 0 && low >= 0 && !decoder->too_long &&
                (decoder->expected_high << 4 | low) == decoder->sum;
    GString *body = decoder->raw;

    decoder->state = STATE_IDLE;
    if (good && decoder->encoded) {
        good = decode_body(decoder->raw, decoder->decoded);
        body = decoder->decoded;
    }
    if (good) {
        *token = (GdbToken){decoder->frame, body->str, body->len};
    } else if (decoder->frame == GDB_TOKEN_PACKET) {
        token->kind = GDB_TOKEN_BAD;
    } else {
        /* A notification is neither acknowledged nor sent again. */
        decoder->garbage += decoder->raw->len;
    }
}

static void push_byte(GdbDecoder *decoder, uint8_t byte, GdbToken *token)
{
    switch (decoder->state) {
    case STATE_IDLE:
        push_idle(decoder, byte, token);
        break;
    case STATE_BODY:
        push_body(decoder, byte);
        break;
    case STATE_CHECKSUM_HIGH:
        decoder->expected_high = g_ascii_xdigit_value((char)byte);
        decoder->state = STATE_CHECKSUM_LOW;
        break;
    case STATE_CHECKSUM_LOW:
        end_frame(decoder, byte, token);
        break;
    }
}

size_t gdb_decoder_push(GdbDecoder *decoder, const uint8_t *bytes, size_t len, GdbToken *token)
{
    size_t used = 0;

    *token = (GdbToken){GDB_TOKEN_NONE, "", 0};
    while (used < len && token->kind == GDB_TOKEN_NONE) {
        push_byte(decoder, bytes[used++], token);
    }
    return used;
}

static const char hex_digits[] = "0123456789abcdef";

void gdb_packet_append(GString *out, const void *data, size_t len)
{
    const char *bytes = data;
    uint8_t sum = 0;

    g_string_append_c(out, '$');
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];

        if (c == '#' || c == '$' || c == '*' || c == '}') {
            g_string_append_c(out, '}');
            sum += '}';
            c ^= 0x20;
        }
        g_string_append_c(out, c);
        sum += (uint8_t)c;
    }
    g_string_append_c(out, '#');
    gdb_hex_append(out, &sum, 1);
}

void gdb_hex_append(GString *out, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        g_string_append_c(out, hex_digits[bytes[i] >> 4]);
        g_string_append_c(out, hex_digits[bytes[i] & 15]);
    }
}

bool gdb_hex_decode(const char *text, size_t text_len, uint8_t *bytes, size_t len)
{
    if (text_len % 2 || text_len / 2 != len) {
        return false;
    }
    for (size_t i = 0; i < text_len; i++) {
        if (!g_ascii_isxdigit(text[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                             g_ascii_xdigit_value(text[2 * i + 1]));
    }
    return true;
}
