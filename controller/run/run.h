/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.h: one run of the ensemble at a time, from its start to why it stopped: in pieces from one
 * break, watch or service to the next. Commands and the endpoints of gdb share it.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "controller/session/session.h"

typedef struct {
    RunGoal goal;
    Node *waits;     /* stop when its console's awaited pattern matches; NULL: none */
    double pace;     /* engine_set_pace() */
    bool unattended; /* a gdb asked for it: no command tells how it ended */
} RunSpec;

typedef struct {
    RunEnd end;
    const char *how; /* one word: reached, stopped, break, matched, asleep, exited, failed or so */
    unsigned number; /* of the break that stopped it; 0: none */
    const char *why; /* a sentence without a full stop; NULL: it reached its goal */
    const GError *error; /* RUN_FAILED */
    uint64_t barriers, missed;
    HTime host;
    bool unattended; /* as in its RunSpec */
} RunOutcome;

typedef void (*RunDoneFunc)(const RunOutcome *outcome, void *data);

bool run_active(const Session *session);

/* No run may be active. done is called from the main loop, once. Fails if a break can't be set. */
bool run_start(Session *session, const RunSpec *spec, RunDoneFunc done, void *data, GError **error);

/* Learn of the end of the active run too. */
void run_join(Session *session, RunDoneFunc done, void *data);

/* Forget what was asked for with this data; the run goes on. */
void run_leave(Session *session, void *data);

/* Ends the active run at the next barrier; why: a sentence without a full stop, or NULL. */
void run_pause(Session *session, const char *why);

/*
 * The active run stands at its next barrier for as long as anybody holds it: whoever looks at a
 * node there finds it where it was. False if no run is active. done: as with run_join(); the hold
 * ends with the run. run_release() takes both back.
 */
bool run_hold(Session *session, RunDoneFunc done, void *data);
void run_release(Session *session, void *data);
bool run_held(const Session *session);

/* Calls func with the ensemble at rest: at once, or at the active run's next barrier, after which
 * the run goes on. */
void run_service(Session *session, void (*func)(void *data), void *data);

/* A single step (a goal with `step`) that a gdb asked for: by itself, or as a part of the active
 * run, which then goes on. done hears of it alone. */
bool run_step(Session *session, const RunGoal *goal, RunDoneFunc done, void *data, GError **error);

/* With the session. */
void run_free(Session *session);

#endif
