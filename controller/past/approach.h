/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * approach.h: from a point of the past to a place, as the run went then.
 *
 * The time at which a node had executed so many instructions is not known. To look for it as a run
 * forward does (engine-plan.c), never past it, takes thousands of short segments where the node is idle
 * most of the time, since it might wake up in any of them. Here time may be run past: whoever is too
 * far goes back to the point, and on to the last barrier that was not. Main thread.
 */
#ifndef PAST_APPROACH_H
#define PAST_APPROACH_H

#include "controller/past/past.h"
#include "controller/run/run.h"

typedef struct {
    const PastPoint *point;
    RunGoal place;
    VTime
        early; /* of a node's place: it comes behind this time, most likely; 0: nothing is known */
} Route;

typedef struct Approach Approach;

/* Puts the ensemble back to the point, with breaks and points of gdbs put aside, and runs to the place.
 * From the main loop. done is called once, as by run_start(), but with NULL if metronome is to stop. NULL,
 * with an error: it has not begun. Free with approach_free(), also from done. */
Approach *approach_begin(Session *session, const Route *route, RunDoneFunc done, void *data,
                         GError **error);
/* Ends it without its callback. NULL is allowed. */
void approach_free(Approach *approach);

#endif
