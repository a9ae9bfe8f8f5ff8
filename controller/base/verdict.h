/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verdict.h: how a run ended, in one place. The exit code, the last line on stderr, the `exit`
 * event, report.json and report.html all come from here. Pure; main thread.
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    OUTCOME_RUNNING,        /* not over yet; no exit code */
    OUTCOME_PASSED,         /* 0 */
    OUTCOME_FAILED,         /* 1: an assert or a wait */
    OUTCOME_USAGE,          /* 2: options, a parse error, a bad value, a file that can't be read */
    OUTCOME_OUTPUT_LOST,    /* 2: a report, a capture or other output that can't be written */
    OUTCOME_NODE_FAILED,    /* 3: a node, QEMU or another host */
    OUTCOME_EXACTNESS_LOST, /* 4 */
    OUTCOME_INTERRUPTED,    /* 130 */
} Outcome;

/* Returns "passed", "exactness-lost", … */
const char *outcome_name(Outcome outcome);

/* Finds the outcome of such a name. Returns false if there is none. */
bool outcome_find(const char *name, Outcome *out);

/* Returns the exit code; -1 for OUTCOME_RUNNING. */
int outcome_exit_code(Outcome outcome);

/* Returns the outcome of another metronome's exit code. An unknown code means a failed node: the
 * metronome was killed. */
Outcome outcome_of_exit_code(int code);

/* One decided assert, or one decided wait for a line. */
typedef struct {
    char *line;  /* "FILE:LINE"; NULL: not from a file */
    char *what;  /* the command with its variables replaced */
    char *found; /* the actual value, or the matching text */
    VTime at;    /* the ensemble's virtual time of the decision */
    bool passed;
} Check;

/* Limit of kept checks. Beyond the limit the oldest checks are dropped, passed checks first. */
#define VERDICT_MAX_CHECKS 20000

typedef struct {
    Outcome outcome;
    char *where;       /* "FILE:LINE" of the failed command, or NULL */
    char *message;     /* the reason, or NULL: passed, or running */
    GPtrArray *checks; /* Check, in the order of the decisions; NULL: none yet */
    uint64_t left_out; /* number of dropped checks */
} Verdict;

/*
 * Records a failure. The first failure stays, with three exceptions. Lost exactness replaces a
 * failed check, because no check can be trusted then. A usage error, a failed node or an
 * interruption replaces lost exactness. Any other failure replaces lost output. where may be NULL.
 */
void verdict_note(Verdict *verdict, Outcome outcome, const char *where, const char *message);

/* Ends the run. A run without a recorded failure has passed. */
void verdict_end(Verdict *verdict);

/* Records a check. The arguments are the members of Check; line and found may be NULL. */
void verdict_check(Verdict *verdict, const char *line, const char *what, const char *found,
                   VTime at, bool passed);

/* Returns the last line on stderr behind "metronome: ": "failed, exit code 1: FILE:LINE: MESSAGE".
 * NULL if nothing failed. The caller frees the line with g_free(). */
char *verdict_line(const Verdict *verdict);

/* Copies a verdict. Both copies share the checks. */
Verdict verdict_copy(const Verdict *verdict);
void verdict_clear(Verdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verdict, verdict_clear)

#endif
