/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * read-report.h: what another metronome has written into its report.json of how its run ended. Pure.
 */
#ifndef REPORT_READ_REPORT_H
#define REPORT_READ_REPORT_H

#include "controller/base/verdict.h"
#include "controller/report/report-error.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    Verdict verdict; /* with the checks */
    VTime now;       /* the ensemble's time at the end */
    int64_t seed;    /* of the network's random numbers */
} ReportEnd;

/* Reads the text of a report.json. False, with a REPORT_ERROR: it is none of this version, and *out
 * is empty. */
bool report_end_read(const char *text, gsize size, ReportEnd *out, GError **error);

void report_end_clear(ReportEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReportEnd, report_end_clear)

#endif
