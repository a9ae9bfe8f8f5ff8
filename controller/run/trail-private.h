/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trail-private.h: what the parts of the trail share: trail.c has the items, trail-hits.c the hits of
 * points, trail-brakes.c their brakes, trail-give.c gives what came from outside, trail-plan.c leads from item to item. */
#ifndef RUN_TRAIL_PRIVATE_H
#define RUN_TRAIL_PRIVATE_H

#include "controller/run/trail.h"

/* Where a node with points stood when a piece began. */
typedef struct {
    const Node *node;
    Insns insns;
    VTime at;
    bool alone;
    bool at_hit;     /* of before */
    GdbThread stood; /* the vCPU at it; tid 0: none, or not known */
} TrailStart;

typedef struct {
    Node *node;
    int64_t us;
} TrailBrakes;

struct Trail {
    const TrailHooks *hooks;
    GPtrArray *items; /* TrailItem */
    unsigned cursor;
    unsigned limit; /* items from this one on are not given */
    bool skip_hits;
    bool steps_run; /* the present run makes single steps as the branch's own run */
    bool astray;    /* the ensemble stands where the branch's own run has not stopped */
    VTime front;    /* the branch is known up to here */
    bool giving;    /* an item is being given again: what the journal gets is not new */
    GArray *brakes; /* TrailBrakes of the branch, here */
    GArray *starts; /* TrailStart: where nodes with points stood when the present piece began */
    VTime started;  /* the ensemble's time then */
    unsigned group; /* TrailItem.group of the last hits, noted or given again */
    bool again;     /* the present piece leads to that group */
    TrailItem *way; /* the piece under way leads to it; NULL: to none */
};

/* --- trail.c --- */

static inline TrailItem *trail_next(const Trail *t)
{
    return t->cursor < t->items->len ? t->items->pdata[t->cursor] : NULL;
}

/* Behind the items of the place of the next one: hits of one piece are of one. */
unsigned trail_place_end(const Trail *trail);

static inline bool trail_is_steps(const TrailItem *item)
{
    return item->kind == TRAIL_INPUT && item->entry->kind == JOURNAL_STEPS;
}

/* By how much a node that stands with the others may be ahead of their time. */
int64_t trail_slack_ns(const Node *node);
/* Whether the node has gone ahead of the others. */
bool trail_is_alone(const Session *session, const Node *node);

/* An item at the node's place, now; NULL: at the ensemble's. */
TrailItem *trail_item_here(const Session *session, int kind, Node *node);

/* Adds the items, which are of one place; takes them over. */
void trail_add(Session *session, TrailItem *const *items, unsigned n);

/* --- trail-brakes.c --- */

/* The item is past. */
void trail_pass_brakes(Trail *trail, const TrailItem *item);
/* Brakes the clocks of nodes as the branch's own run did; behind its end notes as what they are braked. */
void trail_set_brakes(Session *session);

/* --- trail-hits.c --- */

/* The ensemble stands where the way to the group of hits at the cursor begins: sets their points. The
 * goal is the way that they broke off, up to behind them: the others went as far, whatever is the run's. */
bool trail_towards_hits(Session *session, RunGoal *goal, GError **error);
/* The piece to the group has ended. *hit, and false: as trail_arrived(). */
bool trail_arrived_at_hits(Session *session, bool *hit, GError **error);

/* --- trail-give.c --- */

/* Gives again what came from outside. */
bool trail_give_input(Session *session, const TrailItem *item, GError **error);

#endif
