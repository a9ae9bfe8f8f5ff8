/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h: what a run leaves for machines: report.json, barriers.csv, the consoles. The formats
 * are contracts (README, "Report"); a change of meaning is a new REPORT_VERSION.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define REPORT_VERSION 2

#define REPORT_ERROR (report_error_quark())
GQuark report_error_quark(void);

typedef struct {
    int64_t min, median, max;
    double mean;
} ReportDist;

typedef struct {
    char *name, *version, *state, *icount_mode;
    Insns icount;
    VTime virtual_time, bias;
    ReportDist overshoot;
    int64_t idle_skip_max;
    uint64_t sent, received, dropped, late, carried; /* packets */
    char *packet_trace_sha256;                       /* NULL: of the empty trace */
    char *console_sha256;
    char *console_log; /* path, to be copied; NULL: none */
} ReportNode;

typedef struct {
    char *command_line;
    const char *mode;
    VTime quantum, now;
    uint64_t barriers, missed;
    double host_seconds;
    GPtrArray *nodes; /* ReportNode */
} ReportSummary;

void report_summary_clear(ReportSummary *summary);
ReportNode *report_summary_add(ReportSummary *summary);

/* The text of report.json; free with g_free(). Pure. */
char *report_json(const ReportSummary *summary);

typedef struct Report Report;

/* Creates the directory and an empty barriers.csv in it. */
Report *report_new(const char *dir, GError **error);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

const char *report_dir(const Report *report);

/* The columns of barriers.csv, once the nodes are known; a later call with other nodes writes a new
 * header line. */
void report_columns(Report *report, const char *const *names, unsigned n);

/* One row, from a lane's thread; waits only if 4 MiB of rows were not yet written out. stamps and
 * waited have n entries, in the order of the columns; a negative stamp means "not there". */
void report_row(Report *report, uint64_t barrier, VTime time, const int64_t *stamps_us,
                const int64_t *waited_ns, unsigned n);

/* Writes the rows that are there to the file; main thread, regularly while a run goes on. */
void report_drain(Report *report);

/* Writes report.json and the consoles; files appear whole or not at all. */
bool report_write(Report *report, const ReportSummary *summary, GError **error);

/* {"event":EVENT, …}: a line of --json. members is a NULL-terminated list of key, value strings. */
char *report_event(const char *event, const char *const *members);

#endif
