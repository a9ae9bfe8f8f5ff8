/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line.h: another host with an agent on it, as seen from the controller: what qemu/far.h asks of
 * it, over a stream of messages (protocol.h).
 *
 * A client has a thread, which owns the stream and, while it has a job, the nodes: a segment, a step, or
 * a request for which the main thread waits. Else it passes on what comes.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "controller/qemu/far.h"
#include "controller/qemu/node.h"
#include "controller/remote/stream.h"

#include <stdatomic.h>

typedef struct AgentClient AgentClient;

/* How files get to the host. Called in the client's thread; calls tick(line) every now and then. */
typedef bool (*AgentClientUpload)(void *data, const char *local, const char *remote,
                                  atomic_ullong *sent, const atomic_bool *cancel,
                                  void (*tick)(void *client), void *client, GError **error);

typedef struct {
    const char *name;
    const char *version;      /* the program's */
    SchedMode sched;          /* of this host's workers */
    Stream *stream;           /* taken over, also on failure */
    AgentClientUpload upload; /* NULL: files are there under the same path */
    /* In the main thread: ends the connection under an upload that does not take notice. */
    void (*cut)(void *data);
    void *data;
    void (*close)(void *data); /* what is under the stream, when that is freed; or NULL */
    /* In the main thread: a node has failed while the ensemble stood. */
    void (*on_failure)(Node *node, void *data);
    /* In the main thread, while it waits for the greeting or a file: true ends that. */
    bool (*told_to_stop)(void *user);
    /* In the main thread, every now and then while a file is "reading" or "copying".
     * on_progress_end: that is over. */
    void (*on_progress)(const char *host, const char *doing, const char *path, uint64_t done,
                        uint64_t size, void *user);
    void (*on_progress_end)(void *user);
    void *user;
} AgentClientParams;

/* Waits for the agent's greeting. Main thread. */
AgentClient *agent_client_new(const AgentClientParams *params, GError **error);

/* Ends the agent; its nodes are ended or failed already. NULL is allowed. */
void agent_client_free(AgentClient *client);

Far *agent_client_far(AgentClient *client);

/* What the agent said of its host. */
const char *agent_client_version(const AgentClient *client);
const GArray *agent_client_cpus(const AgentClient *client); /* int */

/* Why it is of no use any more, or NULL. */
const char *agent_client_lost(AgentClient *client);

/* How long a message there and back takes. */
bool agent_client_ping(AgentClient *client, HTime *took, GError **error);

/* Grants that were sent, and the quanta in them, since the client is up. */
typedef struct {
    uint64_t grants, quanta, bytes_out, bytes_in;
} AgentClientStats;
AgentClientStats agent_client_stats(const AgentClient *client);

#endif
