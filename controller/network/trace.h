/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.h: what happened to every frame, in one total order, with vector clocks and digests.
 *
 * An event is a sending, a delivery, or the end of a frame on its way (drop). Events are numbered
 * from 1 in the order in which they are appended. Sending and delivery are events of a node and
 * tick its clock; a drop happens in the network and carries the clock of its sending.
 *
 * Each event is a line of text, the same in every run of the same scenario:
 *
 *   KIND PORT PEER SIZE SENT DUE WHEN REASON DIGEST CLOCK\n
 *   delivery b a 98 1000000 2000000 2000000 - 5d3f0a1c22e4b7aa [a:1 b:1]
 *
 * KIND is send, delivery or drop. PORT is where it happened: the sender's, for a delivery the
 * receiver's. PEER is the other one, "-" if it is not known. Times are virtual ns: sent, due at the
 * receiver ("-" for a send and a drop), and when it happened. REASON is "late" for a late delivery,
 * "carried" for one that had to wait because the card had its fill, the reason of a drop, or "-".
 * DIGEST is XXH64 of the frame in hexadecimal. The SHA-256 over all lines, and for each node over
 * those of its events (a drop belongs to the sender), goes on when old events are dropped from
 * memory.
 */
#ifndef NETWORK_TRACE_H
#define NETWORK_TRACE_H

#include "controller/base/vtime.h"
#include "controller/network/vclock.h"

#include <stdbool.h>
#include <stddef.h>

#define TRACE_ERROR (trace_error_quark())
GQuark trace_error_quark(void);

typedef enum {
    TRACE_ERROR_UNKNOWN, /* no event has this number yet */
    TRACE_ERROR_GONE,    /* it is no longer kept in memory */
} TraceError;

#define TRACE_DEFAULT_CAP ((size_t)1000000)
#define TRACE_NO_NODE     G_MAXUINT

typedef enum {
    TRACE_SEND,
    TRACE_DELIVERY,
    TRACE_DROP,
} TraceKind;

/* What the caller says of an event. Strings are not copied: they must outlive the trace (interned
 * strings do). */
typedef struct {
    TraceKind kind;
    unsigned node, peer_node; /* peer_node: TRACE_NO_NODE if it is not known */
    const char *port, *peer;  /* peer: NULL if it is not known */
    const char *reason;       /* NULL if there is none */
    size_t size;
    VTime sent, due, when;
    uint64_t digest;
} TraceRecord;

typedef struct {
    uint64_t number;
    TraceRecord record;
    VClock clock;
} TraceEvent;

typedef struct Trace Trace;

/* Keeps the last `cap` events (at least 1) in memory, about 140 bytes plus 8 for each node each. */
Trace *trace_new(size_t cap);
void trace_free(Trace *trace);

/* The index of node `name`, the same whenever it is asked for; indices count from 0. */
unsigned trace_node(Trace *trace, const char *name);

/* The nodes so far, and their names by index. */
unsigned trace_n_nodes(const Trace *trace);
const char *trace_node_name(const Trace *trace, unsigned node);
/* As trace_node(), but TRACE_NO_NODE if nobody has asked for that name with it yet. */
unsigned trace_find_node(const Trace *trace, const char *name);

/* Appends an event and returns its number. `stamp` is the clock that travels with the frame:
 * filled in by a send, read by a delivery and a drop. An empty one is allowed: it knows nothing. */
uint64_t trace_append(Trace *trace, const TraceRecord *record, VClock *stamp);

/* Events so far, and those of them that are no longer in memory. */
uint64_t trace_count(const Trace *trace);
uint64_t trace_gone(const Trace *trace);

/* SHA-256 so far, as 64 hexadecimal digits, over all lines or those of one node; free with
 * g_free(). */
char *trace_sha256(const Trace *trace);
char *trace_node_sha256(const Trace *trace, unsigned node);

/* An event by number; NULL with an error if there is none or it is gone. Valid until the next
 * append. */
const TraceEvent *trace_event(const Trace *trace, uint64_t number, GError **error);

/* How two events are related: BEFORE if the first may have caused the second, CONCURRENT if neither
 * knows of the other. Nothing is caused by a drop. Fails as trace_event() does. */
bool trace_relation(const Trace *trace, uint64_t a, uint64_t b, VClockOrder *out, GError **error);

/* The same in words, with both clocks: "5 is concurrent with 2: send b at 0.000004000s [a:1 b:2]
 * against send c at 0.000001000s [c:1]"; NULL with an error as above; free with g_free(). */
char *trace_explain(const Trace *trace, uint64_t a, uint64_t b, GError **error);

/* Which events to list: of node a as either side; with b, too, of frames between the two (a send
 * whose peer is not known is not among them). TRACE_NO_NODE in both: all. */
typedef struct {
    unsigned a, b;
} TraceFilter;

bool trace_filter_matches(TraceFilter filter, const TraceRecord *record);

/* The first event in memory from number `from` on that matches; NULL if there is none. Go on with
 * its number plus 1. */
const TraceEvent *trace_find(const Trace *trace, TraceFilter filter, uint64_t from);

/* The number of the event with which the last `n` that match begin, 0 if none matches. Reads
 * backwards, so that little is read if many match. */
uint64_t trace_tail(const Trace *trace, TraceFilter filter, uint64_t n);

/* The line of an event, without the newline; free with g_free(). */
char *trace_format(const Trace *trace, const TraceEvent *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trace, trace_free)

#endif
