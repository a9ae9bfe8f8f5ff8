/* SPDX-License-Identifier: GPL-3.0-or-later */
/* codec.c: encodes and decodes numbers and texts. The bytes read are not trusted. */
#include "controller/base/codec.h"

#include "controller/base/text.h"

#include <string.h>

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

void put_natural(GByteArray *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_u8(out, (uint8_t)(value | 0x80));
    put_u8(out, (uint8_t)value);
}

void put_flag(GByteArray *out, bool value)
{
    put_u8(out, value);
}

void put_time(GByteArray *out, VTime value)
{
    put_i64(out, value.ns);
}

void put_counts(GByteArray *out, const void *counts, gsize size)
{
    const uint8_t *at = counts;
    uint64_t count;

    for (gsize i = 0; i < size; i += sizeof(count)) {
        memcpy(&count, at + i, sizeof(count));
        put_u64(out, count);
    }
}

void put_bytes(GByteArray *out, const void *data, gsize size)
{
    g_assert(size <= CODEC_MAX_BYTES);
    put_u32(out, (uint32_t)size);
    if (size > 0)
        g_byte_array_append(out, data, (guint)size);
}

void put_text(GByteArray *out, const char *text)
{
    put_bytes(out, text, text ? strlen(text) : 0);
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

uint64_t get_number(Reader *r)
{
    uint64_t value = get_u64(r);

    reader_demand(r, value <= INT64_MAX);
    return value;
}

uint64_t get_natural(Reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = get_u8(r);

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            reader_demand(r, (byte > 0 || shift == 0) && (shift < 63 || byte == 1));
            return r->bad ? 0 : value;
        }
    }
    r->bad = true;
    return 0;
}

VTime get_time(Reader *r)
{
    int64_t ns = get_i64(r);

    r->bad = r->bad || ns <= -CODEC_TIME_END || ns >= CODEC_TIME_END;
    return vtime(r->bad ? 0 : ns);
}

void get_counts(Reader *r, void *counts, gsize size)
{
    uint8_t *at = counts;
    uint64_t count;

    for (gsize i = 0; i < size; i += sizeof(count)) {
        count = get_u64(r);
        memcpy(at + i, &count, sizeof(count));
    }
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

char *get_optional_text(Reader *r)
{
    g_autofree char *text = get_text(r);

    return *text ? g_steal_pointer(&text) : NULL;
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

void reader_demand(Reader *r, bool holds)
{
    r->bad = r->bad || !holds;
}

const char *reader_problem(const Reader *r)
{
    if (r->bad)
        return "it is too short";
    return r->at == r->end ? NULL : "it has bytes left over";
}
