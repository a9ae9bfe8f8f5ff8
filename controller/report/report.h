/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h: what a run leaves: for machines report.json and barriers.csv, the consoles; for people
 * report.html. The formats for machines are contracts (metronome-report(5)); a change of meaning is a
 * new REPORT_VERSION.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "controller/report/report-error.h"
#include "controller/report/summary.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Report Report;

/* Creates the directory and an empty barriers.csv in it. */
Report *report_new(const char *dir, GError **error);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

const char *report_dir(const Report *report);

/* Whether it is written to this folder, whatever name that is given by. */
bool report_is_in(const Report *report, const char *dir);

/* The columns of barriers.csv, once the nodes are known; a later call with other nodes writes a new
 * header line. */
void report_columns(Report *report, const char *const *names, unsigned n);

/* One row, from any one thread; waits only if 4 MiB of rows were not yet written out. host: from
 * the grant to the last arrival. stamps and waited have n entries, in the order of the columns; a
 * negative stamp means "not there". */
void report_row(Report *report, uint64_t barrier, VTime time, HTime host, const int64_t *stamps_us,
                const int64_t *waited_ns, unsigned n);

/* A reading of a guest's clock: at virtual time `at` it was offset_ns ahead of what it is compared
 * with. `curve` names the line of the page that it belongs to. Main thread. */
void report_clock(Report *report, const char *curve, VTime at, int64_t offset_ns);

/* Writes the rows that are there to the file; main thread, regularly while a run goes on. */
void report_drain(Report *report);

/* Writes report.json, report.html and the consoles; files appear whole or not at all. */
bool report_write(Report *report, const ReportSummary *summary, GError **error);

#endif
