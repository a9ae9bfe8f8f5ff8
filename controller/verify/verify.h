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
    char **arguments; /* arguments of metronome: options, then FILE [KEY=VALUE…]; NULL-terminated */
    unsigned runs;    /* at least 2 */
    unsigned every;   /* barriers between two samples */
    bool registers, devices;
    void (*print)(const char *text, void *data); /* a line of the result with newline */
    /* Receives the progress from time to time. Text NULL: remove the shown line, because other
     * output follows. progress NULL: no progress wanted. */
    void (*progress)(const char *text, void *data);
    void *data;
} VerifyPlan;

/* Runs and compares. Notes the outcome in `verdict`: nothing if all runs were equal and passed. */
bool verify_run(const VerifyPlan *plan, Verdict *verdict, GError **error);

#endif
