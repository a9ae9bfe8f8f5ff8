/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verify.h: runs a scenario several times, each in a process of its own, one after the other, and
 * finds the first sample at which two of them differ.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char **arguments; /* of metronome: options, then FILE [KEY=VALUE…]; NULL-terminated */
    unsigned runs;    /* 2 at least */
    bool registers, devices;
} VerifyPlan;

/* Prints what it found on stdout. The exit code: 0 equal, 1 not, that of a run that failed, 130. */
int verify_run(const VerifyPlan *plan, GError **error);

#endif
