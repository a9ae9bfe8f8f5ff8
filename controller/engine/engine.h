/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.h: lets the ensemble advance to a goal and decides with which legs: whole quanta up to the
 * last boundary before the goal, one shorter leg to the goal's microsecond, single steps for the
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

/* Does not take over the host. */
Engine *engine_new(Host *host);
void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

/* A whole number of µs, 1us to ENGINE_MAX_QUANTUM_NS. Boundaries are its multiples. */
bool engine_set_quantum(Engine *engine, VTime quantum, GError **error);
VTime engine_quantum(const Engine *engine);

/* A paused node joins at the ensemble's present time; the engine does not own it. */
void engine_add(Engine *engine, Node *node);
/* It leaves; its gate is removed from an attached QEMU. */
bool engine_remove(Engine *engine, Node *node, GError **error);

/* The ensemble's virtual time; while it runs, that of the last barrier. */
VTime engine_now(const Engine *engine);
bool engine_running(const Engine *engine);

typedef struct {
    VTime time;  /* up to here, absolute in the ensemble's time, or … */
    Node *node;  /* … if not NULL: until this node has executed … */
    Insns insns; /* … so many instructions */
} RunGoal;

typedef enum {
    RUN_REACHED, /* stands at the goal */
    RUN_STOPPED, /* stands at a barrier before it: interrupted, or a console matched */
    RUN_FAILED,  /* a node failed; the others are held at their barrier */
    RUN_EMPTY,   /* there is no node (left) that could run */
} RunEnd;

/* error: why, for RUN_FAILED; the engine's. */
typedef void (*EngineDoneFunc)(RunEnd end, const GError *error, void *data);

/* Starts towards the goal and returns; done is called from the main loop, exactly once. */
void engine_run(Engine *engine, const RunGoal *goal, EngineDoneFunc done, void *data);

/* Ends the run at the next barrier. */
void engine_interrupt(Engine *engine);

/* Virtual seconds that may pass in a host second; 0: as fast as it goes. */
void engine_set_pace(Engine *engine, double pace);

/* Where the run is to end, as far as it is known. */
VTime engine_goal(const Engine *engine);

const EnsembleStats *engine_stats(const Engine *engine);
/* A node's; NULL for one that is not in the engine. */
const NodeStats *engine_node_stats(const Engine *engine, const Node *node);
/* Missed boundaries and overshot stops of nodes whose mode promises none. */
uint64_t engine_missed(const Engine *engine);
uint64_t engine_violations(const Engine *engine);

/* One barrier, seen while all nodes stand at it. */
typedef struct {
    uint64_t number;
    VTime time;
    const Slot *slots;
    unsigned n_slots;
    HTime last; /* when the last one arrived */
} BarrierView;

/* Called in a lane's thread at every barrier; must be quick. NULL for none. */
typedef void (*BarrierObserver)(const BarrierView *view, void *data);
void engine_observe(Engine *engine, BarrierObserver observer, void *data);

#endif
