/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search.h: finds the last hit before now, by passes over the stretches between the points of the past,
 * the last one first.
 *
 * A hit moves the clock of a node that does not sleep, so from the first hit on a pass is a little
 * behind the branch's own run. So only the first hit of a pass is known exactly. What comes behind it
 * tells where the next pass has to begin to count. Main thread.
 */
#ifndef PAST_SEARCH_H
#define PAST_SEARCH_H

#include "controller/past/pass.h"

typedef struct Search Search;

/* hit: the last one, or NULL: there is none. error: the search has failed; or it was interrupted (also
 * NULL, and stopped). */
typedef void (*SearchDoneFunc)(Session *session, const PassHit *hit, bool stopped,
                               const GError *error, void *data);

/* Begins to search; set: as in Pass; for_gdb: as in ReverseGoal. All of it is asynchronous. Free with search_free(). */
Search *search_begin(Session *session,
                     bool (*set)(Session *session, bool on, void *data, GError **error),
                     bool for_gdb, SearchDoneFunc done, void *data);
void search_free(Search *search);

#endif
