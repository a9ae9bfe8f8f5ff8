/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pass.h: one pass of a way back: from a point of the past forward to a place, as it was then, and, if
 * hits are asked for, on from there with points set. Main thread.
 */
#ifndef PAST_PASS_H
#define PAST_PASS_H

#include "controller/past/past.h"
#include "controller/qemu/debug.h"
#include "controller/run/run.h"

/* A hit that a pass has met. */
typedef struct {
    Node *node;      /* NULL: not of a point, at the barrier at `at` */
    Insns insns;     /* the node's count */
    VTime at;        /* in front of the skip of its clock */
    VTime skip;      /* by how much the pass is behind the branch's own run from here on */
    uint64_t pc;     /* of a node's */
    bool watched;    /* a watchpoint was hit */
    DebugHit hit;    /* all of it; of a node's */
    unsigned number; /* of the break; 0: none */
    char *why;       /* owned; NULL: nothing is known */
} PassHit;

/* The vCPU that has hit it; NULL: it is not known. */
const GdbThread *pass_hit_thread(const PassHit *hit);
/* Whether it is a watchpoint's of a gdb alone. */
bool pass_hit_is_of_gdb(const PassHit *hit);

typedef struct {
    const PastPoint *point;
    RunGoal place;
    bool forced; /* also if metronome is to stop */
    bool scans;  /* hits count from the place on, up to `end` */
    VTime end;
    const GdbThread
        *stood;    /* the vCPU of the hit at which they begin; NULL: at none, or not known */
    unsigned most; /* the pass ends behind so many hits */
    /* Sets the points that count, at the place, and takes them out again. */
    bool (*set)(Session *session, bool on, void *data, GError **error);
    /* The pass is over. hits: PassHit, in their order. error: it has failed, or was stopped (NULL). */
    void (*done)(Session *session, const RunOutcome *outcome, GArray *hits, const GError *error,
                 void *data);
    void *data;
} Pass;

typedef struct Passing Passing;

/* Begins a pass, from the main loop. The ensemble is hidden, breaks and points are put aside. done is
 * called once, and may free the Passing or begin the next pass. */
Passing *pass_begin(Session *session, const Pass *pass);
/* Ends it without its callback. NULL is allowed. */
void pass_free(Passing *passing);

#endif
