/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search-private.h: what search.c, which goes through the past, and narrow.c, which goes from hit to hit,
 * share. */
#ifndef PAST_SEARCH_PRIVATE_H
#define PAST_SEARCH_PRIVATE_H

#include "controller/past/search.h"

/* Hits behind which a pass ends: it is far behind the branch's own run by then. */
#define SEARCH_MOST_HITS 100

/* A node's hit is before this count of its instructions. */
typedef struct {
    Insns insns;
    bool is_now; /* else an access that was made there counts as well */
} SearchBound;

struct Search {
    Session *session;
    bool (*set)(Session *session, bool on, void *data, GError **error);
    bool for_gdb;
    SearchDoneFunc done;
    void *data;

    VTime now;        /* of the ensemble, when the search began */
    bool ahead;       /* nodes were ahead of that: what happened at its barrier is before now */
    GArray *bounds;   /* SearchBound of each node: nothing from there on is looked for */
    unsigned stretch; /* index of the point with which the present stretch begins */
    int64_t width;    /* of the part that was looked at first, or last */
    VTime from,
        end; /* the part of it that is looked at, without a hit yet; the hit is before the end */
    unsigned items; /* of the trail in front of the stretch's end */

    /* Where the present pass begins to count: */
    RunGoal place;
    int start;      /* Pass.start */
    VTime near;     /* the place is not behind it */
    VTime early;    /* and most likely not before it */
    bool has_stood; /* the vCPU of the hit at the place is known */
    GdbThread stood;
    unsigned chain; /* passes that have met the next hit only */
    int64_t stride; /* instructions that the last guess has left out */
    Insns low;      /* place.node: the last one that is known to be too early */

    PassHit best; /* known exactly */
    bool has_best;
    PassHit seen; /* of a node with several vCPUs, which passes that began later may have missed */
    bool has_seen;
    unsigned passes;
    Passing *passing;
};

/* What is known of a node; NULL: it came later. */
SearchBound *search_bound(const Search *search, const Node *node);
void search_set_best(Search *search, const PassHit *hit);
void search_best_clear(Search *search);
/* The next pass is to begin to count at this time. */
void search_begin_at(Search *search, VTime time);
/* How far behind the time at which the nodes were to stop they may stand, at most. */
int64_t search_overshoot_ns(const Search *search);
/* Chooses where the next pass begins to count, behind one that had these hits (not empty), or none though
 * something was hit in front of its place. False: the best hit is the last one. */
bool search_narrow(Search *search, const GArray *hits);
bool search_narrow_empty(Search *search);

#endif
