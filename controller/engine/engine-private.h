/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine-private.h: what the files of the engine share: engine.c (nodes, settings, figures),
 * engine-plan.c (from a goal to segments and steps) and engine-segment.c (segments and the work
 * at their barriers).
 */
#ifndef ENGINE_ENGINE_PRIVATE_H
#define ENGINE_ENGINE_PRIVATE_H

#include "controller/engine/all-hosts.h"
#include "controller/engine/engine.h"

typedef struct {
    Node *node;
    NodeStats stats;
    bool had_left; /* the guest had left when the run began */
} Member;

typedef struct {
    BarrierObserver func;
    bool looks;
    void *data;
} Observer;

struct Engine {
    LocalHost *host; /* the local host */
    AllHosts *hosts; /* the local host and all remote ones */
    VTime quantum, now, max_skip;
    GPtrArray *members; /* Member */
    EnsembleStats stats;
    GArray *observers; /* Observer */
    Fabric *fabric;    /* NULL: there is no link yet */
    void (*rest_func)(bool at_rest, void *data);
    void *rest_data;
    double pace;
    VTime pace_from; /* ensemble time from which the pace counts */
    HTime pace_host; /* host time from which the pace counts */

    /* The present run: */
    bool running;
    RunGoal goal;
    RunGoal way; /* of the last segment or step before a hit */
    EngineDoneFunc done;
    void *done_data;
    bool broke, asleep; /* reasons for the run to end */
    bool segment_done;  /* the last segment ended at a barrier */
    bool owes_failure;  /* a node left badly in a run that ended with a point (on-exit=fail) */
    bool stopping;      /* the run ends early: on the way to the barrier where it ends */
    atomic_bool interrupted, hurry;
    Segment segment;
    GArray *marks; /* SegmentMark */
    bool aligned;  /* the segment's boundaries are barriers of the ensemble */
    GArray *participants;
    StepRequest step;
    unsigned step_index;
};

/* --- engine-plan.c --- */

/* A segment or a step is over: chooses the next one, or ends the run. */
void engine_plan(Engine *engine);

/* A segment or a step begins: of one node, or (NULL) of all nodes up to this time. */
void engine_note_way(Engine *engine, const Node *only, VTime to);

/* --- engine-segment.c --- */

/* Starts a segment for one node (`only`) or for all nodes (NULL). first: its first boundary;
 * count: its boundaries; aligned: they are barriers of the ensemble. */
void engine_start_segment(Engine *engine, Node *only, VTime first, uint64_t count, bool aligned);

/* Starts a segment of whole quanta up to the barrier `to`, or a part of them. */
void engine_start_quanta(Engine *engine, VTime to);

#endif
