/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schedule.h: runs boots and cases, several at once, each on CPUs of its own. A boot is run when the
 * first case needs it. Runs the main loop until all is over; a SIGINT, SIGTERM or SIGHUP ends the runs
 * that are under way in order, a second one at once.
 */
#ifndef TESTING_SCHEDULE_H
#define TESTING_SCHEDULE_H

#include "controller/testing/collect.h"
#include "controller/testing/plan.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const TestPlan *plan;
    const Collection *collection;
    const char *dir;             /* private folder for what runs leave */
    const GArray *places;        /* of places_new() */
    void (*on_case)(void *data); /* all runs of a case have ended */
    void *data;
} Schedule;

/* Fills the results of all cases. False: it was interrupted. */
bool schedule_run(const Schedule *schedule);

#endif
