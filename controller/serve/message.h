/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message.h: the messages of the control socket, JSON-RPC 2.0 with one message a line
 * (https://www.jsonrpc.org/specification). The form is a contract: metronome-rpc(5) and
 * scripts/schema/socket.schema.json; a change of meaning is a new RPC_VERSION. Pure.
 */
#ifndef SERVE_MESSAGE_H
#define SERVE_MESSAGE_H

#include "controller/base/verdict.h"
#include "controller/report/answer.h"

#include <glib.h>
#include <stdbool.h>

#define RPC_VERSION 1

/* The longest message of a client, in bytes, without its newline. */
#define RPC_MAX_LINE ((gsize)1 << 20)
/* How deep values may lie in each other. */
#define RPC_MAX_DEPTH 16

typedef enum {
    RPC_PARSE = -32700, /* no JSON, or too long */
    RPC_INVALID_REQUEST = -32600,
    RPC_UNKNOWN_METHOD = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_FAILED = -32000, /* the command failed: data has its outcome */
    RPC_WRONG_VERSION = -32001,
    RPC_NOT_DRIVER = -32002, /* another client drives, or this one only watches */
    RPC_CANCELLED = -32003,  /* by `cancel`, before the command began */
    RPC_ENDING = -32004,     /* metronome ends */
} RpcCode;

/* A request, whose id and params are json-c's objects. */
typedef struct {
    char *method;
    struct json_object *params; /* an object or an array; NULL: none */
    struct json_object *id;     /* an integer or a text; NULL: null, or a notification */
    bool notification;          /* without an id: nobody wants an answer */
} RpcRequest;

/* Parses a line without its newline. False: what was wrong is in *code and in the error; out->id is
 * set where it could be read. Clear `out` in both cases. */
bool rpc_request_parse(RpcRequest *out, const char *line, gsize size, RpcCode *code,
                       GError **error);
void rpc_request_clear(RpcRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpcRequest, rpc_request_clear)

/* Each makes a message with its newline; free with g_free(). id: NULL is null. */
char *rpc_result(struct json_object *id, const Answer *result);
/* outcome: of a command that failed (RPC_FAILED), else OUTCOME_RUNNING. result: what a failed command
 * has handed over, or NULL. */
char *rpc_error(struct json_object *id, RpcCode code, const char *message, Outcome outcome,
                const Answer *result);
char *rpc_notification(const char *method, const Answer *params);

#endif
