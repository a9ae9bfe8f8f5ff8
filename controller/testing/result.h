/* SPDX-License-Identifier: GPL-3.0-or-later */
/* result.h: how one run of a case ended, from its exit code and the files that it has left. */
#ifndef TESTING_RESULT_H
#define TESTING_RESULT_H

#include "controller/base/vtime.h"
#include "controller/report/read-report.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    RESULT_NONE, /* it was not run, or not to its end */
    RESULT_PASSED,
    RESULT_FAILED, /* what the case demands did not hold */
    RESULT_ERROR,  /* it could not be found out whether it holds */
    RESULT_STATES,
} ResultState;

typedef struct {
    ResultState state;
    const char *kind; /* "failed", "timeout", "differs", … in one word; NULL: it passed */
    int exit_code;    /* what it is worth for the exit code of all */
    char *where;      /* "FILE:LINE", or NULL */
    char *message;    /* NULL: it passed */
    ReportEnd end;    /* empty if there was no report */
    HTime took;
    char *output; /* what the run has printed: the beginning and the end; NULL: nothing */
    gsize output_size;
    char *kept;    /* the folder that it has left, or NULL */
    char *samples; /* for the comparison of runs; NULL: none */
} TestResult;

/* What is known of a process of metronome that has ended. */
typedef struct {
    int code; /* exit code; -N: signal N ended it */
    HTime took;
    HTime timeout;      /* above 0: this limit of host time was over */
    bool interrupted;   /* the user has interrupted it */
    const char *report; /* path of its report.json, which may be missing */
    const char *output; /* path of its output */
} TestEnd;

/* Reads the files and decides. The caller clears *out with result_clear(). */
void result_read(const TestEnd *end, TestResult *out);

/* Makes a result of a case that could not be run. Copies message. */
void result_refuse(TestResult *out, const char *kind, int exit_code, const char *message);

/* "passed", "failed", "error" or "not run". */
const char *result_state_name(ResultState state);

/* Counts the checks that passed (or failed). */
uint64_t result_checks(const TestResult *result, bool passed);

void result_clear(TestResult *result);

#endif
