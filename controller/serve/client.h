/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.h: the connection of one program to the control socket: lines in, lines out, both bounded.
 * Nothing here waits for the program. Main thread.
 *
 * While a program leaves more than CLIENT_MUCH_UNSENT bytes unread, or its next line is not taken,
 * nothing more is read from it. Notifications that find more than
 * CLIENT_MOST_NOTED bytes unread are dropped and counted; answers are never dropped.
 */
#ifndef SERVE_CLIENT_H
#define SERVE_CLIENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Requests of a program that wait for their turn; those that are served at once need none. */
#define CLIENT_MAX_WAITING 64u
#define CLIENT_MUCH_UNSENT ((gsize)256 << 10)
#define CLIENT_MOST_NOTED  ((gsize)2 << 20)

typedef struct Client Client;

typedef struct {
    /* A whole line, without its newline; it is followed by a NUL. size RPC_MAX_LINE + 1: it was
     * longer, and was not kept. False: it can't be taken now, and comes again by client_go_on(). */
    bool (*line)(Client *client, const char *line, gsize size, void *data);
    /* Nothing more comes from the program; it may still read. */
    void (*ended)(Client *client, void *data);
    /* The program is gone. Called once, from the main loop; the caller then frees the client. */
    void (*gone)(Client *client, void *data);
    /* Notifications were dropped, and there is room again: n of them since the last call. */
    void (*dropped)(Client *client, uint64_t n, void *data);
} ClientEvents;

/* What is known of the program. */
typedef enum {
    CLIENT_FREE,    /* drives as soon as it asks for something, if nobody else does */
    CLIENT_WATCHES, /* never drives */
    CLIENT_DRIVES,
} ClientRole;

typedef struct {
    unsigned number; /* of the connection, from 1 */
    char *name;      /* as it calls itself, or NULL */
    ClientRole role;
    unsigned events;  /* SubscribeEvents (notes.h) */
    GPtrArray *nodes; /* char *: the nodes whose consoles and events it wants; NULL: all */
    unsigned waiting; /* its requests that are not answered */
} ClientState;

/* Takes over the descriptors, which may be the same one. The events come from the main loop. */
Client *client_new(int in, int out, unsigned number, const ClientEvents *events, void *data);
void client_free(Client *client);

ClientState *client_state(Client *client);

/* Queues an answer, or a notification; client_flush() sends what is queued, as far as the program
 * takes it. */
void client_answer(Client *client, const char *line);
void client_note(Client *client, const char *line);
void client_flush(Client *client);

/* Counts notifications that were dropped elsewhere. */
void client_lost(Client *client, uint64_t n);

/* Reads on, and hands out the line that was not taken before. */
void client_go_on(Client *client);

/* Whether nothing more comes from the program. */
bool client_has_ended(const Client *client);

/* The connection ends, with the event `gone`, as soon as all that is queued was sent. */
void client_close_when_sent(Client *client);

/* Sends what is queued, for at most so many ms. */
void client_drain(Client *client, int ms);

#endif
