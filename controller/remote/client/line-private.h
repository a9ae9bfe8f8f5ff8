/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line-private.h: what the parts of a line share: line.c (thread, requests), line-talk.c
 * (messages), line-leg.c (legs and steps), line-node.c (what concerns one node). */
#ifndef CLIENT_LINE_PRIVATE_H
#define CLIENT_LINE_PRIVATE_H

#include "controller/engine/leg.h"
#include "controller/engine/step.h"
#include "controller/fabric/port.h"
#include "controller/remote/client/line.h"
#include "controller/remote/news.h"
#include "controller/remote/protocol.h"

typedef enum { JOB_NONE, JOB_REQUEST, JOB_UPLOAD, JOB_LEG, JOB_STEP, JOB_QUIT } Job;

/* Bytes that go to a node: from our end of a socket to messages of this type. */
typedef struct {
    Node *node;
    uint8_t type; /* MSG_TYPE, MSG_STUB, MSG_PORT */
    int fd;
} Tunnel;

struct Line {
    Far far; /* the first member */
    LineParams params;
    char *version;
    GArray *cpus;
    GThread *thread;
    int wake_fd;

    GMutex lock; /* guards what follows up to the empty line */
    GCond done;
    Job job;
    GError *lost;
    GArray *tunnels;  /* Tunnel */
    GPtrArray *falls; /* GSource: what the main thread has not been told of yet */

    /* the line's thread, and the main thread between its jobs */
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
    struct {             /* as LineStats; anyone may look */
        _Atomic uint64_t grants, quanta, bytes_out, bytes_in;
    } stats;

    /* of an upload */
    const char *local, *remote;
    atomic_ullong sent;
    atomic_bool cancel;
    GError *failure;

    /* of a leg or step */
    Leg *leg;
    GArray *which;    /* unsigned: slots of the leg that are this host's */
    uint64_t first_k; /* the first barrier that was not heard of */
    uint64_t granted; /* up to this one */
    HTime received;
    StepRequest *step;
    FarDoneFunc on_done;
    void *done_data;
};

/* --- the line's thread --- */

/* Sends what is in out; false: the line is lost. */
bool line_send(Line *line);

/* The next message that is not passed on by itself; false: the line is lost. Meanwhile what the
 * tunnels bring is sent. */
bool line_hear(Line *line, uint8_t *type, Reader *fields);

/* Waits no longer than this, and *type is 0 then. */
bool line_hear_for(Line *line, int timeout_ms, uint8_t *type, Reader *fields);

/* Takes in what is there, without a look at it, and without waiting; false: the line is lost. */
bool line_look(Line *line);

/* Sends what is in the tunnels. */
void line_pump(Line *line);

/* The line is of no use any more. Takes over the error. */
void line_lose(Line *line, GError *error);

/* A pulse, if nothing else was said lately. */
void line_pulse(Line *line);

void line_ride(Line *line);
void line_take_steps(Line *line);

/* --- the main thread --- */

/* Gives the thread a job; line_wait() waits for its end. */
void line_submit(Line *line, Job job);
void line_wait(Line *line);

/* Somebody wants the wait to end. */
bool line_told_to_stop(const Line *line);

/* Sends the request in `request`, and gives its answer's fields; the request is emptied. */
bool line_request(Line *line, GByteArray *request, Reader *answer, GError **error);

/* Sets far.no_live_nodes: whether none of its nodes is alive. */
void line_look_for_life(Line *line);

extern const FarOps line_ops;
void line_run_leg(Far *far, Leg *leg, FarDoneFunc done, void *data);
void line_step(Far *far, StepRequest *request, FarDoneFunc done, void *data);

#endif
