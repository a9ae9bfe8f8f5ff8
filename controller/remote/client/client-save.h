/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-save.h: saved machines of another host's nodes. The machines stay there, each under a
 * number, until they are forgotten; a machine can be fetched to the local host and stored on
 * another one. Main thread; the ensemble stands.
 *
 * Saving and restoring are in two steps each, so that several hosts work at the same time.
 */
#ifndef CLIENT_CLIENT_SAVE_H
#define CLIENT_CLIENT_SAVE_H

#include "controller/qemu/machine.h"
#include "controller/remote/client/client.h"

/* Orders the host to save the machines of all its nodes, which stand at `now`. */
void agent_client_begin_save(AgentClient *client, VTime now);
/* Waits for it: the nodes, their consoles and ports have what has happened to them by then. The
 * nodes can't go on but by a restore. */
bool agent_client_end_save(AgentClient *client, GError **error);
/* The number of the node's machine in the last save; 0: it has none. */
unsigned agent_client_saved(const AgentClient *client, const Node *node);

/* Asks whether to give up; NULL: never. */
typedef bool (*AgentClientStop)(const void *data);

/* Copies the saved machine to the local host. *out: empty. */
bool agent_client_fetch(AgentClient *client, unsigned number, MachineState *out,
                        AgentClientStop stop, const void *data, GError **error);
/* Copies a saved machine to the host. Sets its number there. */
bool agent_client_store(AgentClient *client, const MachineState *machine, unsigned *number,
                        GError **error);
void agent_client_forget(AgentClient *client, unsigned number);

/* A node of the host that is known there, and the machine from which it is to go on. */
typedef struct {
    Node *node;
    unsigned number;     /* 0: none */
    const char *version; /* of the QEMU that has saved it; NULL: any */
} AgentClientSaved;

/* As machine_begin_restore() and machine_end_restore() for these nodes, which are all of the host's.
 * nodes: AgentClientSaved. All cards of the host are gone. */
void agent_client_begin_restore(AgentClient *client, const GArray *nodes, bool keep_ram,
                                const char *qemu);
/* If it fails all nodes of the host have failed. */
bool agent_client_end_restore(AgentClient *client, const GArray *nodes, GError **error);

/* Whether the host knows the node, so it has been started or was made known. */
bool agent_client_knows(AgentClient *client, const Node *node);

/* Sends what is known here of a node that was restored: its epoch, state, clock, and the point at
 * which it stands. */
bool agent_client_send_past(AgentClient *client, const Node *node, GError **error);

/* All cards of the host are gone, and so is its replica of the network. */
bool agent_client_close_cards(AgentClient *client, GError **error);

#endif
