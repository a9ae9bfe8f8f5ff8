/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.h: the control socket (`metronome --listen`): programs carry out commands as requests of
 * JSON-RPC 2.0, one of them at a time, while others watch. metronome-rpc(5) describes it. One server
 * at a time; main thread.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "controller/base/verdict.h"
#include "controller/session/session.h"

typedef struct Server Server;

/* Checks the word behind --listen. */
bool server_check_address(const char *address, GError **error);

/* Begins to listen. Programs are answered from now on; their commands wait until server_run().
 * NULL with an error: the address is taken, or can't be used. Free with server_free(). */
Server *server_new(Session *session, const char *address, GError **error);

/* Serves until a program says `quit`, a signal comes, or the program at stdio is gone. */
void server_run(Server *server);

/* Tells all programs how it ended, and closes their connections. NULL is allowed. */
void server_end(Server *server, const Verdict *verdict);

void server_free(Server *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)

#endif
