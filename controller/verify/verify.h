/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verify.h: runs a scenario several times, each in a process of its own, one after the other, and
 * finds the first sample at which two of them differ.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "controller/base/verdict.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char **arguments; /* of metronome: options, then FILE [KEY=VALUE…]; NULL-terminated */
    unsigned runs;    /* 2 at least */
    unsigned every;   /* barriers from one sample to the next */
    bool registers, devices;
    void (*print)(const char *text, void *data); /* a line that it found; ends with a newline */
    /* How far it is, now and then; NULL: what is shown must go, as something is printed. NULL: nobody
     * looks. */
    void (*progress)(const char *text, void *data);
    void *data;
} VerifyPlan;

/* Notes in verdict how it ended: nothing if all runs were equal and passed. */
bool verify_run(const VerifyPlan *plan, Verdict *verdict, GError **error);

#endif
