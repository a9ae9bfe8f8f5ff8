/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.h: lets the ensemble advance to a goal and decides with which segments: whole quanta up to
 * the last boundary before the goal, then one shorter segment to the goal's microsecond, then
 * single steps. local-host.h drives the nodes themselves.
 *
 * The ensemble's time is the time that all nodes have reached. Each node's own clock is at its
 * epoch plus the ensemble's time, or a little farther if the node was idle. Main thread only.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "controller/engine/local-host.h"
#include "controller/engine/stats.h"

#define ENGINE_MAX_QUANTUM_NS (1000 * NS_PER_S)

typedef struct Engine Engine;

/* `host` is the local host. The caller keeps it and frees it after engine_free(). */
Engine *engine_new(LocalHost *host);
void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

/* The quantum is a whole number of µs from 1us to ENGINE_MAX_QUANTUM_NS. Boundaries are
 * multiples of the quantum. */
bool engine_set_quantum(Engine *engine, VTime quantum, GError **error);
VTime engine_quantum(const Engine *engine);

/* Longest skip of the clock at a breakpoint that is hit, for nodes with sleep=off (debug.h). The
 * skip is a whole number of µs. The shorter the skip, the slower run nodes with breakpoints. */
bool engine_set_max_skip(Engine *engine, VTime skip, GError **error);
VTime engine_max_skip(const Engine *engine);
/* Virtual µs between the brakes of a node with points: a part of the quantum, so that the brakes are the
 * same wherever between two barriers the node was stopped. At most the longest skip, or the next part of
 * the quantum where all parts that are not longer are much shorter. */
int64_t engine_grain_us(const Engine *engine);

/* A paused node joins at the ensemble's present time. The caller still owns the node. */
void engine_add(Engine *engine, Node *node);
/* The node leaves the ensemble. The node's gate is removed from an attached QEMU. */
bool engine_remove(Engine *engine, Node *node, GError **error);

/* Closes the gate of a node that stands, as its process is about to end. The node's next run makes
 * another gate. */
void engine_drop_gate(Node *node);

/* The ensemble's virtual time; during a run, the time of the last barrier. */
VTime engine_now(const Engine *engine);
bool engine_running(const Engine *engine);

/* Whether all nodes stand at engine_now() and none is ahead of it. */
bool engine_stands_together(const Engine *engine);

/* Reads the rough clocks of all nodes completely, before they are shown or compared. Main
 * thread, the nodes at rest. */
void engine_settle_clocks(const Engine *engine);

/* Time goal of a run without a goal, in ns. */
#define RUN_FOR_EVER (INT64_MAX / 2)

typedef struct {
    VTime time;  /* ensemble time, absolute: the run ends here at the latest */
    Node *node;  /* not NULL: the run ends before that once this node has … */
    Insns insns; /* … executed so many instructions, absolute */
    bool alone;  /* the run ends (RUN_TIME_UP) where the other nodes would have to move for that */
    bool step;   /* each of these instructions is a single step */
    int vcpu;    /* of this vCPU; -1: of the vCPU whose turn it is */
    StepManner manner;
    /* If not NULL: all nodes stop at every barrier, their clocks are read, and this function is
     * called. True ends the run. Costs some ms a barrier. */
    bool (*at_rest)(void *data);
    void *at_rest_data;
    bool stop_on_exit; /* end when a guest leaves, unless its node's options say otherwise */
    Node *exits; /* end when this node's guest leaves, whatever its options; NULL: no such node */
} RunGoal;

typedef enum {
    RUN_REACHED, /* the ensemble stands at the goal */
    RUN_TIME_UP, /* goal with a node: `time` came before its instructions */
    RUN_STOPPED, /* stands at a barrier before the goal: interrupted, or a console matched */
    RUN_BROKE,   /* a node hit a point (debug_hit()); the others stand at their next barrier */
    RUN_ASLEEP,  /* the vCPU to be stepped waits for an interrupt */
    RUN_EXITED,  /* a guest has left, for example by powering off (stop_on_exit, exits) */
    RUN_FAILED,  /* a node failed; the others are held at their barrier */
    RUN_EMPTY,   /* no node (or none any more) can run */
} RunEnd;

/* error: the reason of RUN_FAILED; the engine owns it. */
typedef void (*EngineDoneFunc)(RunEnd end, const GError *error, void *data);

/* Starts a run towards the goal and returns. `done` is called from the main loop, exactly once. */
void engine_run(Engine *engine, const RunGoal *goal, EngineDoneFunc done, void *data);

/* The barrier at this time, or the last one before it. */
VTime engine_barrier_at(const Engine *engine, VTime time);
/* The first one behind engine_now(). */
VTime engine_next_barrier(const Engine *engine);
/* The last barrier before which the node can't have executed so many instructions (absolute). */
VTime engine_barrier_before(const Engine *engine, Node *node, Insns insns);

/* The way that a hit has broken off: a run with this goal, limited to behind the hit's place, takes the
 * nodes the same way as those that were not hit have gone, from the barrier before. */
RunGoal engine_broken_way(const Engine *engine);

/* Ends the run at the next barrier. Single steps end where they are. */
void engine_interrupt(Engine *engine);

/* Ends the run without waiting for the next barrier: stops the nodes where they are. A node that
 * does not answer then has failed. The run ends as one that broke off. */
void engine_hurry(Engine *engine);
bool engine_hurried(const Engine *engine);

/* `func` is called in the main thread when the nodes are given to the workers (false) and when
 * they are back (true). */
void engine_on_rest(Engine *engine, void (*func)(bool at_rest, void *data), void *data);

/* Begins at time 0 again with all nodes where their clocks are now: they were started anew. The
 * figures begin at 0. */
void engine_restart(Engine *engine);

/* Writes the ensemble's time, quantum and figures; the ensemble stands and its clocks are settled.
 * engine_load() reads them; nothing is changed if the reader becomes bad. */
void engine_save(const Engine *engine, GByteArray *out);
void engine_load(Engine *engine, Reader *r);
/* The same of one node: its place in the ensemble's time and its figures. */
void engine_save_node(const Engine *engine, const Node *node, GByteArray *out);
void engine_load_node(Engine *engine, Node *node, Reader *r);

/* Limits the virtual time of runs to `pace` times host time (1: real time) by waiting at
 * barriers. 0: no limit. */
void engine_set_pace(Engine *engine, double pace);

/* Where the run is to end, as far as known. */
VTime engine_goal(const Engine *engine);

const EnsembleStats *engine_stats(const Engine *engine);
/* One node's figures; NULL if the node is not in the engine. */
const NodeStats *engine_node_stats(const Engine *engine, const Node *node);
/* engine_missed(): missed boundaries of all nodes. engine_violations(): missed boundaries of the
 * nodes with icount, and their overshot stops unless their host schedules at best effort. */
uint64_t engine_missed(const Engine *engine);
uint64_t engine_violations(const Engine *engine);

/* `fabric` moves frames between the nodes' cards (fabric/fabric.h). The caller keeps it. NULL:
 * no fabric. */
void engine_set_fabric(Engine *engine, Fabric *fabric);

/* One barrier as observers see it while all nodes stand there. */
typedef struct {
    uint64_t number;
    VTime time;
    const Participant *participants;
    unsigned n_participants;
    bool met;      /* the nodes waited for each other; false within a grant of several hosts */
    HTime granted; /* if met: when the quantum or grant began */
    HTime last;    /* if met: when the last node arrived */
} BarrierView;

/* Called at every barrier in the thread that completes the barrier; must be quick. Returns true
 * to end the run here. The end may take one more quantum if an idle node is too far ahead
 * already. `looks`: the observer never returns true, so remote hosts may be granted several
 * quanta at once. */
typedef bool (*BarrierObserver)(const BarrierView *view, void *data);
void engine_observe(Engine *engine, BarrierObserver observer, bool looks, void *data);
void engine_unobserve(Engine *engine, BarrierObserver observer);

#endif
