/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * methods.h: the methods of the control socket that are no commands and only look, or concern the
 * client itself: hello, subscribe, unsubscribe, status, variables, methods. Main thread.
 */
#ifndef SERVE_METHODS_H
#define SERVE_METHODS_H

#include "controller/serve/clients.h"
#include "controller/serve/message.h"
#include "controller/session/session.h"

typedef struct {
    Session *session;
    Clients *clients;
    Client *client;
    const char *running; /* the method that is under way, or NULL */
    struct json_object *params;
    RpcCode code; /* of an error; RPC_INVALID_PARAMS unless set */
} MethodCall;

/* Fills `result`, or returns false with an error. */
typedef bool (*MethodFunc)(MethodCall *call, Answer *result, GError **error);

typedef struct {
    const char *name;
    const char *usage; /* its parameters, for people */
    const char *help;
    MethodFunc func; /* NULL: server.c has it */
} Method;

/* All of them, those of server.c too, ended by an entry without a name. */
extern const Method methods_own[];

const Method *methods_find(const char *name);

/* All names of methods, those of commands too, NULL-terminated. Free with g_ptr_array_unref(). */
GPtrArray *methods_names(void);

/* Refuses parameters (NULL: none) that are not among the names, which NULL ends, and an array of
 * them. */
bool methods_check(struct json_object *params, const char *const *names, GError **error);

/* A member of params that has to be a text; NULL: it is not there. *ok: false, with an error, if it is
 * something else. */
const char *methods_text(struct json_object *params, const char *key, bool *ok, GError **error);

#endif
