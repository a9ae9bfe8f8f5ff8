/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec.h: bytes in, complete QMP messages out. Pure: the codec owns no descriptor and reads no
 * clock.
 *
 * Private to qmp/ and its tests. No other header shows json-c.
 *
 * The messages that come out depend on the bytes alone, never on how reads split the bytes. The
 * first bad message ends the stream, at the end of that message at the latest. Messages complete
 * before the bad one still come out; nothing after the bad one does.
 */
#ifndef QMP_CODEC_H
#define QMP_CODEC_H

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

/* Limit in bytes: a peer that never ends its message must not take all memory. */
#define QMP_CODEC_MAX_MESSAGE ((size_t)64 << 20)

typedef struct QmpCodec QmpCodec;

/* max_message is in bytes, from the first brace to the last, at most QMP_CODEC_MAX_MESSAGE. */
QmpCodec *qmp_codec_new(size_t max_message);
void qmp_codec_free(QmpCodec *codec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QmpCodec, qmp_codec_free)

/* Reads the next bytes of the stream. Returns false with QMP_ERROR_PROTOCOL once the bytes are not
 * a row of JSON objects, and again on every later call. */
bool qmp_codec_feed(QmpCodec *codec, const void *bytes, size_t length, GError **error);

/* Returns the oldest message not yet returned, or NULL. The message is always an object; the caller
 * owns the message. */
json_object *qmp_codec_next(QmpCodec *codec);

bool qmp_codec_has_next(const QmpCodec *codec);

/* Reports whether the stream is inside a message. A stream must not end there. */
bool qmp_codec_in_message(const QmpCodec *codec);

/* Parses one whole JSON value. The value "null" gives NULL in *value. Error: QMP_ERROR_ARGUMENT. */
bool qmp_json_parse(const char *text, json_object **value, GError **error);

/* Returns the text of a value on one line; the text belongs to the value. */
const char *qmp_json_text(json_object *value);

#endif
