/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trail.h: all that makes the present branch of a run this one and no other: what came from outside,
 * saves, hits of points, which move clocks, and the brakes of nodes with points, which end the slices of
 * their vCPUs. Each is at a place, so that whoever runs from an
 * earlier point of the branch gives it again there: run.c does for every run.
 *
 * Behind a way back a part of the trail lies in the future. The first thing from outside that is not
 * given again ends that future: it is a new branch. Main thread.
 */
#ifndef RUN_TRAIL_H
#define RUN_TRAIL_H

#include "controller/session/journal.h"
#include "controller/session/session.h"
#include "gdbstub-client/gdbstub.h"

#include <limits.h>

typedef struct Trail Trail;

/* What the layers above do for the trail. */
typedef struct {
    /* Carries out a command of the journal, which adds its own entry. */
    bool (*command)(Session *session, char *const *words, GError **error);
    /* The run passes the save again: the ensemble goes on in restored machines. */
    bool (*pass_save)(Session *session, void *save, GError **error);
    /* The save is no part of the branch any more. */
    void (*drop_save)(Session *session, void *save);
    /* Puts the ensemble back to the last save before now, so that the run goes past here without a
     * stop. */
    bool (*take_up)(Session *session, GError **error);
    /* The time at which the run is to make a save by itself; RUN_FOR_EVER: never. */
    VTime (*next_save)(const Session *session);
    bool (*make_save)(Session *session, GError **error);
} TrailHooks;

/* Begins an empty trail, here. hooks must outlive it. */
void trail_begin(Session *session, const TrailHooks *hooks);
void trail_free(Session *session);

/* How many items the trail has, and how many of them are past. */
unsigned trail_count(const Session *session);
unsigned trail_cursor(const Session *session);
/* The ensemble was put back to a save, in front of which there are so many items: the others are its
 * future. */
void trail_put_back(Session *session, unsigned cursor);
/* The future ends here. */
void trail_cut(Session *session);
/* Whether a part of the trail lies in the future. */
bool trail_replays(const Session *session);

/* Hits are not given again from now on: the points that are set make others. */
void trail_skip_hits(Session *session, bool skip);
/* The items from this one on are not given: the run goes past their places, and is thrown away.
 * TRAIL_NO_LIMIT: all are given. */
#define TRAIL_NO_LIMIT UINT_MAX
void trail_limit(Session *session, unsigned items);

/* Whether the ensemble stands where the branch's own run has not stopped. */
bool trail_is_astray(const Session *session);

/* Adds a save that is made now. */
void trail_add_save(Session *session, void *save);

/* An item of the trail. */
typedef struct {
    enum { TRAIL_INPUT, TRAIL_PLACE, TRAIL_RUN, TRAIL_HIT, TRAIL_BRAKES, TRAIL_SAVE } kind;
    VTime time;       /* of the ensemble, up to where its nodes stood together */
    const Node *node; /* NULL: it concerns the ensemble */
    bool alone;       /* the node was ahead of the others: at `insns`, not at `time` */
    VTime from;  /* where it is; TRAIL_HIT: the node's time in front of the skip of its clock */
    VTime until; /* TRAIL_RUN: it ended here at the latest; else where `node` has `insns` */
    Insns insns; /* the node's count; TRAIL_HIT with `alone`: where the way to the hit began */
    VTime after; /* TRAIL_RUN: the ensemble's time at its end; TRAIL_HIT: behind the skip */
    int64_t
        brakes_us; /* TRAIL_BRAKES: from here on the node's clock has one every so many µs; 0: none */
    JournalEntry *entry; /* TRAIL_INPUT; owned */
    void *save;          /* TRAIL_SAVE */

    /* TRAIL_HIT: */
    unsigned group; /* of the hits of one piece; 0: no hit */
    Insns hit;      /* the node's count there */
    GdbThread
        stood;    /* the vCPU at a hit where the way to it began; tid 0: none was, or not known */
    RunGoal way;  /* engine_broken_way() */
    bool set;     /* the point is set: the piece under way leads to it */
    bool watched; /* else `address` is that of the instruction */
    bool behind;  /* debug_add_access() */
    unsigned type;
    uint64_t address;
} TrailItem;

const TrailItem *trail_item(const Session *session, unsigned index);

/* --- for run.c --- */

/* Before a run: where the ensemble stands astray, and no break may stop it, the branch's own run is
 * taken up in front of here. stays: the run has to begin here. */
bool trail_take_up(Session *session, bool stays, GError **error);
/* Single steps in what is known of the branch are made as the branch's own run, and are nothing that
 * comes from outside. */
void trail_take_steps(Session *session, RunGoal *goal);
/* Behind a piece that went from there to the goal: notes where it stopped. again: as part of a way
 * back, which adds nothing to the branch. */
void trail_note_piece(Session *session, const RunGoal *goal, VTime from, bool again);
/* Behind a run: the branch is known up to here. */
void trail_note_end(Session *session);
/* Before a piece of a run: notes where nodes with points stand, and what brakes their clocks; or brakes them
 * as then. */
void trail_note_start(Session *session);
/* Behind a piece that ended with a hit: notes it. */
void trail_note_hits(Session *session);

typedef enum {
    TRAIL_FREE, /* the piece goes to *goal, which may be nearer now */
    TRAIL_WAY,  /* the piece goes to *goal, a place of the trail's; trail_arrived() comes next */
} TrailMove;

/* Before each piece: gives what is due where the ensemble stands, and chooses how far the next piece
 * goes. goal: that of the run. False, with an error: something could not be given. */
bool trail_plan(Session *session, RunGoal *goal, TrailMove *move, GError **error);

/* The piece of TRAIL_WAY has ended. *hit: it was at a hit, whose points may belong to others as well.
 * False, with an error: the run does not repeat itself. */
bool trail_arrived(Session *session, RunEnd end, bool *hit, GError **error);

#endif
