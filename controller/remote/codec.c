/* SPDX-License-Identifier: GPL-3.0-or-later */
/* codec.c: encodes and decodes numbers, texts and messages. The bytes read are not trusted. */
#include "controller/remote/codec.h"

#include "controller/base/text.h"

#include <string.h>

/* Without the static variable of G_DEFINE_QUARK: several threads call this at the same time. */
GQuark remote_error_quark(void)
{
    return g_quark_from_static_string("metronome-remote-error-quark");
}

#define HEADER 5  /* length and type */
#define SHOWN  60 /* most bytes to quote of something that is no message */

/* --- writing --- */

void put_u8(GByteArray *out, uint8_t value)
{
    g_byte_array_append(out, &value, 1);
}

void put_u32(GByteArray *out, uint32_t value)
{
    uint32_t le = GUINT32_TO_LE(value);

    g_byte_array_append(out, (const uint8_t *)&le, sizeof(le));
}

void put_u64(GByteArray *out, uint64_t value)
{
    uint64_t le = GUINT64_TO_LE(value);

    g_byte_array_append(out, (const uint8_t *)&le, sizeof(le));
}

void put_i64(GByteArray *out, int64_t value)
{
    put_u64(out, (uint64_t)value);
}

void put_bytes(GByteArray *out, const void *data, gsize size)
{
    g_assert(size <= CODEC_MAX_MESSAGE);
    put_u32(out, (uint32_t)size);
    if (size > 0)
        g_byte_array_append(out, data, (guint)size);
}

void put_text(GByteArray *out, const char *text)
{
    put_bytes(out, text, text ? strlen(text) : 0);
}

gsize message_begin(GByteArray *out, uint8_t type)
{
    gsize begun = out->len;

    put_u32(out, 0);
    put_u8(out, type);
    return begun;
}

void message_end(GByteArray *out, gsize begun)
{
    uint32_t le = GUINT32_TO_LE((uint32_t)(out->len - begun - sizeof(uint32_t)));

    memcpy(out->data + begun, &le, sizeof(le));
}

/* --- reading --- */

/* An array that never had a byte has a NULL pointer, to which C allows no addition. */
Reader reader_of(const GByteArray *bytes)
{
    const uint8_t *at = bytes->data ? bytes->data : (const uint8_t *)"";

    return (Reader){at, at + bytes->len, false};
}

static const uint8_t *read_raw(Reader *r, gsize size)
{
    const uint8_t *at = r->at;

    if (r->bad || (gsize)(r->end - r->at) < size) {
        r->bad = true;
        return NULL;
    }
    r->at += size;
    return at;
}

uint8_t get_u8(Reader *r)
{
    const uint8_t *at = read_raw(r, 1);

    return at ? *at : 0;
}

bool get_flag(Reader *r)
{
    uint8_t value = get_u8(r);

    r->bad = r->bad || value > 1;
    return value != 0;
}

uint32_t get_u32(Reader *r)
{
    const uint8_t *at = read_raw(r, sizeof(uint32_t));
    uint32_t value = 0;

    if (at)
        memcpy(&value, at, sizeof(value));
    return GUINT32_FROM_LE(value);
}

uint64_t get_u64(Reader *r)
{
    const uint8_t *at = read_raw(r, sizeof(uint64_t));
    uint64_t value = 0;

    if (at)
        memcpy(&value, at, sizeof(value));
    return GUINT64_FROM_LE(value);
}

int64_t get_i64(Reader *r)
{
    return (int64_t)get_u64(r);
}

VTime get_time(Reader *r)
{
    int64_t ns = get_i64(r);

    r->bad = r->bad || ns <= -CODEC_TIME_END || ns >= CODEC_TIME_END;
    return vtime(r->bad ? 0 : ns);
}

const uint8_t *get_bytes(Reader *r, gsize *size)
{
    const uint8_t *at;

    *size = get_u32(r);
    at = read_raw(r, *size);
    if (!at)
        *size = 0;
    return at;
}

char *get_text(Reader *r)
{
    gsize size;
    const uint8_t *at = get_bytes(r, &size);

    if (at && memchr(at, '\0', size)) {
        r->bad = true;
        size = 0;
    }
    return g_strndup(at ? (const char *)at : "", size);
}

char *get_words(Reader *r)
{
    g_autofree char *text = get_text(r);

    return text_plain(text, -1);
}

char *get_line(Reader *r)
{
    g_autofree char *text = get_text(r);

    return text_line(text, -1);
}

uint32_t get_count(Reader *r, gsize least)
{
    uint32_t count = get_u32(r);

    if (!r->bad && count <= (gsize)(r->end - r->at) / least)
        return count;
    r->bad = true;
    return 0;
}

bool reader_done(const Reader *r, const char *what, GError **error)
{
    if (!r->bad && r->at == r->end)
        return true;
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "a message '%s' is malformed: %s", what,
                r->bad ? "it is too short" : "it has bytes left over");
    return false;
}

/* --- a stream --- */

struct Inbox {
    GByteArray *bytes;
    gsize used; /* bytes of the messages that were handed out */
};

Inbox *inbox_new(void)
{
    Inbox *in = g_new0(Inbox, 1);

    in->bytes = g_byte_array_new();
    return in;
}

void inbox_free(Inbox *in)
{
    if (!in)
        return;
    g_byte_array_unref(in->bytes);
    g_free(in);
}

uint8_t *inbox_room(Inbox *in, gsize size)
{
    guint before;

    if (in->used > 0)
        g_byte_array_remove_range(in->bytes, 0, (guint)in->used);
    in->used = 0;
    before = in->bytes->len;
    g_byte_array_set_size(in->bytes, before + (guint)size);
    g_byte_array_set_size(in->bytes, before);
    return in->bytes->data + before;
}

void inbox_filled(Inbox *in, gsize size)
{
    g_byte_array_set_size(in->bytes, in->bytes->len + (guint)size);
}

/* Sets the error for bytes that are no message. Quotes them if they are text: the greeting of a
 * shell, or the answer of another program. */
static void refuse(const uint8_t *at, gsize left, uint32_t size, GError **error)
{
    g_autofree char *raw = g_strndup((const char *)at, MIN(left, SHOWN));
    g_autofree char *text = text_line(g_strchomp(raw), -1);
    bool words = true;

    for (unsigned i = 0; i < HEADER; i++)
        words = words && (g_ascii_isprint(at[i]) || g_ascii_isspace(at[i]));
    if (words)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                    "what came is no message of metronome's: '%s'", text);
    else
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                    "what came is no message: length %" G_GUINT32_FORMAT ", type %u", size,
                    at[sizeof(size)]);
}

bool inbox_next(Inbox *in, uint8_t *type, Reader *fields, GError **error)
{
    gsize left = in->bytes->len - in->used;
    const uint8_t *at;
    uint32_t size;

    *type = 0;
    if (left < HEADER)
        return true;
    at = in->bytes->data + in->used;
    memcpy(&size, at, sizeof(size));
    size = GUINT32_FROM_LE(size);
    if (size == 0 || size > CODEC_MAX_MESSAGE || at[sizeof(size)] == 0) {
        refuse(at, left, size, error);
        return false;
    }
    if (left - sizeof(size) < size)
        return true;
    *type = at[sizeof(size)];
    *fields = (Reader){.at = at + HEADER, .end = at + sizeof(size) + size};
    in->used += sizeof(size) + size;
    return true;
}
