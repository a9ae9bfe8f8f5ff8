/* SPDX-License-Identifier: GPL-3.0-or-later */
/* worker-private.h: what the parts of a worker share: worker.c (thread, quanta), worker-node.c
 * (one node). */
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

/* A node in a segment. */
typedef struct {
    Participant *participant;
    Node *node;
    Place place;
    Insns left;     /* its count when it left its last rest */
    uint64_t k;     /* the boundary that it was last sent to */
    bool once;      /* its tick is good for that boundary alone */
    bool approach;  /* its tick is ahead of that boundary */
    bool half_way;  /* its tick is where a card needs it to stop before that boundary */
    GatePlan trial; /* if it is one, else .tries is false */
    bool rearm;     /* stop and arm it before it goes on, … */
    bool slept;     /* … as it was idle at the boundary, and slept too long */
    Freeze freeze;
    bool judged; /* that it ran past its boundary is counted already */
} WorkerNode;

struct Worker {
    int cpu;
    SchedMode sched;
    GThread *thread;
    SegmentPatience patience;

    GMutex lock;
    GCond wake;
    bool quit, has_job;
    Segment *segment; /* or: */
    void (*func)(void *);
    void *arg;
    WorkerDoneFunc done;
    void *done_data;

    /* of the present segment */
    int epoll_fd;
    WorkerNode *nodes;
    unsigned n_nodes, running;
    bool lost_one; /* a node failed since the last rendezvous */
    VTime until;   /* end of the present quantum */
    HTime looked;  /* when consoles of running nodes were drained last */
    Quanta quanta; /* the last ones */
    VcpuBoost boost;
};

/* Takes over the error: the node has failed, or its guest made QEMU exit. */
void worker_node_fail(Worker *worker, WorkerNode *node, GError *error);

/* A node at rest goes on to boundary k, unless it stands there or farther already. */
void worker_node_resume(Worker *worker, Segment *segment, WorkerNode *node, uint64_t k);

/* One at its gate goes on from boundary k - 1 to k: through it, or where anything was not as it
 * should be, armed anew. */
void worker_node_go_on(Worker *worker, Segment *segment, WorkerNode *node, uint64_t k);

/* From its gate at boundary k to rest, its clock read. */
void worker_node_rest(Worker *worker, const Segment *segment, WorkerNode *node, uint64_t k);

/* Nobody waits for the boundary any longer: the node is stopped where it is, or fails. */
void worker_node_halt(Worker *worker, Segment *segment, WorkerNode *node);

/* Its note, its monitor, its stub became readable. */
void worker_node_on_note(Worker *worker, Segment *segment, WorkerNode *node);
void worker_node_on_qmp(Worker *worker, Segment *segment, WorkerNode *node);
/* True if a point was hit. */
bool worker_node_on_stub(Worker *worker, Segment *segment, WorkerNode *node);

/* If its guest has left and it stands, it is out. */
bool worker_node_take_end(Worker *worker, WorkerNode *node);

#endif
