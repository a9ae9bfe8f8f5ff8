/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client-private.h: what the parts of a client share: line.c (thread, requests), client-messages.c
 * (messages), client-segment.c (segments and steps), client-node.c (what concerns one node). */
#ifndef CLIENT_CLIENT_PRIVATE_H
#define CLIENT_CLIENT_PRIVATE_H

#include "controller/engine/segment.h"
#include "controller/engine/step.h"
#include "controller/fabric/port.h"
#include "controller/remote/client/client.h"
#include "controller/remote/grant-report.h"
#include "controller/remote/protocol.h"

typedef enum { JOB_NONE, JOB_REQUEST, JOB_UPLOAD, JOB_SEGMENT, JOB_STEP, JOB_QUIT } Job;

/* Bytes that go to a node: from our end of a socket to messages of this type. */
typedef struct {
    Node *node;
    uint8_t type; /* MSG_TYPE, MSG_STUB, MSG_PORT */
    int fd;
} Tunnel;

struct AgentClient {
    Far far; /* the first member */
    AgentClientParams params;
    char *version;
    GArray *cpus;
    GThread *thread;
    int wake_fd;

    GMutex lock; /* guards what follows up to the empty line */
    GCond done;
    Job job;
    GError *lost;
    GArray *tunnels;     /* Tunnel */
    GPtrArray *failures; /* GSource: what the main thread has not been told of yet */

    /* the client's thread, and the main thread between its jobs */
    Stream *stream;
    Inbox *inbox;
    GByteArray *out;
    HTime last_sent, last_heard;
    bool has_offset;
    int64_t offset; /* of the host's clock, as it last told */
    GByteArray *request, *answer;
    uint8_t answer_type; /* 0: none yet */
    GPtrArray *nodes;    /* Node */
    GPtrArray *cards;    /* Port by number; the fabric's */
    unsigned n_changes;  /* of the network's topology that it was told … */
    VTime moved;         /* … and how far the network has moved */
    struct {             /* as AgentClientStats; anyone may look */
        _Atomic uint64_t grants, quanta, bytes_out, bytes_in;
    } stats;

    /* of an upload */
    const char *local, *remote;
    atomic_ullong sent;
    atomic_bool cancel;
    GError *failure;

    /* of a segment or step */
    Segment *segment;
    GArray *which;    /* unsigned: participants of the segment that are this host's */
    uint64_t first_k; /* the first barrier that was not heard of */
    uint64_t granted; /* up to this one */
    HTime received;
    StepRequest *step;
    FarDoneFunc on_done;
    void *done_data;
};

/* --- the client's thread --- */

/* Sends what is in out; false: the client is lost. */
bool agent_client_send(AgentClient *client);

/* The next message that is not passed on by itself; false: the client is lost. Meanwhile what the
 * tunnels bring is sent. */
bool agent_client_receive(AgentClient *client, uint8_t *type, Reader *fields);

/* Waits no longer than this, and *type is 0 then. */
bool agent_client_receive_for(AgentClient *client, int timeout_ms, uint8_t *type, Reader *fields);

/* Takes in what is there, without a look at it, and without waiting; false: the client is lost. */
bool agent_client_read(AgentClient *client);

/* Sends what is in the tunnels. */
void agent_client_pump(AgentClient *client);

/* The client is of no use any more. Takes over the error. */
void agent_client_lose(AgentClient *client, GError *error);

/* A pulse, if nothing else was said lately. */
void agent_client_pulse(AgentClient *client);

void agent_client_run(AgentClient *client);
void agent_client_run_steps(AgentClient *client);

/* --- the main thread --- */

/* Gives the thread a job; agent_client_wait() waits for its end. */
void agent_client_submit(AgentClient *client, Job job);
void agent_client_wait(AgentClient *client);

/* Somebody wants the wait to end. */
bool agent_client_told_to_stop(const AgentClient *client);

/* Sends the request in `request`, and gives its answer's fields; the request is emptied. */
bool agent_client_request(AgentClient *client, GByteArray *request, Reader *answer, GError **error);

/* Sets far.no_live_nodes: whether none of its nodes is alive. */
void agent_client_check_life(AgentClient *client);

extern const FarOps agent_client_ops;
void agent_client_run_segment(Far *far, Segment *segment, FarDoneFunc done, void *data);
void agent_client_step(Far *far, StepRequest *request, FarDoneFunc done, void *data);

#endif
