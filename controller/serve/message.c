/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message.c: see message.h. */
#include "controller/serve/message.h"

#include "controller/base/text.h"
#include "controller/serve/json-flaw.h"
#include "controller/session/session-error.h"

#include <json-c/json.h>
#include <string.h>

void rpc_request_clear(RpcRequest *r)
{
    g_clear_pointer(&r->method, g_free);
    g_clear_pointer(&r->params, json_object_put);
    g_clear_pointer(&r->id, json_object_put);
}

static bool fail(RpcCode code, RpcCode *out, GError **error, const char *message)
{
    *out = code;
    g_set_error_literal(error, SESSION_ERROR, SESSION_ERROR_USAGE, message);
    return false;
}

static json_object *no_json(gsize at, const char *why, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "the line is no JSON (at byte %zu: %s): one JSON-RPC 2.0 request a line is "
                "expected, such as {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}",
                at, why);
    return NULL;
}

/* Of all objects in a value together. */
static unsigned count_members(json_object *value)
{
    unsigned n = 0;

    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, key, member)
        {
            (void)key;
            n += 1 + count_members(member);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            n += count_members(json_object_array_get_idx(value, i));
    }
    return n;
}

/* One JSON value and nothing else. NULL without an error: it is null. */
static json_object *parse_json(const char *line, gsize size, GError **error)
{
    json_tokener *tokener;
    json_object *value;
    enum json_tokener_error why;
    unsigned members;
    gsize at;
    const char *flaw = json_flaw(line, size, &at, &members);

    if (flaw)
        return no_json(at, flaw, error);
    tokener = json_tokener_new_ex(RPC_MAX_DEPTH);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    value = json_tokener_parse_ex(tokener, line, (int)size);
    why = json_tokener_get_error(tokener);
    at = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    /* A number alone could go on. */
    if (why == json_tokener_success && at < size && strspn(line + at, " \t\r") < size - at)
        why = json_tokener_error_parse_unexpected;
    if (why == json_tokener_success && count_members(value) == members)
        return value;
    json_object_put(value);
    return no_json(at,
                   why == json_tokener_success    ? "an object has a name twice"
                   : why == json_tokener_continue ? "it is not complete"
                                                  : json_tokener_error_desc(why),
                   error);
}

static bool take_id(RpcRequest *r, json_object *root, RpcCode *code, GError **error)
{
    json_object *id = NULL;

    r->notification = !json_object_object_get_ex(root, "id", &id);
    if (id && !json_object_is_type(id, json_type_int) && !json_object_is_type(id, json_type_string))
        return fail(RPC_INVALID_REQUEST, code, error, "\"id\" has to be a whole number or a text");
    if (id && json_object_is_type(id, json_type_string) && json_object_get_string_len(id) > 256)
        return fail(RPC_INVALID_REQUEST, code, error, "\"id\" is longer than 256 bytes");
    r->id = id ? json_object_get(id) : NULL;
    return true;
}

static bool take_method(RpcRequest *r, json_object *root, RpcCode *code, GError **error)
{
    json_object *method = NULL, *params = NULL, *version = NULL;

    if (!json_object_object_get_ex(root, "jsonrpc", &version) ||
        !json_object_is_type(version, json_type_string) ||
        strcmp(json_object_get_string(version), "2.0") != 0)
        return fail(RPC_INVALID_REQUEST, code, error, "\"jsonrpc\":\"2.0\" is missing");
    if (!json_object_object_get_ex(root, "method", &method) ||
        !json_object_is_type(method, json_type_string) ||
        strlen(json_object_get_string(method)) != (size_t)json_object_get_string_len(method))
        return fail(RPC_INVALID_REQUEST, code, error, "\"method\" has to be a text");
    json_object_object_get_ex(root, "params", &params);
    if (params && !json_object_is_type(params, json_type_object) &&
        !json_object_is_type(params, json_type_array))
        return fail(RPC_INVALID_REQUEST, code, error, "\"params\" has to be an object or an array");
    r->method = g_strdup(json_object_get_string(method));
    r->params = params ? json_object_get(params) : NULL;
    return true;
}

bool rpc_request_parse(RpcRequest *out, const char *line, gsize size, RpcCode *code, GError **error)
{
    json_object *root;
    bool ok;

    *out = (RpcRequest){.notification = false};
    if (size > RPC_MAX_LINE)
        return fail(RPC_PARSE, code, error, "a message has more than 1 MiB");
    root = parse_json(line, size, error);
    if (!root) {
        if (error && !*error)
            return fail(RPC_INVALID_REQUEST, code, error, "a request has to be an object");
        *code = RPC_PARSE;
        return false;
    }
    if (json_object_is_type(root, json_type_array))
        ok = fail(RPC_INVALID_REQUEST, code, error,
                  "a request has to be an object: send several requests as several lines");
    else if (!json_object_is_type(root, json_type_object))
        ok = fail(RPC_INVALID_REQUEST, code, error, "a request has to be an object");
    else
        ok = take_id(out, root, code, error) && take_method(out, root, code, error);
    json_object_put(root);
    return ok;
}

/* --- what is sent --- */

static json_object *message(void)
{
    json_object *o = json_object_new_object();

    json_object_object_add(o, "jsonrpc", json_object_new_string("2.0"));
    return o;
}

/* Takes over o. */
static char *line_of(json_object *o)
{
    size_t size;
    const char *text = json_object_to_json_string_length(
        o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
    char *line = g_malloc(size + 2);

    memcpy(line, text, size);
    line[size] = '\n';
    line[size + 1] = '\0';
    json_object_put(o);
    return line;
}

/* A const Answer gets one more owner for as long as the message is made. */
static json_object *owned(const Answer *a)
{
    return json_object_get((json_object *)a);
}

char *rpc_result(json_object *id, const Answer *result)
{
    json_object *o = message();

    json_object_object_add(o, "id", json_object_get(id));
    json_object_object_add(o, "result", owned(result));
    return line_of(o);
}

char *rpc_error(json_object *id, RpcCode code, const char *text, Outcome outcome,
                const Answer *result)
{
    json_object *o = message(), *e = json_object_new_object(), *data = json_object_new_object();
    g_autofree char *brief = text_brief(text), *plain = text_plain(brief, -1);

    json_object_object_add(e, "code", json_object_new_int(code));
    json_object_object_add(e, "message", json_object_new_string(plain));
    if (outcome != OUTCOME_RUNNING) {
        json_object_object_add(data, "outcome", json_object_new_string(outcome_name(outcome)));
        json_object_object_add(data, "exit_code", json_object_new_int(outcome_exit_code(outcome)));
    }
    if (code == RPC_WRONG_VERSION) {
        json_object *versions = json_object_new_array();

        json_object_array_add(versions, json_object_new_int(RPC_VERSION));
        json_object_object_add(data, "versions", versions);
    }
    if (result && !answer_is_empty(result))
        json_object_object_add(data, "result", owned(result));
    json_object_object_add(e, "data", data);
    json_object_object_add(o, "id", json_object_get(id));
    json_object_object_add(o, "error", e);
    return line_of(o);
}

char *rpc_notification(const char *method, const Answer *params)
{
    json_object *o = message();

    json_object_object_add(o, "method", json_object_new_string(method));
    json_object_object_add(o, "params", owned(params));
    return line_of(o);
}
