/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec.c: the QMP stream, taken apart into JSON objects by a resumable json-c tokener.
 *
 * Invariant: the tokener only ever sees bytes of one message; it starts at the opening brace and is
 * reset after the closing one. Whitespace between messages is skipped here, so that anything else
 * in that place, such as another protocol's banner, is named as what it is.
 */
#include "qmp/codec.h"

#include "qmp/qmp.h"
#include <json-c/json_visit.h>
#include <math.h>
#include <string.h>

/* QEMU's own parser allows 1024 levels; no reply comes near this. */
#define MAX_DEPTH     256
#define EXCERPT_BYTES 32

struct QmpCodec {
    json_tokener *tokener;
    GQueue messages; /* of json_object, oldest first */
    size_t max_message;
    size_t used;    /* bytes of the message under way */
    guint64 offset; /* of the next byte in the whole stream */
    bool in_message;
    char before;             /* the last byte of the message under way */
    bool in_string, escaped; /* where it stands */
    GError *broken;
};

static json_tokener *tokener_new(int flags)
{
    json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);

    if (!tokener)
        g_error("qmp: out of memory");
    json_tokener_set_flags(tokener, flags);
    return tokener;
}

QmpCodec *qmp_codec_new(size_t max_message)
{
    QmpCodec *codec = g_new0(QmpCodec, 1);

    /* Bytes after the closing brace belong to the next message. JSON_TOKENER_VALIDATE_UTF8 stays
     * off: json-c 0.16 forgets at each call that it was inside a character. */
    codec->tokener = tokener_new(JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    codec->max_message = CLAMP(max_message, 2, QMP_CODEC_MAX_MESSAGE);
    g_queue_init(&codec->messages);
    return codec;
}

static void free_message(void *message)
{
    json_object_put(message);
}

void qmp_codec_free(QmpCodec *codec)
{
    if (!codec)
        return;
    g_queue_clear_full(&codec->messages, free_message);
    json_tokener_free(codec->tokener);
    g_clear_error(&codec->broken);
    g_free(codec);
}

/* `at` is where the trouble is; what stands there is quoted, for it often names the real peer. */
static void reject(QmpCodec *codec, const char *at, size_t length, const char *why)
{
    g_autofree char *raw = g_strndup(at, MIN(length, EXCERPT_BYTES));
    g_autofree char *excerpt = g_strescape(raw, NULL);

    codec->broken =
        g_error_new(QMP_ERROR, QMP_ERROR_PROTOCOL,
                    "not QMP: %s at byte %" G_GUINT64_FORMAT ": '%s'", why, codec->offset, excerpt);
}

static size_t skip_to_message(QmpCodec *codec, const char *p, size_t length)
{
    if (strchr(" \t\r\n", *p) && *p)
        return 1;
    if (*p != '{') {
        reject(codec, p, length, "expected a JSON object");
        return 0;
    }
    codec->in_message = true;
    codec->in_string = codec->escaped = false;
    codec->before = '\0';
    codec->used = 0;
    return 0;
}

/* A sign right behind a digit, outside of strings: json-c 0.16 takes it for a part of the number where
 * a read ends between the two. NULL: there is none. */
static const char *find_sign(QmpCodec *codec, const char *p, size_t length)
{
    for (const char *end = p + length; p < end; codec->before = *p++) {
        if (codec->in_string) {
            codec->in_string = codec->escaped || *p != '"';
            codec->escaped = !codec->escaped && *p == '\\';
        } else if (*p == '"') {
            codec->in_string = true;
        } else if ((*p == '-' || *p == '+') && g_ascii_isdigit(codec->before)) {
            return p;
        }
    }
    return NULL;
}

/* The tokener has taken so many bytes, as far as it was asked. */
static bool check_taken(QmpCodec *codec, const char *p, size_t taken, size_t length)
{
    const char *sign = find_sign(codec, p, taken);

    if (!sign)
        return true;
    codec->offset += (guint64)(sign - p);
    reject(codec, sign, length - (size_t)(sign - p), "a sign within a number");
    return false;
}

static size_t feed_tokener(QmpCodec *codec, const char *p, size_t length)
{
    size_t chunk = MIN(length, codec->max_message - codec->used);
    const char *nul = memchr(p, '\0', chunk);
    json_object *message;
    enum json_tokener_error result;

    /* To the tokener a NUL would be the end of its input. */
    if (nul)
        chunk = (size_t)(nul - p);
    if (chunk == 0) {
        reject(codec, p, length, "a NUL byte");
        return 0;
    }
    message = json_tokener_parse_ex(codec->tokener, p, (int)chunk);
    result = json_tokener_get_error(codec->tokener);
    if (result == json_tokener_success) {
        size_t end = json_tokener_get_parse_end(codec->tokener);

        if (!check_taken(codec, p, end, length)) {
            json_object_put(message);
            return 0;
        }
        g_queue_push_tail(&codec->messages, message);
        json_tokener_reset(codec->tokener);
        codec->in_message = false;
        return end;
    }
    if (result != json_tokener_continue) {
        size_t end = MIN(json_tokener_get_parse_end(codec->tokener), chunk);

        codec->offset += end;
        reject(codec, p + end, length - end, json_tokener_error_desc(result));
        return 0;
    }
    if (!check_taken(codec, p, chunk, length))
        return 0;
    codec->used += chunk;
    if (codec->used == codec->max_message)
        reject(codec, p, 0, "a message beyond the size limit");
    return chunk;
}

bool qmp_codec_feed(QmpCodec *codec, const void *bytes, size_t length, GError **error)
{
    const char *p = bytes;

    while (length > 0 && !codec->broken) {
        size_t step =
            codec->in_message ? feed_tokener(codec, p, length) : skip_to_message(codec, p, length);

        p += step;
        length -= step;
        codec->offset += step;
    }
    if (!codec->broken)
        return true;
    if (error)
        *error = g_error_copy(codec->broken);
    return false;
}

json_object *qmp_codec_next(QmpCodec *codec)
{
    return g_queue_pop_head(&codec->messages);
}

bool qmp_codec_has_next(const QmpCodec *codec)
{
    return codec->messages.length > 0;
}

bool qmp_codec_in_message(const QmpCodec *codec)
{
    return codec->in_message;
}

/* json-c takes NaN, Infinity and 1e999 even when strict; JSON knows no such numbers. */
static int refuse_non_finite(json_object *value, G_GNUC_UNUSED int flags,
                             G_GNUC_UNUSED json_object *parent, G_GNUC_UNUSED const char *key,
                             G_GNUC_UNUSED size_t *index, void *bad)
{
    if (json_object_is_type(value, json_type_double) && !isfinite(json_object_get_double(value)))
        *(bool *)bad = true;
    return *(bool *)bad ? JSON_C_VISIT_RETURN_STOP : JSON_C_VISIT_RETURN_CONTINUE;
}

static bool all_finite(json_object *value)
{
    bool bad = false;

    json_c_visit(value, 0, refuse_non_finite, &bad);
    return !bad;
}

bool qmp_json_parse(const char *text, json_object **value, GError **error)
{
    json_tokener *tokener = tokener_new(JSON_TOKENER_STRICT);
    size_t length = strlen(text) + 1; /* a bare number ends only at the NUL */
    enum json_tokener_error result = json_tokener_error_size;
    json_object *parsed = NULL;

    if (length <= QMP_CODEC_MAX_MESSAGE) {
        parsed = json_tokener_parse_ex(tokener, text, (int)length);
        result = json_tokener_get_error(tokener);
        if (result == json_tokener_continue)
            result = json_tokener_error_parse_eof;
    }
    json_tokener_free(tokener);
    if (result == json_tokener_success && !all_finite(parsed))
        result = json_tokener_error_parse_number;
    if (result != json_tokener_success) {
        json_object_put(parsed);
        g_set_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT, "not JSON (%s): '%.*s'",
                    json_tokener_error_desc(result), EXCERPT_BYTES, text);
        return false;
    }
    *value = parsed;
    return true;
}

const char *qmp_json_text(json_object *value)
{
    return json_object_to_json_string_ext(value,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
