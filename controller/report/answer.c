/* SPDX-License-Identifier: GPL-3.0-or-later */
/* answer.c: see answer.h. */
#include "controller/report/answer.h"

#include "controller/base/text.h"

#include <json-c/json.h>
#include <string.h>

/* Of foreign values in each other. */
#define MAX_DEPTH 64

Answer *answer_new(void)
{
    return json_object_new_object();
}

void answer_free(Answer *a)
{
    json_object_put(a);
}

void answer_int(Answer *a, const char *key, int64_t value)
{
    json_object_object_add(a, key, json_object_new_int64(value));
}

void answer_count(Answer *a, const char *key, uint64_t value)
{
    json_object_object_add(a, key, json_object_new_uint64(value));
}

void answer_real(Answer *a, const char *key, double value)
{
    json_object_object_add(a, key, json_object_new_double(value));
}

void answer_bool(Answer *a, const char *key, bool value)
{
    json_object_object_add(a, key, json_object_new_boolean(value));
}

static json_object *plain_text(const char *value)
{
    g_autofree char *plain = value ? text_plain(value, -1) : NULL;

    return plain ? json_object_new_string(plain) : NULL;
}

void answer_text(Answer *a, const char *key, const char *value)
{
    json_object_object_add(a, key, plain_text(value));
}

void answer_texts(Answer *a, const char *key, const char *const *values, unsigned n)
{
    json_object *array = json_object_new_array();

    for (unsigned i = 0; i < n; i++)
        json_object_array_add(array, plain_text(values[i]));
    json_object_object_add(a, key, array);
}

void answer_hex(Answer *a, const char *key, const uint8_t *bytes, unsigned bits)
{
    g_autoptr(GString) text = g_string_new("0x");

    for (unsigned i = (bits + 7) / 8; i-- > 0;)
        g_string_append_printf(text, "%02x", bytes[i]);
    json_object_object_add(a, key, json_object_new_string(text->str));
}

void answer_bytes(Answer *a, const char *key, const uint8_t *bytes, gsize size)
{
    static const char digits[] = "0123456789abcdef";
    g_autofree char *text = g_malloc(2 * size + 1);

    for (gsize i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
    json_object_object_add(a, key, json_object_new_string(text));
}

void answer_json(Answer *a, const char *key, const char *json)
{
    json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
    json_object *value = json_tokener_parse_ex(tokener, json, (int)strlen(json) + 1);
    bool ok = json_tokener_get_error(tokener) == json_tokener_success;

    json_tokener_free(tokener);
    if (ok) {
        json_object_object_add(a, key, value);
    } else {
        json_object_put(value);
        answer_text(a, key, json);
    }
}

void answer_list(Answer *a, const char *key)
{
    if (!json_object_object_get(a, key))
        json_object_object_add(a, key, json_object_new_array());
}

Answer *answer_add(Answer *a, const char *key)
{
    json_object *row = json_object_new_object();

    answer_list(a, key);
    json_object_array_add(json_object_object_get(a, key), row);
    return row;
}

Answer *answer_object(Answer *a, const char *key)
{
    json_object *object = json_object_new_object();

    json_object_object_add(a, key, object);
    return object;
}

bool answer_is_empty(const Answer *a)
{
    return json_object_object_length(a) == 0;
}
