/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec.c: splits the QMP stream into JSON objects.
 *
 * This file finds the end of a message by the message's brackets and strings alone; json-c sees
 * whole messages only. Reason: json-c's tokener, resumed in the middle of a number or of a
 * character, accepts other texts than the tokener accepts in one piece (json-c 0.16, 0.18). This
 * file also skips the whitespace between messages, so that the error names anything else found
 * there, such as the banner of another protocol.
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
    guint64 offset; /* offset of the next byte in the whole stream */
    GString *text;  /* text of the message under way */
    unsigned depth; /* open brackets of that message; 0: between messages */
    bool in_string, escaped;
    GError *broken;
};

static json_tokener *tokener_new(void)
{
    json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);

    if (!tokener)
        g_error("qmp: out of memory");
    return tokener;
}

typedef struct {
    enum json_tokener_error error;
    size_t end; /* bytes parsed */
} Parsed;

static json_object *parse_with(json_tokener *tokener, int flags, const char *text, size_t length,
                               Parsed *parsed)
{
    json_object *value;

    json_tokener_set_flags(tokener, flags);
    value = json_tokener_parse_ex(tokener, text, (int)length);
    parsed->error = json_tokener_get_error(tokener);
    parsed->end = MIN(json_tokener_get_parse_end(tokener), length);
    json_tokener_reset(tokener);
    return value;
}

/*
 * Parses strict JSON in UTF-8. NULL may be the value `null`; parsed->error distinguishes null from
 * failure. A strict json-c 0.18 refuses each byte above 127, because json-c reads such bytes as
 * negative. So json-c first parses a copy of the same length with '?' for each such byte: JSON
 * allows '?' neither outside of strings nor behind a backslash.
 */
static json_object *parse_strictly(json_tokener *tokener, const char *text, size_t length,
                                   Parsed *parsed)
{
    g_autofree char *ascii = NULL;
    json_object *value;

    if (g_str_is_ascii(text))
        return parse_with(tokener, JSON_TOKENER_STRICT, text, length, parsed);
    ascii = g_strdup(text);
    for (char *p = ascii; *p; p++)
        if ((guchar)*p > 127)
            *p = '?';
    value = parse_with(tokener, JSON_TOKENER_STRICT, ascii, length, parsed);
    if (parsed->error != json_tokener_success)
        return value;
    json_object_put(value);
    return parse_with(tokener, JSON_TOKENER_VALIDATE_UTF8, text, length, parsed);
}

QmpCodec *qmp_codec_new(size_t max_message)
{
    QmpCodec *codec = g_new0(QmpCodec, 1);

    codec->tokener = tokener_new();
    codec->text = g_string_new(NULL);
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
    g_string_free(codec->text, TRUE);
    g_clear_error(&codec->broken);
    g_free(codec);
}

/* Breaks the stream with an error about byte `offset`. The error quotes the bytes at `at`, because
 * they often name the real peer. */
static void reject(QmpCodec *codec, guint64 offset, const char *at, size_t length, const char *why)
{
    g_autofree char *raw = g_strndup(at, MIN(length, EXCERPT_BYTES));
    g_autofree char *excerpt = g_strescape(raw, NULL);

    codec->broken =
        g_error_new(QMP_ERROR, QMP_ERROR_PROTOCOL,
                    "not QMP: %s at byte %" G_GUINT64_FORMAT ": '%s'", why, offset, excerpt);
}

static size_t skip_to_message(QmpCodec *codec, const char *p, size_t length)
{
    if (strchr(" \t\r\n", *p) && *p) {
        codec->offset++;
        return 1;
    }
    if (*p != '{') {
        reject(codec, codec->offset, p, length, "expected a JSON object");
        return 0;
    }
    g_string_assign(codec->text, "{");
    codec->depth = 1;
    codec->in_string = codec->escaped = false;
    codec->offset++;
    return 1;
}

static void step_over(QmpCodec *codec, char byte)
{
    if (codec->in_string) {
        codec->in_string = codec->escaped || byte != '"';
        codec->escaped = !codec->escaped && byte == '\\';
    } else if (byte == '"') {
        codec->in_string = true;
    } else if (byte == '{' || byte == '[') {
        codec->depth++;
    } else if (byte == '}' || byte == ']') {
        codec->depth--;
    }
}

/* Parses the complete message; codec->offset is behind the message's last byte. */
static void parse_message(QmpCodec *codec)
{
    const GString *text = codec->text;
    Parsed parsed;
    json_object *message = parse_strictly(codec->tokener, text->str, text->len, &parsed);

    if (parsed.error == json_tokener_success && parsed.end == text->len) {
        g_queue_push_tail(&codec->messages, message);
        return;
    }
    json_object_put(message);
    reject(codec, codec->offset - text->len + parsed.end, text->str + parsed.end,
           text->len - parsed.end,
           parsed.error == json_tokener_continue ? "brackets that do not match"
                                                 : json_tokener_error_desc(parsed.error));
}

/* Reads bytes up to the message's end, or all bytes. Returns the number of bytes read. */
static size_t take_message(QmpCodec *codec, const char *p, size_t length)
{
    size_t room = codec->max_message - codec->text->len;
    size_t n = 0;

    while (n < MIN(length, room) && codec->depth > 0 && codec->depth <= MAX_DEPTH && p[n])
        step_over(codec, p[n++]);
    g_string_append_len(codec->text, p, (gssize)n);
    codec->offset += n;
    if (codec->depth == 0)
        parse_message(codec);
    else if (codec->depth > MAX_DEPTH)
        reject(codec, codec->offset - 1, p + n - 1, length - n + 1, "too many open brackets");
    else if (n == room)
        reject(codec, codec->offset, p + n, 0, "a message beyond the size limit");
    else if (n < length)
        reject(codec, codec->offset, p + n, length - n, "a NUL byte");
    return n;
}

bool qmp_codec_feed(QmpCodec *codec, const void *bytes, size_t length, GError **error)
{
    const char *p = bytes;

    while (length > 0 && !codec->broken) {
        size_t step =
            codec->depth > 0 ? take_message(codec, p, length) : skip_to_message(codec, p, length);

        p += step;
        length -= step;
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
    return codec->depth > 0;
}

/* json-c accepts NaN, Infinity and 1e999 even in strict mode; JSON has no such numbers. */
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
    json_tokener *tokener = tokener_new();
    size_t length = strlen(text) + 1; /* json-c ends a bare number only at the NUL */
    Parsed parsed = {.error = json_tokener_error_size};
    json_object *object = NULL;

    if (length <= QMP_CODEC_MAX_MESSAGE) {
        object = parse_strictly(tokener, text, length, &parsed);
        if (parsed.error == json_tokener_continue)
            parsed.error = json_tokener_error_parse_eof;
    }
    json_tokener_free(tokener);
    if (parsed.error == json_tokener_success && !all_finite(object))
        parsed.error = json_tokener_error_parse_number;
    if (parsed.error != json_tokener_success) {
        json_object_put(object);
        g_set_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT, "not JSON (%s): '%.*s'",
                    json_tokener_error_desc(parsed.error), EXCERPT_BYTES, text);
        return false;
    }
    *value = object;
    return true;
}

const char *qmp_json_text(json_object *value)
{
    return json_object_to_json_string_ext(value,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
