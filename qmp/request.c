/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.c: splits a request that a user typed into command and arguments, so that the client can
 * send the request under an id of its own.
 */
#include "qmp/codec.h"
#include "qmp/qmp.h"

bool qmp_request_parse(const char *text, char **command, char **args_json, GError **error)
{
    json_object *request = json_tokener_parse(text), *execute = NULL, *arguments = NULL;
    bool ok = request && json_object_object_get_ex(request, "execute", &execute) &&
              json_object_is_type(execute, json_type_string);

    if (ok && json_object_object_get_ex(request, "arguments", &arguments))
        ok = json_object_is_type(arguments, json_type_object);
    if (ok) {
        *command = g_strdup(json_object_get_string(execute));
        *args_json = arguments ? g_strdup(qmp_json_text(arguments)) : NULL;
    } else {
        g_set_error(
            error, QMP_ERROR, QMP_ERROR_ARGUMENT,
            "'%s' is no QMP request: {\"execute\":\"COMMAND\",\"arguments\":{…}} is expected",
            text);
    }
    json_object_put(request);
    return ok;
}
