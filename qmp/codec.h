/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec.h: bytes in, complete QMP messages out. Pure: it owns no descriptor and reads no clock.
 *
 * Private to qmp/ and its tests; this is the one header that shows json-c.
 *
 * The messages that come out depend on the bytes alone, never on how reads split them. The first
 * bad message ends the stream, at its end if not before: what was complete before it still comes
 * out, nothing after it does.
 */
#ifndef QMP_CODEC_H
#define QMP_CODEC_H

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

/* A peer that never ends its message must not take all memory. */
#define QMP_CODEC_MAX_MESSAGE ((size_t)64 << 20)

typedef struct QmpCodec QmpCodec;

/* max_message is in bytes, from the first brace to the last, at most QMP_CODEC_MAX_MESSAGE. */
QmpCodec *qmp_codec_new(size_t max_message);
void qmp_codec_free(QmpCodec *codec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QmpCodec, qmp_codec_free)

/* Takes the next bytes of the stream. False with QMP_ERROR_PROTOCOL once they are not JSON
 * objects in a row, and again on every later call. */
bool qmp_codec_feed(QmpCodec *codec, const void *bytes, size_t length, GError **error);

/* The oldest message not yet taken, always an object, owned by the caller; NULL if none. */
json_object *qmp_codec_next(QmpCodec *codec);

bool qmp_codec_has_next(const QmpCodec *codec);

/* Whether the stream stands inside a message, where it must not end. */
bool qmp_codec_in_message(const QmpCodec *codec);

/* Parses one whole JSON value; the value "null" is NULL in *value. Error: QMP_ERROR_ARGUMENT. */
bool qmp_json_parse(const char *text, json_object **value, GError **error);

/* The text of a value on one line; belongs to the value. */
const char *qmp_json_text(json_object *value);

#endif
