/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * grant-report.h: what happened on a host in the quanta of one grant, as bytes and back. Pure.
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

#include "controller/base/vtime.h"
#include "controller/remote/codec.h"

enum { GRANT_REPORT_WANTS_STOP = 1 };
enum { GRANT_REPORT_TAKEN = 1, GRANT_REPORT_CARRIED = 2 };

/* --- writing --- */

/* Kept from grant to grant, so that writing allocates nothing in the steady state. */
typedef struct {
    GByteArray *marks, *console, *sent, *settled;
    uint32_t n_quanta, n_console, n_sent, n_settled;
} GrantReport;

void grant_report_init(GrantReport *report);
void grant_report_clear(GrantReport *report);

/* A quantum is over; grant_report_mark() follows for each node, in order. */
void grant_report_quantum(GrantReport *report);
void grant_report_mark(GrantReport *report, int64_t stamp_us, HTime arrived);
void grant_report_console(GrantReport *report, unsigned node, VTime until, const void *data,
                          gsize size);
void grant_report_sent(GrantReport *report, unsigned card, VTime boundary, VTime at,
                       const void *data, gsize size);
void grant_report_settled(GrantReport *report, unsigned card, unsigned id, unsigned flags,
                          VTime boundary, VTime when);

/* Puts all of it, and forgets it. */
void grant_report_put(GrantReport *report, uint64_t k, unsigned flags, HTime now, GByteArray *out);

/* --- reading --- */

typedef struct {
    uint64_t k;
    unsigned flags;
    HTime now;
    uint32_t quanta;
} GrantReportHead;

/* NULL: not wanted. data: the last argument of grant_report_read(). */
typedef struct {
    void (*mark)(unsigned quantum, unsigned node, int64_t stamp_us, HTime arrived, void *data);
    void (*console)(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data);
    void (*sent)(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                 void *data);
    void (*settled)(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                    void *data);
} GrantReportFuncs;

/* The head is filled in before the first function is called; nodes: how many the segment has here. */
void grant_report_read(Reader *r, unsigned nodes, GrantReportHead *head,
                       const GrantReportFuncs *funcs, void *data);

#endif
