/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client-private.h: shared by the parts of a client: client.c (thread, requests), client-messages.c
 * (messages), client-grant.c (grants and whose turn it is), client-segment.c (segments and steps),
 * client-node.c (requests of one node), client-line.c (a TCP connection). */
#ifndef CLIENT_CLIENT_PRIVATE_H
#define CLIENT_CLIENT_PRIVATE_H

#include "controller/engine/segment.h"
#include "controller/engine/step.h"
#include "controller/fabric/port.h"
#include "controller/remote/client/client.h"
#include "controller/remote/grant-report.h"
#include "controller/remote/message.h"
#include "controller/remote/protocol.h"

typedef enum { JOB_NONE, JOB_REQUEST, JOB_UPLOAD, JOB_SEGMENT, JOB_STEP, JOB_QUIT } Job;

/* Carries bytes between a local socket and messages of one type for a node. */
typedef struct {
    Node *node;
    uint8_t type; /* MSG_TYPE, MSG_STUB, MSG_PORT */
    int fd;       /* the client's end of the socket; owned */
} Tunnel;

struct AgentClient {
    Remote remote; /* the first member */
    AgentClientParams params;
    char *version;
    char *line; /* as agent_client_line() */
    GArray *cpus;
    GThread *thread;
    int wake_fd;

    GMutex lock; /* protects the members up to the empty line */
    GCond done;  /* signalled when a job is done */
    Job job;
    GError *lost;        /* why the connection was lost; NULL: it was not */
    GArray *tunnels;     /* Tunnel */
    GPtrArray *failures; /* GSource of failures that the main thread has not handled yet */

    /* used by the client's thread and, between jobs, by the main thread */
    Stream *stream; /* NULL: lost */
    Inbox *inbox;
    GByteArray *out;                /* messages to be sent */
    HTime last_sent, last_received; /* when bytes were last sent and received */
    HTime looked;                   /* when the silence was last looked at */
    bool has_offset;
    int64_t offset; /* CLOCK_REALTIME - CLOCK_MONOTONIC of the host, from its last PULSE */
    GByteArray *request, *answer;
    uint8_t answer_type; /* 0: none yet */
    GPtrArray *nodes;    /* Node */
    GPtrArray *cards;    /* Port by number; the fabric owns them */
    unsigned n_changes;  /* changes of the network's topology sent to the agent; 0: nothing of it */
    VTime moved;         /* time up to which the network has moved */
    struct {             /* as AgentClientStats; any thread may read */
        _Atomic uint64_t grants, quanta, bytes_out, bytes_in;
    } stats;

    GByteArray *order; /* a request that is begun, and not ended yet */
    GArray *saved;     /* unsigned: numbers of the machines of `nodes` in the last save; 0: none */
    unsigned last_number; /* of all saved machines of the host */

    /* the present upload */
    const char *local_path, *remote_path;
    atomic_ullong sent;
    atomic_bool cancel;
    GError *failure;

    /* the present segment or step */
    Segment *segment;
    bool
        others_know; /* the other members know that this one takes no further part; HALT was sent */
    GMutex send_lock; /* protects writing to the stream, its end, and the members below */
    GCond acted;      /* signalled when it was the client's turn, and its thread waits for that */
    SegmentTurn turn;
    atomic_bool turn_pending; /* the client has arrived, and does not know yet what follows */
    bool turn_awaited;
    GByteArray *grant; /* what could not be sent at once when it was the client's turn */
    GArray *which;     /* unsigned: indexes of the segment's participants on this host */
    uint64_t first_k;  /* the first barrier that no REPORT has covered yet */
    uint64_t granted;  /* the last barrier of the grants sent */
    HTime received;    /* when the last REPORT was received */
    StepRequest *step;
    RemoteDoneFunc on_done;
    void *done_data;
};

/* --- the client's thread --- */

/* Sends the messages in out and empties out; false: the client is lost. */
bool agent_client_send(AgentClient *client);

/* Waits for the next message that pass_on() does not handle; false: the client is lost. Meanwhile
 * sends bytes from the tunnels and pulses. */
bool agent_client_receive(AgentClient *client, uint8_t *type, Reader *fields);

/* Like agent_client_receive(), but waits about timeout_ms at most; *type 0: no message has come. */
bool agent_client_receive_for(AgentClient *client, int timeout_ms, uint8_t *type, Reader *fields);

/* Reads available bytes into the inbox without waiting, and without parsing them; false: the client
 * is lost. */
bool agent_client_read(AgentClient *client);

/* Sends the bytes that wait in the tunnels. */
void agent_client_pump(AgentClient *client);

/* Marks the client as lost and frees the stream, which ends the agent. Takes over the error. */
void agent_client_lose(AgentClient *client, GError *error);

/* Sends PULSE if nothing else was sent for PROTOCOL_PULSE_MS. */
void agent_client_pulse(AgentClient *client);

/* Sends MSG_SEGMENT with the first grant. */
bool agent_client_send_segment(AgentClient *client);

/* The agent's REPORT has come: the client arrives at the barrier. Whoever completes it sends GRANT
 * or HALT for this client, in its own thread, so that this client's need not be woken for it. Where
 * the stream can't be written to by another thread (ssh), the client waits here and sends it. */
void agent_client_arrive(AgentClient *client);

/* Waits until it is known what follows the last barrier at which the client has arrived. If the
 * client is lost, it stops the segment first. */
void agent_client_await_turn(AgentClient *client);

/* Put the lists of MSG_SEGMENT and MSG_CARDS: how cards deliver; the frames that are due. */
void agent_client_put_cards(const AgentClient *client, GByteArray *out);
void agent_client_put_frames(const AgentClient *client, GByteArray *out);

/* How the client waits for other members: sends pulses, and stops the segment if it is lost. */
SegmentPatience agent_client_patience(AgentClient *client);

/* JOB_SEGMENT: takes part in client->segment until the agent's part is over. */
void agent_client_run(AgentClient *client);
/* JOB_STEP: makes the step client->step. */
void agent_client_run_steps(AgentClient *client);

/* --- the main thread --- */

/* Makes the connection params.line and goes over to it; the client has no thread yet. */
bool agent_client_change_line(AgentClient *client, GError **error);

/* Gives the client's thread a job. */
void agent_client_submit(AgentClient *client, Job job);
/* Waits for the end of the job. */
void agent_client_wait(AgentClient *client);

/* Whether the user wants a wait to end. */
bool agent_client_stop_requested(const AgentClient *client);

/* Sends the message in `request`, waits for its answer and empties `request`. answer: the fields of
 * MSG_OK, valid until the next request. False, with an error: the agent has refused, or the client
 * is lost. */
bool agent_client_request(AgentClient *client, GByteArray *request, Reader *answer, GError **error);

/* The same in two steps; other clients and the main thread work in between. The message stays as it
 * is until the end. */
void agent_client_begin_request(AgentClient *client, GByteArray *request);
bool agent_client_end_request(AgentClient *client, Reader *answer, GError **error);

/* Reads what is said of a node that was started: MSG_NODE's answer. */
void agent_client_get_node(Node *node, Reader *r);

/* Sets remote.no_live_nodes: true if no node of the host is alive. */
void agent_client_check_life(AgentClient *client);

extern const RemoteOps agent_client_ops;
void agent_client_run_segment(Remote *remote, Segment *segment, RemoteDoneFunc done, void *data);
void agent_client_step(Remote *remote, StepRequest *request, RemoteDoneFunc done, void *data);

#endif
