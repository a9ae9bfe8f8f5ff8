/* SPDX-License-Identifier: GPL-3.0-or-later */
/* methods.c: see methods.h. */
#include "controller/serve/methods.h"

#include "controller/base/suggest.h"
#include "controller/base/version.h"
#include "controller/command/command.h"
#include "controller/run/run.h"
#include "controller/serve/notes.h"
#include "controller/serve/params.h"
#include "controller/session/describe.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_NAME 64

/* --- parameters --- */

static bool set_error(GError **error, const char *text)
{
    g_set_error_literal(error, SESSION_ERROR, SESSION_ERROR_USAGE, text);
    return false;
}

bool methods_check(json_object *params, const char *const *names, GError **error)
{
    if (params && !json_object_is_type(params, json_type_object))
        return set_error(error, "\"params\" has to be an object here");
    if (!params)
        return true;
    json_object_object_foreach(params, key, value)
    {
        g_autofree char *list = g_strjoinv(", ", (char **)names);

        (void)value;
        if (g_strv_contains(names, key))
            continue;
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s' is no parameter here: %s%s",
                    key, *list ? "there are " : "there is none", list);
        return false;
    }
    return true;
}

/* Without a NUL in it. */
static bool is_text(json_object *value)
{
    return json_object_is_type(value, json_type_string) &&
           strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value);
}

const char *methods_text(json_object *params, const char *key, bool *ok, GError **error)
{
    json_object *value = NULL;

    *ok = true;
    if (!params || !json_object_object_get_ex(params, key, &value) || !value)
        return NULL;
    if (is_text(value))
        return json_object_get_string(value);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s' has to be a text", key);
    *ok = false;
    return NULL;
}

/* An array of texts, or one text. False with an error; NULL: it is not there. */
static bool take_texts(json_object *params, const char *key, GPtrArray **out, GError **error)
{
    json_object *value = NULL;
    g_autoptr(GPtrArray) texts = NULL;
    bool list;

    *out = NULL;
    if (!params || !json_object_object_get_ex(params, key, &value) || !value)
        return true;
    texts = g_ptr_array_new_with_free_func(g_free);
    list = json_object_is_type(value, json_type_array);
    for (size_t i = 0; i < (list ? json_object_array_length(value) : 1); i++) {
        json_object *one = list ? json_object_array_get_idx(value, i) : value;

        if (!is_text(one)) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                        "'%s' has to be an array of texts", key);
            return false;
        }
        g_ptr_array_add(texts, g_strdup(json_object_get_string(one)));
    }
    *out = g_steal_pointer(&texts);
    return true;
}

/* --- hello --- */

static const char *role_name(const MethodCall *call)
{
    return clients_driver(call->clients) == call->client        ? "drive"
           : client_state(call->client)->role == CLIENT_WATCHES ? "watch"
                                                                : "free";
}

static bool set_role(const MethodCall *call, const char *role, RpcCode *code, GError **error)
{
    ClientState *state = client_state(call->client);
    ClientRole before = state->role;

    if (strcmp(role, "drive") == 0) {
        state->role = before == CLIENT_WATCHES ? CLIENT_FREE : before;
        if (clients_drive(call->clients, call->client, error))
            return true;
        state->role = before;
        *code = RPC_NOT_DRIVER;
        return false;
    }
    if (strcmp(role, "watch") != 0)
        return set_error(error, "'role' has to be \"drive\" or \"watch\"");
    clients_leave(call->clients, call->client);
    state->role = CLIENT_WATCHES;
    return true;
}

static bool exec_hello(MethodCall *call, Answer *result, GError **error)
{
    static const char *const names[] = {"version", "role", "name", NULL};
    ClientState *state = client_state(call->client);
    json_object *version = NULL;
    const char *role, *name;
    bool ok;

    if (!methods_check(call->params, names, error))
        return false;
    if (call->params && json_object_object_get_ex(call->params, "version", &version) &&
        (!json_object_is_type(version, json_type_int) ||
         json_object_get_int64(version) != RPC_VERSION)) {
        call->code = RPC_WRONG_VERSION;
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "version %s is not spoken here: metronome " METRONOME_VERSION
                    " speaks version %d",
                    version ? json_object_to_json_string(version) : "null", RPC_VERSION);
        return false;
    }
    role = methods_text(call->params, "role", &ok, error);
    if (!ok)
        return false;
    name = methods_text(call->params, "name", &ok, error);
    if (!ok ||
        (name && strlen(name) > MAX_NAME && !set_error(error, "'name' has more than 64 bytes")))
        return false;
    if (role && !set_role(call, role, &call->code, error))
        return false;
    if (name) {
        g_free(state->name);
        state->name = g_strdup(name);
    }
    answer_int(result, "version", RPC_VERSION);
    answer_text(result, "metronome_version", METRONOME_VERSION);
    answer_int(result, "pid", getpid());
    answer_int(result, "client", state->number);
    answer_text(result, "role", role_name(call));
    return true;
}

/* --- subscribe --- */

/* The bits of these kinds; all of them without any. */
static bool kinds_of(const GPtrArray *kinds, unsigned *out, GError **error)
{
    *out = kinds ? 0 : (1u << NOTE_KINDS) - 1;
    for (unsigned i = 0; kinds && i < kinds->len; i++) {
        const char *name = kinds->pdata[i];
        g_autofree char *list = NULL, *meant = NULL;
        unsigned k = 0;

        while (k < NOTE_KINDS && strcmp(note_names[k], name) != 0)
            k++;
        if (k < NOTE_KINDS) {
            *out |= 1u << k;
            continue;
        }
        list = g_strjoinv(", ", (char **)note_names);
        meant = suggest_suffix(name, note_names);
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is nothing that can be told of: there are %s%s", name, list, meant);
        return false;
    }
    return true;
}

static void answer_events(const ClientState *state, Answer *result)
{
    const char *names[NOTE_KINDS];
    unsigned n = 0;

    for (unsigned k = 0; k < NOTE_KINDS; k++)
        if (state->events & 1u << k)
            names[n++] = note_names[k];
    answer_texts(result, "events", names, n);
}

static bool exec_subscribe(MethodCall *call, Answer *result, GError **error)
{
    static const char *const names[] = {"events", "nodes", NULL};
    ClientState *state = client_state(call->client);
    g_autoptr(GPtrArray) kinds = NULL, nodes = NULL;
    unsigned bits;

    if (!methods_check(call->params, names, error) ||
        !take_texts(call->params, "events", &kinds, error) ||
        !take_texts(call->params, "nodes", &nodes, error))
        return false;
    if (!kinds)
        return set_error(error, "'events' is missing: such as [\"run\", \"console\"]");
    if (!kinds_of(kinds, &bits, error))
        return false;
    state->events |= bits;
    if (nodes) {
        g_clear_pointer(&state->nodes, g_ptr_array_unref);
        state->nodes = nodes->len > 0 ? g_steal_pointer(&nodes) : NULL;
    }
    notes_follow();
    answer_events(state, result);
    return true;
}

static bool exec_unsubscribe(MethodCall *call, Answer *result, GError **error)
{
    static const char *const names[] = {"events", NULL};
    ClientState *state = client_state(call->client);
    g_autoptr(GPtrArray) kinds = NULL;
    unsigned bits;

    if (!methods_check(call->params, names, error) ||
        !take_texts(call->params, "events", &kinds, error) || !kinds_of(kinds, &bits, error))
        return false;
    state->events &= ~bits;
    notes_follow();
    answer_events(state, result);
    return true;
}

/* --- looks that ask no node --- */

static bool exec_status(MethodCall *call, Answer *result, GError **error)
{
    static const char *const names[] = {NULL};
    const Session *s = call->session;
    g_autofree char *driver = NULL;

    if (!methods_check(call->params, names, error))
        return false;
    if (clients_driver(call->clients))
        driver = client_title(clients_driver(call->clients));
    answer_text(result, "state",
                run_active(s) ? "running"
                : s->started  ? "standing"
                              : "not started");
    answer_text(result, "command", call->running);
    answer_int(result, "virtual_ns", engine_now(s->engine).ns);
    answer_int(result, "quantum_ns", engine_quantum(s->engine).ns);
    answer_bool(result, "quantum_auto", s->auto_quantum);
    answer_count(result, "barriers", engine_stats(s->engine)->barriers);
    answer_count(result, "missed", engine_missed(s->engine));
    answer_int(result, "break", s->stopped_by);
    answer_text(result, "mode", session_mode(s));
    answer_text(result, "driver", driver);
    answer_count(result, "clients", clients_count(call->clients));
    answer_list(result, "nodes");
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        Answer *row = answer_add(result, "nodes");

        answer_text(row, "node", n->name);
        answer_text(row, "state", node_state_name(node_shown_state(n)));
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool exec_variables(MethodCall *call, Answer *result, GError **error)
{
    static const char *const names[] = {NULL};
    Answer *variables = answer_object(result, "variables");
    g_autofree const char **keys = NULL;
    guint n;

    if (!methods_check(call->params, names, error))
        return false;
    keys = (const char **)g_hash_table_get_keys_as_array(call->session->variables, &n);
    if (n > 0)
        qsort(keys, n, sizeof(*keys), by_name);
    for (guint i = 0; i < n; i++)
        answer_text(variables, keys[i], session_get(call->session, keys[i]));
    return true;
}

static bool exec_methods(MethodCall *call, Answer *result, GError **error)
{
    static const char *const names[] = {NULL};

    if (!methods_check(call->params, names, error))
        return false;
    answer_list(result, "methods");
    for (const Method *m = methods_own; m->name; m++) {
        Answer *row = answer_add(result, "methods");

        answer_text(row, "name", m->name);
        answer_text(row, "usage", m->usage);
        answer_text(row, "help", m->help);
        answer_bool(row, "other_params", false);
        answer_list(row, "params");
    }
    for (const Command *const *c = command_table(); *c; c++)
        if (!(*c)->terminal)
            params_describe(*c, result);
    return true;
}

const Method methods_own[] = {
    {"hello", "version=1 role=drive|watch name=TEXT",
     "Say which version of this protocol is spoken, whether to drive or to watch, and a name",
     exec_hello},
    {"subscribe", "events=[KIND…] nodes=[NODE…]",
     "Ask for notifications, those of consoles and nodes of some nodes or all", exec_subscribe},
    {"unsubscribe", "events=[KIND…]", "End notifications, all without events", exec_unsubscribe},
    {"status", "", "Say where the ensemble stands, whether it runs, and who drives; asks no node",
     exec_status},
    {"variables", "", "Show all variables, $line and $1 of wait-line among them", exec_variables},
    {"methods", "", "List all methods with their parameters", exec_methods},
    {"cmd", "line=TEXT", "Carry out a line as it would be typed, one command, with variables",
     NULL},
    {"cancel", "id=ID", "Interrupt the client's request with this id, or take it out of the queue",
     NULL},
    {NULL, NULL, NULL, NULL},
};

const Method *methods_find(const char *name)
{
    for (const Method *m = methods_own; m->name; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

GPtrArray *methods_names(void)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (const Method *m = methods_own; m->name; m++)
        g_ptr_array_add(names, g_strdup(m->name));
    for (const Command *const *c = command_table(); *c; c++)
        if (!(*c)->terminal)
            g_ptr_array_add(names, params_method(*c));
    g_ptr_array_add(names, NULL);
    return names;
}
