/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message.c: begins and ends messages, and cuts a stream into them. The bytes read are not trusted. */
#include "controller/remote/message.h"

#include "controller/base/text.h"

#include <string.h>

/* Without the static variable of G_DEFINE_QUARK: several threads call this at the same time. */
GQuark remote_error_quark(void)
{
    return g_quark_from_static_string("metronome-remote-error-quark");
}

#define HEADER 5  /* length and type */
#define SHOWN  60 /* most bytes to quote of something that is no message */

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

bool reader_done(const Reader *r, const char *what, GError **error)
{
    const char *problem = reader_problem(r);

    if (!problem)
        return true;
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "a message '%s' is malformed: %s", what,
                problem);
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
    if (size == 0 || size > CODEC_MAX_BYTES || at[sizeof(size)] == 0) {
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
