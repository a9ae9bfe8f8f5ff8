/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h: what a run leaves: for machines report.json and barriers.csv, the consoles; for people
 * report.html. The formats for machines are contracts (README, "Report"); a change of meaning is a
 * new REPORT_VERSION.
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
    char *name, *host, *version, *state, *icount_mode;
    Insns icount;
    VTime virtual_time, bias;
    ReportDist overshoot;
    int64_t idle_skip_max;
    uint64_t sent, received, dropped, late, carried; /* packets */
    char *packet_trace_sha256;                       /* NULL: of the empty trace */
    char *console_sha256;
    char *console_log; /* path, to be copied; NULL: none */
    /* Of the page only: */
    uint64_t missed, waited_for;
    uint64_t overshoot_zeros; /* targets that were met exactly */
    GArray *overshoots;       /* int64_t ns: all others; NULL: none */
} ReportNode;

typedef enum { REPORT_UNDER_WAY, REPORT_DELIVERED, REPORT_DROPPED } ReportFate;

#define REPORT_NOBODY G_MAXUINT

/* A frame from its sending to its end, for the space-time diagram. */
typedef struct {
    ReportFate fate;
    unsigned from, to;     /* indices in the trace's names; to may be REPORT_NOBODY */
    const char *reason;    /* "late", or why it was dropped; NULL: none; not owned */
    size_t size;           /* bytes */
    VTime sent, due, when; /* when: of the delivery or drop; due of deliveries only */
    uint64_t send, end;    /* numbers of the events in the trace; 0: not there */
    unsigned send_clock;   /* where its vector clocks begin in the trace's clocks, … */
    unsigned end_clock;    /* … a count for each of the names; 0: it is not there */
} ReportPacket;

/* The last packets of a run. */
typedef struct {
    GPtrArray *names;  /* of the nodes, owned */
    GArray *packets;   /* ReportPacket, in the order of their last events */
    GArray *clocks;    /* uint64_t; the first one is unused */
    uint64_t left_out; /* packets before them */
} ReportTrace;

void report_trace_init(ReportTrace *trace);

/* Most packets that a page takes, for so many nodes. */
unsigned report_trace_room(unsigned nodes);

typedef struct {
    char *command_line;
    const char *mode;
    VTime quantum, now;
    uint64_t barriers, missed;
    double host_seconds;
    GPtrArray *nodes;  /* ReportNode */
    ReportTrace trace; /* of the page only; names: NULL if there is no network */
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

/* {"event":EVENT, …}: a line of --json. members is a NULL-terminated list of key, value strings. */
char *report_event(const char *event, const char *const *members);

#endif
