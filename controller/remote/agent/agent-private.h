/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent-private.h: shared by the parts of the agent: agent.c (main loop), agent-bytes.c, agent-answer.c
 * (requests), agent-save.c (saves), agent-segment.c (segments and steps), agent-card.c (cards),
 * agent-gdb.c (gdb), agent-line.c (a TCP connection in place of stdin and stdout). */
#ifndef AGENT_AGENT_PRIVATE_H
#define AGENT_AGENT_PRIVATE_H

#include "controller/engine/local-host.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/watch.h"
#include "controller/remote/grant-report.h"
#include "controller/remote/message.h"
#include "controller/remote/protocol.h"

#include <gio/gio.h>

typedef struct GdbRelay GdbRelay;

typedef struct {
    struct Agent *agent;
    Node *node;
    NodeStats stats;     /* counts since the last node state was sent */
    GByteArray *console; /* entries of i64 until, bytes: read and not reported yet */
    GdbRelay *gdb;       /* NULL: no gdb uses the node */
} AgentNode;

typedef struct Agent {
    int in, out;
    bool by_lines;              /* what is sent ends with a line feed: MSG_PING in protocol.h */
    atomic_int launcher_in;     /* stdin, once in and out are a TCP connection; else -1 */
    int launcher_out;           /* stdout, likewise */
    Inbox *inbox;               /* used by the reader: the main thread, or a worker in a segment */
    GMutex lock;                /* protects out */
    GMutex in_lock;             /* protects in, aside and was_read */
    GByteArray *aside;          /* bytes that the pulse thread has read from in */
    bool was_read;              /* the reader has read from in since the last pulse */
    atomic_llong last_received; /* when bytes were last received, host ns */
    int waiting;                /* unread bytes in the pipe at the last pulse; the pulse thread's */
    GMainLoop *loop;
    NodeWatch *watch; /* watches nodes that stand */
    unsigned source;  /* main loop source of in */
    GByteArray *made; /* a message of the main thread */
    RunDir *dir;
    LocalHost *host;
    GPtrArray *nodes;     /* AgentNode */
    Fabric *fabric;       /* the cards */
    char *cache;          /* folder of files.h */
    GHashTable *machines; /* MachineState by number: saved machines that are kept */

    /* the present segment or step */
    bool in_segment, in_step;
    Segment segment;
    uint64_t grant_quanta, granted; /* granted: the last boundary of the grants received */
    GArray *participants;           /* Participant */
    GPtrArray *members;             /* AgentNode of each participant */
    GrantReport report;
    GByteArray *reached;   /* a message of a worker */
    int64_t usual_wait_ns; /* how long a worker has lately waited for a grant */
    StepRequest step;
    atomic_bool cancel;
} Agent;

/* Sends a message and empties it. Waits while the pipe is full; ends the process if the controller
 * is gone. Any thread. */
void agent_send(Agent *agent, GByteArray *message);
/* Like agent_send(), but reads into the inbox while the pipe is full: a controller that is blocked
 * in a write of its own must be able to go on. Only the reader may call this, between messages. */
void agent_send_reading(Agent *agent, GByteArray *message);

/* Like agent_send(); the caller holds the agent's lock. */
void agent_write_locked(Agent *agent, GByteArray *message);

/* Reads available bytes into the inbox; waits up to timeout_ms for them (-1: for ever). Ends the
 * process if the controller is gone. Only the reader. */
void agent_receive(Agent *agent, int timeout_ms);

/* Like agent_receive() without a limit, for a worker whose nodes all stand: spins for a while
 * before it sleeps. */
void agent_receive_soon(Agent *agent);

/* The next message in the inbox; *type 0: there is none. Ends the process if the bytes are no
 * message. Only the reader. */
void agent_next(Agent *agent, uint8_t *type, Reader *fields);

/* Notes when bytes arrive, and puts unread bytes aside. The pulse thread, at each pulse. */
void agent_read_ahead(Agent *agent);

/* Ends the process, and all that it has started, at once. Any thread. */
void agent_die(const char *why) G_GNUC_NORETURN;

/* The node of this index; NULL, with an error: there is none. */
AgentNode *agent_node(const Agent *agent, unsigned index, GError **error);

/* MSG_TYPE, MSG_PORT, MSG_STUB: passes bytes to a console, a guest agent or a gdb relay. Ends the
 * process if the message is malformed. The reader; MSG_STUB only in the main thread. */
void agent_receive_bytes(const Agent *agent, uint8_t type, Reader *fields);

/* listen: the main thread reads messages from now on; else it only watches for the controller's
 * end, since a worker reads. */
void agent_listen(Agent *agent, bool listen);

/* --- agent-answer.c --- */

/* NodeWatch calls this when a node has failed while it stood: sends MSG_NODE_FAILED. Main
 * thread. */
void agent_on_failed(Node *node, void *agent);
/* A NodeEventFunc: sends MSG_NODE_EVENT. Any thread. */
void agent_on_node_event(const Node *node, const NodeEvent *event, void *agent);
/* Carries out a request and sends its answer. Main thread. */
void agent_answer(Agent *agent, uint8_t type, Reader *fields);
/* MSG_STUB_OPEN, MSG_STUB_CLOSE: makes or frees the gdb relay of a node. */
bool agent_receive_stub(Agent *agent, Reader *fields, bool open, GError **error);
void agent_node_free(void *node);

/* Puts a node as MSG_NODE is answered. */
void agent_put_node(const Agent *agent, const Node *node);

/* --- agent-save.c --- */

/* Carries out a request about saves, as agent_answer(); *known becomes false if it is none. */
bool agent_answer_save(Agent *agent, uint8_t type, Reader *fields, bool *known, GError **error);
/* Closes all cards and forgets the replica. */
void agent_forget_cards(Agent *agent);
/* Fits GDestroyNotify. */
void agent_machine_free(void *machine);

/* --- agent-segment.c --- */

/* MSG_SEGMENT: begins a segment. MSG_SEGMENT_OVER is sent at its end. */
void agent_segment(Agent *agent, Reader *fields);
/* MSG_STEP: begins a step. MSG_STEPPED is sent at its end. */
void agent_step(Agent *agent, Reader *fields);
/* MSG_CARDS: fills the cards with the frames that are due during the step that follows. */
void agent_serve_cards(Agent *agent, Reader *fields);
/* Collects the console output of a node for the next report from now on. */
void agent_read_console(AgentNode *node);
/* Moves the console output of all members into the grant report. */
void agent_report_consoles(Agent *agent);

/* --- agent-card.c: a malformed message ends the process, except MSG_CARD --- */

/* MSG_CARD: makes a card. */
bool agent_open_card(Agent *agent, Reader *fields, GError **error);
/* MSG_NETWORK: makes the replica of the network a copy. */
void agent_copy_network(Agent *agent, Reader *fields);
/* MSG_TOPOLOGY: changes the replica. */
void agent_follow(Agent *agent, Reader *fields);
/* Takes over the state of the controller's network from MSG_SEGMENT or MSG_CARDS: how cards
 * deliver, where their frames come from, and the frames that are due. */
void agent_receive_network(Agent *agent, VTime moved, Reader cards, Reader frames, VTime quantum);
/* MSG_GRANT: takes the frames of a grant. */
void agent_receive_grant(const Agent *agent, Reader *fields);
/* Moves the reports of the cards, frames sent and settled, into the grant report. */
void agent_report_cards(Agent *agent);

/* --- agent-line.c --- */

/* MSG_LINE: answers on the present line, and goes over to a TCP connection. Ends the process where
 * that fails. Main thread. */
void agent_take_line(Agent *agent, Reader *fields);
/* Whether the line on which the agent was started has ended, while the agent has a connection of
 * its own. Any thread. */
bool agent_launcher_ended(const Agent *agent);

/* --- agent-gdb.c --- */

/* A relay between the controller and the node's gdbstub. The gdbstub counts as used until the relay
 * is freed. */
GdbRelay *gdb_relay_new(Agent *agent, Node *node, GError **error);
void gdb_relay_free(GdbRelay *gdb);
/* Answers the packets in bytes from the controller by MSG_STUB. */
void gdb_relay_send(GdbRelay *gdb, const uint8_t *bytes, gsize size);

#endif
