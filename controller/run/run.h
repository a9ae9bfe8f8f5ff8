/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.h: one run of the ensemble at a time, from its start to the reason why it stopped. A run
 * consists of pieces, from one break, watch or service to the next. Commands and the gdb endpoints
 * share the active run. Main thread.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "controller/session/session.h"

typedef struct {
    RunGoal goal;
    const Console *waits; /* stop when the awaited pattern of this console matches; NULL: none */
    double pace;          /* engine_set_pace() */
    bool unattended;      /* a gdb started the run: no command reports how it ended */
    bool again; /* a part of a way back: no sample, no clock reading, no save of its own */
    /* If not NULL: called at each hit of a break (its number), or of a point of a gdb alone (0); the
     * run goes on. why: a sentence, or NULL. */
    void (*on_hit)(Session *session, unsigned number, const char *why, void *data);
    void *hit_data;
} RunSpec;

typedef struct {
    RunEnd end;
    const char *how; /* one word: reached, stopped, break, matched, asleep, exited, failed or so */
    unsigned number; /* of the break that stopped the run; 0: none */
    const char *why; /* a sentence without a full stop; NULL: the run reached its goal */
    const GError *error;       /* RUN_FAILED */
    uint64_t barriers, missed; /* in this run */
    HTime host;                /* host time that the run took */
    bool unattended;           /* as in RunSpec */
} RunOutcome;

typedef void (*RunDoneFunc)(const RunOutcome *outcome, void *data);

/* Whether a run has started and not ended. */
bool run_active(const Session *session);

/* Starts a run; no run may be active. done is called once, from the main loop, with an outcome that
 * is valid during the call. False, with an error: a break can't be set, or the network can't be
 * prepared for the quantum; done is then never called. */
bool run_start(Session *session, const RunSpec *spec, RunDoneFunc done, void *data, GError **error);

/* Calls done once at the end of the active run, too. */
void run_join(Session *session, RunDoneFunc done, void *data);

/* Removes every callback of run_start(), run_join() and run_step() with this data. The run, or the
 * step, goes on. */
void run_leave(Session *session, void *data);

/* Ends the active run at the next barrier; why: a sentence without a full stop, or NULL. Copies
 * why. */
void run_pause(Session *session, const char *why);

/*
 * Keeps the active run at its next barrier until every hold is released: nodes that are examined
 * there do not move meanwhile. False if no run is active. done: as with run_join(). The holds end
 * with the run.
 */
bool run_hold(Session *session, RunDoneFunc done, void *data);
/* Ends one hold and removes its callback done. Call it only while the held run is active. */
void run_release(Session *session, void *data);
/* Whether a run is active that somebody holds. */
bool run_held(const Session *session);

/* Calls func with the ensemble at rest: at once, or at the active run's next barrier, after which
 * the run goes on. */
void run_service(Session *session, void (*func)(void *data), void *data);

/* Makes a single step (a goal with `step`) for a gdb: as a run of its own, or within the active
 * run, which then goes on. Only this done is called at the end of the step. Errors: as with
 * run_start(). */
bool run_step(Session *session, const RunGoal *goal, RunDoneFunc done, void *data, GError **error);

/* Frees the active run without calling its callbacks; at the end of the session. */
void run_free(Session *session);

#endif
