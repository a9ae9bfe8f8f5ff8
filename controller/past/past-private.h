/* SPDX-License-Identifier: GPL-3.0-or-later */
/* past-private.h: what past.c, checkpoints.c and reverse.c share. */
#ifndef PAST_PAST_PRIVATE_H
#define PAST_PAST_PRIVATE_H

#include "controller/past/past.h"

/* Data of checkpoints that are kept where the user does not say how much. */
#define PAST_KEEP 50

typedef struct Reverse Reverse;

struct Past {
    const PastHooks *hooks;
    GPtrArray *points; /* PastPoint, by time */
    char *why;         /* why it does not reach farther back; NULL: nothing was before */
    VTime every, last; /* checkpoints: how often (0: never), and when the last one was due */
    unsigned keep;
    bool thinning; /* it was said that memory is short */
    struct {       /* the instruction behind which the last search for a write ended */
        const Node *node;
        Insns insns;
        uint64_t address;
    } written;
    Reverse *reverse; /* the way back that is under way; NULL: none is */
};

/* All that happens from here on is kept from the user, who sees where the ensemble stands now. */
void past_hide(Session *session);

/* A point here, without data; and adds it to the past and its trail. */
PastPoint *past_point_new(const Session *session, PastPointKind kind);
void past_add_point(Session *session, PastPoint *point);

/* checkpoints.c: goes on from a point that was thinned out, whose data is there again then. */
bool past_fill(Session *session, PastPoint *point, GError **error);
/* TrailHooks.next_save and make_save. */
VTime past_next_checkpoint(const Session *session);
bool past_make_checkpoint(Session *session, GError **error);

#endif
