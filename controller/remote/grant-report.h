/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * grant-report.h: writes and reads the events of one grant on one host: stamps, console output,
 * frames sent, frames settled. Pure. Virtual times are ns of the ensemble, host times ns of the
 * agent's clock. The format:
 *
 * u64 the barrier that is reached, u8 flags, i64 host time of sending,
 * u32 quanta, for each and each node of the segment: i64 stamp in µs (-1: none), i64 host time of
 * arrival (0: none),
 * u32 n, n times (u32 node of the segment, i64 until, bytes of its console),
 * u32 n, n times (u32 card, i64 boundary, i64 sent at, bytes),
 * u32 n, n times (u32 card, u32 id, u8 flags, i64 boundary, i64 when)
 */
#ifndef REMOTE_GRANT_REPORT_H
#define REMOTE_GRANT_REPORT_H

#include "controller/base/codec.h"
#include "controller/base/vtime.h"

enum { GRANT_REPORT_WANTS_STOP = 1 };
enum { GRANT_REPORT_TAKEN = 1, GRANT_REPORT_CARRIED = 2 };

/* --- writing --- */

/* A report that is being collected. It is used for one grant after the other, so that writing
 * allocates nothing in the steady state. */
typedef struct {
    GByteArray *marks, *console, *sent, *settled;
    uint32_t n_quanta, n_console, n_sent, n_settled;
} GrantReport;

void grant_report_init(GrantReport *report);
void grant_report_clear(GrantReport *report);

/* Adds a quantum that is over. Call grant_report_mark() next, for each node of the segment in their
 * order. */
void grant_report_quantum(GrantReport *report);
/* Stamp (-1: none) and arrival time (0: none) of one node at the end of the quantum. */
void grant_report_mark(GrantReport *report, int64_t stamp_us, HTime arrived);
/* Output of a node's console up to the time `until`. node: number in the segment. */
void grant_report_console(GrantReport *report, unsigned node, VTime until, const void *data,
                          gsize size);
/* A frame that a card sent at `at`, collected at the boundary. */
void grant_report_sent(GrantReport *report, unsigned card, VTime boundary, VTime at,
                       const void *data, gsize size);
/* The fate of frame `id`: the card took the frame at `when` (GRANT_REPORT_TAKEN) or refused it, and
 * the frame had to wait because the card was full (GRANT_REPORT_CARRIED). */
void grant_report_settled(GrantReport *report, unsigned card, unsigned id, unsigned flags,
                          VTime boundary, VTime when);

/* Writes the report to out and empties it. k: the barrier that is reached; now: host time. */
void grant_report_put(GrantReport *report, uint64_t k, unsigned flags, HTime now, GByteArray *out);

/* --- reading --- */

typedef struct {
    uint64_t k;
    unsigned flags;
    HTime now;
    uint32_t quanta;
} GrantReportHead;

/* Called for each entry; NULL: entries are skipped. data: the last argument of
 * grant_report_read(). */
typedef struct {
    void (*mark)(unsigned quantum, unsigned node, int64_t stamp_us, HTime arrived, void *data);
    void (*console)(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data);
    void (*sent)(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                 void *data);
    void (*settled)(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                    void *data);
} GrantReportFuncs;

/* Reads a report. nodes: number of the segment's nodes on the host. The head is filled in before
 * entries are read, except for quanta, which is read with the marks. A fault makes the reader bad;
 * the functions may have been called for entries before the fault. */
void grant_report_read(Reader *r, unsigned nodes, GrantReportHead *head,
                       const GrantReportFuncs *funcs, void *data);

#endif
