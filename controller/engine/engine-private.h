/* SPDX-License-Identifier: GPL-3.0-or-later */
/* engine-private.h: what the parts of the engine share: engine.c (nodes, settings, figures),
 * engine-plan.c (from a goal to segments and steps), engine-segment.c (segments, and what belongs to a
 * barrier). */
#ifndef ENGINE_ENGINE_PRIVATE_H
#define ENGINE_ENGINE_PRIVATE_H

#include "controller/engine/engine.h"
#include "controller/engine/hosts.h"

typedef struct {
    Node *node;
    NodeStats stats;
    bool had_left; /* when the run began */
} Member;

typedef struct {
    BarrierObserver func;
    bool looks;
    void *data;
} Observer;

struct Engine {
    Host *host;   /* this one */
    Hosts *hosts; /* and all others */
    VTime quantum, now, max_skip;
    GPtrArray *members; /* Member */
    EnsembleStats stats;
    GArray *observers; /* Observer */
    Fabric *fabric;    /* NULL: no link yet */
    void (*rest_func)(bool at_rest, void *data);
    void *rest_data;
    double pace;
    VTime pace_from; /* the pace counts from here … */
    HTime pace_host; /* … and then */

    /* the run */
    bool running;
    RunGoal goal;
    EngineDoneFunc done;
    void *done_data;
    bool broke, asleep; /* why it ends */
    bool segment_done;  /* a barrier was reached */
    bool stopping;      /* on the way to the barrier where it ends early */
    atomic_bool interrupted, hurry;
    Segment segment;
    GArray *marks; /* SegmentMark */
    bool aligned;  /* the segment's boundaries are barriers of the ensemble */
    GArray *participants;
    StepRequest step;
    unsigned step_index;
};

/* --- engine-plan.c --- */

/* A segment or a step is over: on to the next. */
void engine_plan(Engine *engine);

VTime engine_next_barrier(const Engine *engine);

/* --- engine-segment.c --- */

/* A segment for one node, or for all (only NULL). */
void engine_start_segment(Engine *engine, Node *only, VTime first, uint64_t count, bool aligned);

/* Whole quanta up to a barrier. */
void engine_start_quanta(Engine *engine, VTime to);

#endif
