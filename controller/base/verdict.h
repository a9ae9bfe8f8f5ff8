/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verdict.h: how a run ended, in one place. Exit code, the last line on stderr, the `exit` event,
 * report.json and report.html all say what stands here. Pure; main thread.
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    OUTCOME_RUNNING,        /* it is not over yet; no exit code */
    OUTCOME_PASSED,         /* 0 */
    OUTCOME_FAILED,         /* 1: an assert or a wait */
    OUTCOME_USAGE,          /* 2: options, a parse error, a bad value, a file that can't be read */
    OUTCOME_OUTPUT_LOST,    /* 2: a report, a capture or other output that can't be written */
    OUTCOME_NODE_FAILED,    /* 3: a node, QEMU or another host */
    OUTCOME_EXACTNESS_LOST, /* 4 */
    OUTCOME_INTERRUPTED,    /* 130 */
} Outcome;

/* "passed", "exactness-lost", … */
const char *outcome_name(Outcome outcome);

/* -1 of OUTCOME_RUNNING. */
int outcome_exit_code(Outcome outcome);

/* Of another metronome's exit code; one that none gives is a failed node's: it was killed. */
Outcome outcome_of_exit_code(int code);

/* An assert, or a wait for a line, that was carried out. */
typedef struct {
    char *line;  /* "FILE:LINE"; NULL: it stood in no file */
    char *what;  /* the command, its variables replaced */
    char *found; /* what was there instead, or what matched */
    VTime at;    /* the ensemble's time when it was decided */
    bool passed;
} Check;

/* Most checks that are kept; of more, the oldest go, those that passed first. */
#define VERDICT_MAX_CHECKS 20000

typedef struct {
    Outcome outcome;
    char *where;       /* "FILE:LINE" of what failed, or NULL */
    char *message;     /* why, or NULL: it passed, or is running */
    GPtrArray *checks; /* Check, in the order in which they were decided; NULL: none yet */
    uint64_t left_out; /* checks that are not kept */
} Verdict;

/*
 * Notes a failure. The first one stays, but for these: lost exactness takes the place of a failed
 * check, since nothing that was checked can be trusted then; lost output counts only where nothing
 * else failed. where may be NULL.
 */
void verdict_note(Verdict *verdict, Outcome outcome, const char *where, const char *message);

/* The run is over: it has passed if nothing was noted. */
void verdict_end(Verdict *verdict);

/* As the members of Check; line and found may be NULL. */
void verdict_check(Verdict *verdict, const char *line, const char *what, const char *found,
                   VTime at, bool passed);

/* What follows "metronome: " in the last line on stderr: "failed, exit code 1: FILE:LINE: MESSAGE",
 * one line; NULL: nothing failed. Free with g_free(). */
char *verdict_line(const Verdict *verdict);

/* Shares the checks. */
Verdict verdict_copy(const Verdict *verdict);
void verdict_clear(Verdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verdict, verdict_clear)

#endif
