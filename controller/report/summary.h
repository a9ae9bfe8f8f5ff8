/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary.h: what a report says, and its form for machines: report.json and the JSON events. They
 * are contracts (metronome-report(5); scripts/schema); a change of meaning is a new REPORT_VERSION.
 * Pure.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "controller/base/recent.h"
#include "controller/base/verdict.h"
#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define REPORT_VERSION 3

typedef struct {
    int64_t min, median, max;
    double mean;
} ReportDist;

/*
 * Of a node, or of the whole network, gateways too; there
 *
 *   sent + copies == received + dropped + filtered + under_way
 */
typedef struct {
    uint64_t sent;
    uint64_t copies;    /* more than one of what it sent: switches flood, links duplicate */
    uint64_t received;  /* by it, late and carried ones included */
    uint64_t dropped;   /* of what it sent and its copies: lost, or refused by a card */
    uint64_t filtered;  /* likewise: ended in a switch that had no other exit for it */
    uint64_t under_way; /* likewise: not at its end yet */
    uint64_t refused;   /* reached its card, which did not take them; dropped by their senders */
    uint64_t late, carried; /* of those received */
} ReportPackets;

typedef struct {
    char *name, *host, *version, *state, *icount_mode;
    int exit_status; /* of a QEMU that exited by itself; -1: it did not */
    unsigned resets; /* of its guest */
    Insns icount;
    VTime virtual_time, bias;
    ReportDist overshoot;
    int64_t idle_skip_max;
    ReportPackets packets;
    char *packet_trace_sha256; /* NULL: of the empty trace */
    char *console_sha256;
    char *console_log;     /* path, to be copied; NULL: none */
    const Recent *console; /* its last lines; not owned; NULL: none */
    bool console_open;     /* the last line has not ended */
    VTime console_open_at; /* its time */
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
    uint64_t left_out; /* how many are not among them */
} ReportTrace;

/* About what the packets of a page may take. */
#define REPORT_PACKET_BYTES (2u << 20)

void report_trace_init(ReportTrace *trace);

/* Most packets that a page takes, for so many nodes. */
unsigned report_trace_room(unsigned nodes);

/* What is not owned lives as long as the session. */
typedef struct {
    const Verdict *verdict; /* not owned; NULL: it is running */
    const char *started;    /* the host's date, ISO 8601 with its zone; not owned */
    const char *scenario;   /* its path as given, or NULL; not owned */
    GHashTable *variables;  /* name -> value, or NULL; not owned */
    char *command_line;
    const char *mode;
    VTime quantum, now;
    bool quantum_auto; /* it follows the links */
    uint64_t barriers, missed;
    double host_seconds;
    ReportPackets packets; /* of the whole network */
    GPtrArray *nodes;      /* ReportNode */
    ReportTrace trace;     /* of the page only; names: NULL if there is no network */
} ReportSummary;

void report_summary_clear(ReportSummary *summary);
ReportNode *report_summary_add(ReportSummary *summary);

/* The text of report.json; free with g_free(). Pure. */
char *report_json(const ReportSummary *summary);

/* {"event":EVENT, …}: a line of --json. members is a NULL-terminated list of key, value strings. */
char *report_event(const char *event, const char *const *members);
/* The same, with one member more: key, an array of n strings. */
char *report_event_list(const char *event, const char *const *members, const char *key,
                        const char *const *list, unsigned n);

#endif
