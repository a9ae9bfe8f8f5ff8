/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.h: the controller's side of a connection to an agent: implements the functions of
 * qemu/remote.h by messages (protocol.h) over a stream.
 *
 * A client has a thread, which owns the stream. While the thread has a job (a segment, a step, or a
 * request for which the main thread waits), the thread also owns the host's nodes. Between jobs the
 * thread passes on messages that the agent sends without a request. Main thread, except where a
 * function states otherwise.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "controller/qemu/node.h"
#include "controller/qemu/remote.h"
#include "controller/remote/stream.h"

#include <stdatomic.h>

typedef struct AgentClient AgentClient;

/* Copies a file to the host. Called in the client's thread; calls tick(client) now and then. */
typedef bool (*AgentClientUpload)(void *data, const char *local_path, const char *remote_path,
                                  atomic_ullong *sent, const atomic_bool *cancel,
                                  void (*tick)(void *client), void *client, GError **error);

/* A TCP connection to the agent in place of the stream, which then only starts and ends it. */
typedef struct {
    bool here;           /* the controller listens; else the agent does */
    const char *address; /* numeric: what the other side connects to */
    const char *bound;   /* numeric: what the side that listens binds */
    unsigned low, high;  /* ports of the side that listens; both 0: any */
} AgentClientLine;

typedef struct {
    const char *name;
    const char *version;         /* version of this program */
    SchedMode sched;             /* mode of scheduling of the local host's workers */
    Stream *stream;              /* taken over, also on failure */
    const AgentClientLine *line; /* used only in agent_client_new(); NULL: the stream carries all */
    AgentClientUpload upload;    /* NULL: files exist on the host under the same path */
    bool shared;                 /* with upload: files may exist there under the same path */
    unsigned greeting_ms;        /* how long its HELLO may take to come; 0: as silence, later */
    /* Main thread: cuts the connection under an upload that ignores its cancellation. */
    void (*cut)(void *data);
    void *data;                /* of upload, cut and close */
    void (*close)(void *data); /* called after the stream was freed, also on failure; or NULL */
    /* Main thread: a node has failed while the ensemble stood. data: user. */
    void (*on_failure)(Node *node, void *data);
    /* Main thread, called while it waits for HELLO or for a file. True: stop waiting. */
    bool (*stop_requested)(void *user);
    /* Main thread, called now and then while a file is read or copied; doing: "reading" or
     * "copying". on_progress_end: reading or copying has ended. */
    void (*on_progress)(const char *host, const char *doing, const char *path, uint64_t done,
                        uint64_t size, void *user);
    void (*on_progress_end)(void *user);
    void *user;
} AgentClientParams;

/* Sends HELLO and waits for the agent's HELLO, up to 10 s, or greeting_ms. Free with
 * agent_client_free(). NULL, with an error: there was no answer, or the agent has another protocol
 * version. */
AgentClient *agent_client_new(const AgentClientParams *params, GError **error);

/* Closes the connection, which ends the agent. Its nodes must be removed or failed already. NULL is
 * allowed. */
void agent_client_free(AgentClient *client);

/* The host as the engine sees it; the client owns it. */
Remote *agent_client_remote(AgentClient *client);

/* Version of the program on the host, and the CPUs that its agent uses, from its HELLO. */
const char *agent_client_version(const AgentClient *client);
const GArray *agent_client_cpus(const AgentClient *client); /* int */

/* "ADDRESS:PORT" of the side that listens, for a client with a TCP connection; else NULL. */
const char *agent_client_line(const AgentClient *client);

/* Why the connection was lost; NULL: it was not. Any thread. */
const char *agent_client_lost(AgentClient *client);

/* Measures the host time of a message to the agent and back. */
bool agent_client_ping(AgentClient *client, HTime *took, GError **error);

/* Grants sent, quanta in these grants, and bytes, since the client was made. Any thread. */
typedef struct {
    uint64_t grants, quanta, bytes_out, bytes_in;
} AgentClientStats;
AgentClientStats agent_client_stats(const AgentClient *client);

#endif
