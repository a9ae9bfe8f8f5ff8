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

/* to: zeros, or a copy, which is freed. */
void pass_hit_copy(PassHit *to, const PassHit *hit);
/* The vCPU that has hit it; NULL: it is not known. */
const GdbThread *pass_hit_thread(const PassHit *hit);
/* Whether the node may have several vCPUs, which take turns: another one behind a stop between two barriers. */
bool pass_takes_turns(const Node *node);
/* Whether it is a watchpoint's of a gdb alone. */
bool pass_hit_is_of_gdb(const PassHit *hit);
/* By how much a pass is behind the branch's own run behind its first n hits (PassHit), at most. */
VTime pass_drift(const GArray *hits, unsigned n);

typedef struct {
    const PastPoint *point;
    RunGoal place;
    VTime early; /* of a node's place: as in Route */
    bool forced; /* also if metronome is to stop */
    bool scans;  /* hits count from the place on, up to `end` of the branch's own run */
    VTime end;
    unsigned
        items; /* of the trail, which are in front of the end: no other is given from the place on */
    /* Where a node stands at the place: */
    enum {
        PASS_FREE,   /* what it is at counts */
        PASS_MEETS,  /* the same, but met there at once: its clock does not skip */
        PASS_BEHIND, /* it is behind its hit */
    } start;
    bool has_stood; /* the vCPU of the hit at the place is known */
    GdbThread stood;
    VTime grain;   /* the longest skip of a clock at a hit, from the place on, in whole µs */
    unsigned most; /* the pass ends behind so many hits */
    /* Whether a hit is before the end; the first one that is not ends the pass, and is not told of. */
    bool (*counts)(const PassHit *hit, void *data);
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
/* Behind it: whether it has ended by itself, behind the most hits or at one that does not count. */
bool pass_is_over(const Passing *passing);
/* The time of the node of its place, else of the ensemble, from which hits were counted. */
VTime pass_arrival(const Passing *passing);
/* PASS_MEETS: whether its first hit is that at the place. */
bool pass_has_met(const Passing *passing);
/* Ends it without its callback. NULL is allowed. */
void pass_free(Passing *passing);

#endif
