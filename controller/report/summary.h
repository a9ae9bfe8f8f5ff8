/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary.h: the contents of a report, and two forms for machines: report.json and the JSON events.
 * Both forms are contracts (metronome-report(5); scripts/schema); a change of meaning is a new
 * REPORT_VERSION. Pure.
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
 * Counts of packets of one node, or of the whole network with its gateways. For the whole network
 *
 *   sent + copies == received + dropped + filtered + under_way
 */
typedef struct {
    uint64_t sent;
    uint64_t copies;    /* further copies of sent packets: switches flood, links duplicate */
    uint64_t received;  /* by the node, late and carried packets included */
    uint64_t dropped;   /* of sent packets and copies: lost, or refused by a NIC */
    uint64_t filtered;  /* of the same: ended in a switch that had no other exit for them */
    uint64_t under_way; /* of the same: not at their end yet */
    uint64_t refused;   /* the node's own NIC refused them; their senders count them as dropped */
    uint64_t late, carried; /* of the received packets */
} ReportPackets;

/* What a node's disks mean for repeatability. */
typedef struct {
    bool there;       /* the node has images; the other members hold only then */
    const char *mode; /* "memory" or "host"; not owned */
    bool persist;     /* writes stay in the image */
    bool in_memory;   /* all its images are, for good */
    uint64_t read_bytes, write_bytes, major_faults; /* what QEMU had of the host's storage */
    char *why; /* the reason why the run may not repeat; NULL: it does */
} ReportDisk;

/* The console of a UART behind the first one. */
typedef struct {
    unsigned number;
    uint64_t bytes;
    char *sha256;
    char *log; /* path of the file to copy */
} ReportUart;

typedef struct {
    char *name, *host, *version, *state, *icount_mode;
    int exit_status; /* of a QEMU that exited by itself; -1: QEMU did not exit */
    unsigned resets; /* of the guest */
    Insns icount;
    VTime virtual_time, bias;
    ReportDist overshoot;
    int64_t idle_skip_max;
    ReportDisk disk;
    ReportPackets packets;
    char *packet_trace_sha256; /* NULL: the trace is empty */
    char *console_sha256;
    char *console_log;     /* path of the file to copy; NULL: none */
    const Recent *console; /* the console's last lines; not owned; NULL: none */
    GPtrArray *uarts;      /* ReportUart; NULL: none */
    ReportUart *semi;      /* the console of semihosting; NULL: none */
    bool console_open;     /* the last line has no newline yet */
    VTime console_open_at; /* virtual time of that line */
    /* For the page only: */
    uint64_t missed, waited_for;
    uint64_t overshoot_zeros; /* stops exactly at their target */
    GArray *overshoots;       /* int64_t ns of all other stops; NULL: none */
} ReportNode;

typedef enum { REPORT_UNDER_WAY, REPORT_DELIVERED, REPORT_DROPPED } ReportFate;

#define REPORT_NOBODY G_MAXUINT

/* A frame from its sending to its end, for the space-time diagram. */
typedef struct {
    ReportFate fate;
    unsigned from, to;     /* indices in the trace's names; to may be REPORT_NOBODY */
    const char *reason;    /* "late", or the reason of the drop; NULL: none; not owned */
    size_t size;           /* bytes */
    VTime sent, due, when; /* when: of the delivery or drop; due: of a delivery only */
    uint64_t send, end;    /* numbers of the events in the trace; 0: no such event */
    unsigned send_clock;   /* index of the first count of a vector clock in the trace's clocks; */
    unsigned end_clock;    /* a vector clock has one count for each name; 0: no vector clock */
} ReportPacket;

/* The last packets of a run. */
typedef struct {
    GPtrArray *names;  /* char *: names of the nodes, owned */
    GArray *packets;   /* ReportPacket, in the order of their last events */
    GArray *clocks;    /* uint64_t; the first one is unused */
    uint64_t left_out; /* packets that are not in the array */
} ReportTrace;

/* What came from outside. */
typedef struct {
    uint64_t number;
    const char *kind, *source; /* not owned */
    char *node;                /* NULL: it concerns the ensemble */
    char *what;                /* in words */
    VTime time;
    bool running; /* the ensemble ran: `time` is that of the barrier before */
    bool counted; /* `icount` is known */
    Insns icount;
    GBytes *data; /* NULL: none */
} ReportEntry;

/* The most bytes of an entry's data that report.json has. */
#define REPORT_ENTRY_BYTES 4096

/* Adds a UART, which the node owns. */
ReportUart *report_node_add_uart(ReportNode *node);
/* The same of the console of semihosting, of which there is one. */
ReportUart *report_node_semi(ReportNode *node);

/* About how many bytes of a page its packets may take. */
#define REPORT_PACKET_BYTES (2u << 20)

/* Makes an empty trace; report_summary_clear() frees the trace. */
void report_trace_init(ReportTrace *trace);

/* The most packets that a page takes, for this number of nodes. */
unsigned report_trace_room(unsigned nodes);

/* Members that are not owned live as long as the session. */
typedef struct {
    const Verdict *verdict; /* not owned; NULL: the run goes on */
    const char *started;    /* the host's date, ISO 8601 with time zone; not owned */
    const char *scenario;   /* path as given, or NULL; not owned */
    GHashTable *variables;  /* name -> value, or NULL; not owned */
    char *command_line;
    const char *mode;
    uint64_t seed; /* of the network's random numbers; 0 if there is no network */
    VTime quantum, now;
    bool quantum_auto; /* the quantum follows the links */
    uint64_t barriers, missed;
    double host_seconds;
    ReportPackets packets; /* of the whole network */
    GPtrArray *nodes;      /* ReportNode */
    GPtrArray *journal;    /* ReportEntry; NULL: none */
    uint64_t journal_left_out;
    ReportTrace trace; /* for the page only; names: NULL if there is no network */
} ReportSummary;

/* Frees the members that the summary owns. */
void report_summary_clear(ReportSummary *summary);

/* Adds a node, which the summary owns. */
ReportNode *report_summary_add(ReportSummary *summary);

/* Adds an entry of the journal, which the summary owns. */
ReportEntry *report_summary_add_entry(ReportSummary *summary);

/* The text of report.json; free with g_free(). Pure. */
char *report_json(const ReportSummary *summary);

/* {"event":EVENT, …}: a line of --json; free with g_free(). members: key, value strings, ended by
 * NULL. */
char *report_event(const char *event, const char *const *members);
/* The same with one more member: `key`, an array of n strings. */
char *report_event_list(const char *event, const char *const *members, const char *key,
                        const char *const *list, unsigned n);

#endif
