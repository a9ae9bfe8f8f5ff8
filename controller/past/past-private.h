/* SPDX-License-Identifier: GPL-3.0-or-later */
/* past-private.h: what past.c and reverse.c share. */
#ifndef PAST_PAST_PRIVATE_H
#define PAST_PAST_PRIVATE_H

#include "controller/past/past.h"

typedef struct Reverse Reverse;

struct Past {
    const PastHooks *hooks;
    GPtrArray *points; /* PastPoint, by time */
    char *why;         /* why it does not reach farther back; NULL: nothing was before */
    VTime every, last; /* checkpoints: how often (0: never), and when the last one was due */
    unsigned keep;
    bool thinning;    /* it was said that memory is short */
    Reverse *reverse; /* the way back that is under way; NULL: none is */
};

#endif
