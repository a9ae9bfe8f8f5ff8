/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clients.h: the programs at the control socket: who drives, and who wants to be told of what. Main
 * thread.
 */
#ifndef SERVE_CLIENTS_H
#define SERVE_CLIENTS_H

#include "controller/report/answer.h"
#include "controller/serve/client.h"

/* What a program can be told of; ClientState.events has a bit for each. */
typedef enum {
    NOTE_RUN,
    NOTE_PROGRESS,
    NOTE_BARRIER,
    NOTE_BREAK,
    NOTE_NODE,
    NOTE_CONSOLE,
    NOTE_OUTPUT,
    NOTE_COMMAND,
    NOTE_WARNING,
    NOTE_KINDS,
} NoteKind;

/* "run", …: its name in `subscribe`, and the method of the notification. */
extern const char *const note_names[NOTE_KINDS + 1];

typedef struct Clients Clients;

Clients *clients_new(void);
/* Frees the clients too. */
void clients_free(Clients *clients);

/* Takes over a client; clients_remove() frees it. */
void clients_add(Clients *clients, Client *client);
void clients_remove(Clients *clients, Client *client);
unsigned clients_count(const Clients *clients);

/* The one that drives, or NULL. */
Client *clients_driver(const Clients *clients);
/* The client drives from now on, unless another one does or it only watches; false then. */
bool clients_drive(Clients *clients, Client *client, GError **error);
/* It drives no more. */
void clients_leave(Clients *clients, Client *client);

/* "client 2", or "client 2 ('ci')"; free with g_free(). */
char *client_title(Client *client);

/* Whether any program wants to be told of this. */
bool clients_want(const Clients *clients, NoteKind kind);

/* Tells all that want to know. node: whose it is, or NULL. Takes over params. */
void clients_note(Clients *clients, NoteKind kind, const char *node, Answer *params);
/* Tells all programs, whatever they want to know. Takes over params. */
void clients_tell(Clients *clients, const char *method, Answer *params);
/* Notifications of this kind were lost before they came here. */
void clients_lost(Clients *clients, NoteKind kind, uint64_t n);
/* Reads on from all that may send more. */
void clients_go_on(Clients *clients);
void clients_flush(Clients *clients);
/* Sends what is queued for all, for at most so many ms together. */
void clients_drain(Clients *clients, int ms);

#endif
