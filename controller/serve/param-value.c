/* SPDX-License-Identifier: GPL-3.0-or-later */
/* param-value.c: see param-value.h. */
#include "controller/serve/param-value.h"

#include "controller/base/units.h"
#include "controller/command/args.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

static char *refuse(const char *name, const char *why, GError **error)
{
    if (error && !*error)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s'%s", name, why);
    return NULL;
}

/* The example of a key whose values others read: "1ms" is a time, "512M" is none. */
bool param_value_is_time(const char *kind)
{
    VTime time;

    return args_kind(kind) == ARG_TIME &&
           (!g_ascii_isdigit(*kind) || units_parse_duration(kind, &time, NULL));
}

static char *whole_text(const char *name, json_object *value, const char *kind, GError **error)
{
    const char *unit = param_value_is_time(kind)      ? "ns"
                       : args_kind(kind) == ARG_INSNS ? "insn"
                                                      : "";
    int64_t n = json_object_get_int64(value);

    if (param_value_is_time(kind) && n < 0)
        return refuse(name, ": a time below 0 is not possible", error);
    if (n == INT64_MAX) /* or more */
        return g_strdup_printf("%" PRIu64 "%s", json_object_get_uint64(value), unit);
    return g_strdup_printf("%" PRId64 "%s", n, unit);
}

static char *real_text(const char *name, json_object *value, const char *kind, GError **error)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (param_value_is_time(kind))
        return refuse(name, ": a time is a whole number of ns, or a text such as \"1.5ms\"", error);
    if (args_kind(kind) != ARG_NUMBER && args_kind(kind) != ARG_TEXT && args_kind(kind) != ARG_TIME)
        return refuse(name, ": a whole number is expected", error);
    return g_strdup(g_ascii_dtostr(text, sizeof(text), json_object_get_double(value)));
}

char *param_value_text(const char *name, json_object *value, const char *kind, bool key,
                       GError **error)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        if (strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
            return refuse(name, " has a NUL in it", error);
        return g_strdup(json_object_get_string(value));
    case json_type_int:
        return whole_text(name, value, kind, error);
    case json_type_double:
        return real_text(name, value, kind, error);
    case json_type_boolean:
        if (key)
            return g_strdup(json_object_get_boolean(value) ? "on" : "off");
        return refuse(name, ": a value is expected, not true or false", error);
    case json_type_object:
        return g_strdup(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
    case json_type_array:
    case json_type_null:
        return refuse(name, ": a text or a number is expected", error);
    }
    g_assert_not_reached();
}
