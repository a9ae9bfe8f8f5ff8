/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent-private.h: what the parts of the agent share: agent.c (bytes, main loop), agent-answer.c
 * (requests), agent-segment.c (segments and steps), agent-card.c (cards), agent-gdb.c (gdb). */
#ifndef AGENT_AGENT_PRIVATE_H
#define AGENT_AGENT_PRIVATE_H

#include "controller/engine/host.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/watch.h"
#include "controller/remote/grant-report.h"
#include "controller/remote/protocol.h"

#include <gio/gio.h>

typedef struct GdbRelay GdbRelay;

typedef struct {
    struct Agent *agent;
    Node *node;
    NodeStats stats;     /* since the last outcome */
    GByteArray *console; /* i64 until, bytes: drained and not told */
    GdbRelay *gdb;       /* NULL: nobody debugs it */
} AgentNode;

typedef struct Agent {
    int in, out;
    Inbox *inbox;            /* the present reader's: the main thread, in a segment a worker */
    GMutex lock;             /* of out */
    GMutex in_lock;          /* of in, and of … */
    GByteArray *aside;       /* … what nobody was there to read, … */
    bool was_read;           /* … and whether somebody was, since the last pulse */
    atomic_llong last_heard; /* host ns */
    int waiting;             /* bytes that nobody had read at the last pulse */
    GMainLoop *loop;
    NodeWatch *watch; /* of the nodes, while they stand */
    unsigned source;  /* of in */
    GByteArray *made; /* a message of the main thread */
    RunDir *dir;
    Host *host;
    GPtrArray *nodes; /* AgentNode */
    Fabric *fabric;   /* its cards */
    char *cache;      /* folder of files */

    /* the present segment or step */
    bool in_segment, in_step;
    Segment segment;
    uint64_t grant_quanta, granted; /* granted: up to this boundary */
    GArray *participants;           /* Participant */
    GPtrArray *members;             /* AgentNode of each participant */
    GrantReport report;
    GByteArray *reached; /* a message of a worker */
    StepRequest step;
    atomic_bool cancel;
} Agent;

/* Sends it and empties it; any thread. */
void agent_send(Agent *agent, GByteArray *message);
/* The same, and reads where the controller has to be read first; the reader, between messages. */
void agent_send_reading(Agent *agent, GByteArray *message);

/* Reads what is there, or waits for it; ends the process if the controller is gone. */
void agent_receive(Agent *agent, int timeout_ms);

/* The next message; *type 0: none has come. Ends the process if it is none of ours. */
void agent_next(Agent *agent, uint8_t *type, Reader *fields);

/* Ends at once, and with it all that it started. */
void agent_die(const char *why) G_GNUC_NORETURN;

AgentNode *agent_node(const Agent *agent, unsigned index, GError **error);

/* Bytes for a console or a guest's own agent: any thread. */
void agent_take_bytes(const Agent *agent, uint8_t type, Reader *fields);

/* Goes back to reading messages in the main thread. */
void agent_listen(Agent *agent, bool listen);

/* --- agent-answer.c --- */

/* NodeWatch's, and a NodeTellFunc of any thread. */
void agent_on_failed(Node *node, void *agent);
void agent_on_tell(const Node *node, const NodeTelling *telling, void *agent);
/* Of a request. */
void agent_answer(Agent *agent, uint8_t type, Reader *fields);
bool agent_take_stub(Agent *agent, Reader *fields, bool open, GError **error);
void agent_node_free(void *node);

/* --- agent-segment.c --- */

void agent_segment(Agent *agent, Reader *fields);
void agent_step(Agent *agent, Reader *fields);
/* What is due on the way of the step that follows. */
void agent_serve_cards(Agent *agent, Reader *fields);
/* What the console of a node has said. */
void agent_hear_console(AgentNode *node);

/* --- agent-card.c --- */

bool agent_open_card(Agent *agent, Reader *fields, GError **error);
/* The replica of the network is to be changed. */
void agent_follow(Agent *agent, Reader *fields);
/* What the network has come to: how cards deliver and where their frames come from, as
 * MSG_SEGMENT has it, and what is due. */
void agent_take_network(Agent *agent, VTime moved, Reader cards, Reader frames, VTime quantum);
void agent_take_grant(const Agent *agent, Reader *fields);
/* What the cards have sent and taken goes into the report. */
void agent_tell_cards(Agent *agent);

/* --- agent-gdb.c --- */

/* A use of the node's gdbstub, until it is freed. */
GdbRelay *gdb_relay_new(Agent *agent, Node *node, GError **error);
void gdb_relay_free(GdbRelay *gdb);
void gdb_relay_send(GdbRelay *gdb, const uint8_t *bytes, gsize size);

#endif
