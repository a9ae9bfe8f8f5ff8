/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.h: lets the ensemble advance to a goal and decides with which segments: whole quanta up to the
 * last boundary before the goal, one shorter segment to the goal's microsecond, single steps for the
 * rest. The nodes themselves are driven by host.h.
 *
 * The ensemble's time is what all nodes have reached; each node's own clock is at its epoch plus
 * that, or a little farther where it was idle. Main thread only.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "controller/engine/host.h"
#include "controller/engine/stats.h"

#define ENGINE_MAX_QUANTUM_NS (1000 * NS_PER_S)

typedef struct Engine Engine;

/* Does not take over the host, which is this one. */
Engine *engine_new(Host *host);
void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

/* A whole number of µs, 1us to ENGINE_MAX_QUANTUM_NS. Boundaries are its multiples. */
bool engine_set_quantum(Engine *engine, VTime quantum, GError **error);
VTime engine_quantum(const Engine *engine);

/* How far a breakpoint that is hit may move the clock of a node with sleep=off (debug.h): whole µs;
 * the less, the slower the nodes with breakpoints. */
bool engine_set_max_skip(Engine *engine, VTime skip, GError **error);
VTime engine_max_skip(const Engine *engine);

/* A paused node joins at the ensemble's present time; the engine does not own it. */
void engine_add(Engine *engine, Node *node);
/* It leaves; its gate is removed from an attached QEMU. */
bool engine_remove(Engine *engine, Node *node, GError **error);

/* The ensemble's virtual time; while it runs, that of the last barrier. */
VTime engine_now(const Engine *engine);
bool engine_running(const Engine *engine);

/* All stand at engine_now(), and none is ahead of it. */
bool engine_stands_together(const Engine *engine);

/* All nodes' clocks become known as a whole, before they are shown or compared. In the main thread,
 * the nodes at rest. */
void engine_settle_clocks(const Engine *engine);

/* A run that has no goal of its own. */
#define RUN_FOR_EVER (INT64_MAX / 2)

typedef struct {
    VTime time;  /* up to here, absolute in the ensemble's time, or … */
    Node *node;  /* … if not NULL, at the latest; before, until this node has executed … */
    Insns insns; /* … so many instructions, … */
    bool step;   /* … every one of them a single step of … */
    int vcpu;    /* … this vCPU (-1: whose turn it is) … */
    StepManner manner;
    /* If not NULL: all stop at every barrier, their clocks are read, and this is called; true ends
     * the run. Costs some ms a barrier. */
    bool (*at_rest)(void *data);
    void *at_rest_data;
    bool stop_on_exit; /* end when a guest leaves, unless its node says otherwise */
    Node *exits;       /* end when this one's does, whatever its node says; NULL: none */
} RunGoal;

typedef enum {
    RUN_REACHED, /* stands at the goal */
    RUN_TIME_UP, /* with a node: its instructions were not reached before `time` */
    RUN_STOPPED, /* stands at a barrier before it: interrupted, or a console matched */
    RUN_BROKE,   /* a node has hit a point (debug_hit()); the others stand at their next barrier */
    RUN_ASLEEP,  /* the vCPU that is to be stepped waits for an interrupt */
    RUN_EXITED,  /* a guest has left, such as by powering off (stop_on_exit) */
    RUN_FAILED,  /* a node failed; the others are held at their barrier */
    RUN_EMPTY,   /* there is no node (left) that could run */
} RunEnd;

/* error: why, for RUN_FAILED; the engine's. */
typedef void (*EngineDoneFunc)(RunEnd end, const GError *error, void *data);

/* Starts towards the goal and returns; done is called from the main loop, exactly once. */
void engine_run(Engine *engine, const RunGoal *goal, EngineDoneFunc done, void *data);

/* Ends the run at the next barrier; single steps where they are. */
void engine_interrupt(Engine *engine);

/* The next barrier does not come soon enough: nodes are stopped where they are; one that does not
 * answer then has failed. The run ends as one that broke off. */
void engine_hurry(Engine *engine);
bool engine_hurried(const Engine *engine);

/* func is told when the nodes are given to the workers, and when they are back; in the main thread.
 */
void engine_on_rest(Engine *engine, void (*func)(bool at_rest, void *data), void *data);

/* Holds the virtual time of runs to `pace` times the host's (1: real time), by waiting at barriers;
 * 0: as fast as it goes. */
void engine_set_pace(Engine *engine, double pace);

/* Where the run is to end, as far as it is known. */
VTime engine_goal(const Engine *engine);

const EnsembleStats *engine_stats(const Engine *engine);
/* A node's; NULL for one that is not in the engine. */
const NodeStats *engine_node_stats(const Engine *engine, const Node *node);
/* Missed boundaries and overshot stops of nodes whose mode promises none. */
uint64_t engine_missed(const Engine *engine);
uint64_t engine_violations(const Engine *engine);

/* Moves frames between the nodes' cards (fabric/fabric.h); not taken over. NULL for none. */
void engine_set_fabric(Engine *engine, Fabric *fabric);

/* One barrier, seen while all nodes stand at it. */
typedef struct {
    uint64_t number;
    VTime time;
    const Participant *participants;
    unsigned n_participants;
    bool met;      /* they waited for it: no barrier within a grant of other hosts */
    HTime granted; /* if met: when the quantum or grant began … */
    HTime last;    /* … and when the last one arrived */
} BarrierView;

/* Called at every barrier, in the thread that completes it; must be quick. True: the run is to end
 * here. Which may take one more quantum where an idle node was let go too far already. `looks`: it
 * never says true, so that other hosts may be granted several quanta at once. */
typedef bool (*BarrierObserver)(const BarrierView *view, void *data);
void engine_observe(Engine *engine, BarrierObserver observer, bool looks, void *data);
void engine_unobserve(Engine *engine, BarrierObserver observer);

#endif
