/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h: the folder that a run leaves: report.json and barriers.csv for machines, report.html
 * for people, and the consoles. The formats for machines are contracts (metronome-report(5)); a
 * change of meaning is a new REPORT_VERSION.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "controller/report/report-error.h"
#include "controller/report/summary.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Report Report;

/* Creates the folder and an empty barriers.csv in it, and removes an older report's leftovers. NULL
 * with a REPORT_ERROR: a file of the user is in the way (folder.h), or the folder can't be written.
 * Free with report_free(). */
Report *report_new(const char *dir, GError **error);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* The folder as given to report_new(); the report owns the string. */
const char *report_dir(const Report *report);

/* Whether the report is written to the folder `dir`; the two paths may differ. */
bool report_is_in(const Report *report, const char *dir);

/* Sets the columns of barriers.csv, once the nodes are known. Each call writes a header line, so a
 * later call with other nodes starts a new table in the file. Main thread. */
void report_columns(Report *report, const char *const *names, unsigned n);

/* Adds the row of one barrier; from any thread, but one at a time. Waits only if 4 MiB of rows are
 * not yet written. host: from the grant to the last arrival. stamps_us and waited_ns have n
 * entries, in the order of the columns; a negative stamp means that the node took no part. */
void report_row(Report *report, uint64_t barrier, VTime time, HTime host, const int64_t *stamps_us,
                const int64_t *waited_ns, unsigned n);

/* Adds a reading of a guest's clock: at virtual time `at` the clock was offset_ns ahead of its
 * reference. `curve` names the reading's curve on the page. Main thread. */
void report_clock(Report *report, const char *curve, VTime at, int64_t offset_ns);

/* Writes the waiting rows to barriers.csv. Main thread, regularly during a run. */
void report_drain(Report *report);

/* The ensemble went back to this time, and will pass again what was behind it: the rows of later
 * barriers are removed. Main thread, while no barrier comes. */
void report_rewind(Report *report, VTime time);

/* Writes report.json, report.html and the consoles. Each of these files appears whole or not at
 * all. One failed file does not stop the others. False: *error is the first failure. Main
 * thread. */
bool report_write(Report *report, const ReportSummary *summary, GError **error);

#endif
