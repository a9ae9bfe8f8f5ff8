/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker-private.h: what the two files of a worker share: worker.c (thread, quanta) and
 * worker-node.c (one node).
 */
#ifndef ENGINE_WORKER_PRIVATE_H
#define ENGINE_WORKER_PRIVATE_H

#include "controller/engine/freeze.h"
#include "controller/engine/gate.h"
#include "controller/engine/vcpu-boost.h"
#include "controller/engine/worker.h"

typedef enum {
    PLACE_REST,
    PLACE_RUNNING,
    PLACE_GATE,
    PLACE_OUT, /* left or failed */
} Place;

/* One node of the worker in a segment. */
typedef struct {
    Participant *participant;
    Node *node;
    Place place;
    Insns left;       /* the node's count when it left its last rest; -1: unknown */
    uint64_t k;       /* the boundary that the node was last sent to */
    bool once;        /* the tick reaches only that boundary */
    bool approach;    /* the tick fires ahead of that boundary */
    bool half_way;    /* the tick fires before that boundary, where a card needs a stop */
    GatePlan trial;   /* the plan, if it is a trial; else .tries is false */
    int64_t grain_us; /* of the last plan */
    bool rearm;       /* stop and arm the node before it goes on */
    bool slept;       /* the idle node was past the boundary, as it slept too long */
    Freeze freeze;
    bool checked; /* do not check the stop: its miss is counted, or it is at no boundary */
} WorkerNode;

struct Worker {
    int cpu;
    SchedMode sched;
    GThread *thread;
    SegmentPatience patience;

    GMutex lock;
    GCond wake;
    bool quit, has_job;
    Segment *segment; /* the job is this segment, or func(arg) */
    void (*func)(void *);
    void *arg;
    WorkerDoneFunc done;
    void *done_data;

    /* Of the present segment: */
    int epoll_fd;
    WorkerNode *nodes;
    unsigned n_nodes, running;
    bool node_failed; /* a node has failed since the last rendezvous */
    VTime until;      /* end of the present quantum */
    HTime looked;     /* when the nodes that run were last looked after */
    Quanta quanta;    /* the last quanta, of the nodes of this worker */
    VcpuBoost boost;
};

/* The node has failed, or its guest made QEMU exit. Takes over the error. */
void worker_node_fail(Worker *worker, WorkerNode *node, GError *error);

/* Sends a node at rest on to boundary k, unless it already stands there or farther. */
void worker_node_resume(Worker *worker, Segment *segment, WorkerNode *node, uint64_t k);

/* Sends a node at its gate on from boundary k - 1 to k: through the gate, or armed anew if
 * anything was not as it should be. */
void worker_node_go_on(Worker *worker, Segment *segment, WorkerNode *node, uint64_t k);

/* Brings a node from its gate at boundary k to rest and finds where it stands. */
void worker_node_rest(Worker *worker, const Segment *segment, WorkerNode *node, uint64_t k);

/* The worker does not wait for the boundary any longer: stops the node where it is. A node that
 * does not stop has failed. */
void worker_node_halt(Worker *worker, Segment *segment, WorkerNode *node);

/* The node seems to execute nothing: stops it where it is. If that is so, it has failed; else it goes
 * on from there with the next segment. */
void worker_node_examine(Worker *worker, Segment *segment, WorkerNode *node);

/* The node's note, monitor or stub became readable. */
void worker_node_on_note(Worker *worker, Segment *segment, WorkerNode *node);
void worker_node_on_qmp(Worker *worker, Segment *segment, WorkerNode *node);
/* True if the node hit a point. */
bool worker_node_on_stub(Worker *worker, Segment *segment, WorkerNode *node);

/* If the node's guest has left and the node stands, the node is out: true. */
bool worker_node_check_end(Worker *worker, WorkerNode *node);

#endif
