/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.h: records all events of all frames, in one total order, with vector clocks and digests.
 *
 * An event is a send, a delivery, or the end of a frame on its way (drop). Events are numbered from
 * 1 in the order of appending. A send and a delivery are events of a node and tick the node's
 * clock. A drop happens in the network and carries the clock of the frame's send.
 *
 * Each event is a line of text, the same in every run of the same scenario:
 *
 *   KIND PORT PEER SIZE SENT DUE WHEN REASON DIGEST CLOCK\n
 *   delivery b a 98 1000000 2000000 2000000 - 5d3f0a1c22e4b7aa [a:1 b:1]
 *
 * KIND is send, delivery or drop. PORT is the sender's port, for a delivery the receiver's. PEER is
 * the other port, "-" if unknown. Times are virtual ns: SENT; DUE at the receiver ("-" for a send
 * and a drop); WHEN the event happened. REASON is "late" for a late delivery, "carried" for a
 * delivery that waited because the NIC was full, the reason of a drop, or "-". DIGEST is XXH64 of
 * the frame in hexadecimal.
 *
 * One SHA-256 covers all lines, and one per node covers the lines of the node's events (a drop
 * belongs to the sender). The digests still cover old events that were dropped from memory.
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
    TRACE_ERROR_GONE,    /* the event is no longer kept in memory */
    TRACE_ERROR_SAVED,   /* saved bytes are damaged */
} TraceError;

#define TRACE_DEFAULT_CAP ((size_t)1000000)
#define TRACE_NO_NODE     G_MAXUINT

typedef enum {
    TRACE_SEND,
    TRACE_DELIVERY,
    TRACE_DROP,
} TraceKind;

/* The caller's data about an event. Strings are not copied and must outlive the trace (interned
 * strings do). */
typedef struct {
    TraceKind kind;
    unsigned node, peer_node; /* peer_node: TRACE_NO_NODE if unknown */
    const char *port, *peer;  /* peer: NULL if unknown */
    const char *reason;       /* NULL if there is no reason */
    size_t size;
    VTime sent, due, when;
    /* Not in the line. Of a delivery: when - sent is queued (behind other frames) + bits (of its own,
     * at each link's bandwidth) + (due - sent - queued - bits), the latencies with jitter, +
     * (when - due), the wait at the receiver for a barrier or a µs. */
    VTime queued, bits;
    uint16_t type, proto; /* as in Headers; both 0: a serial line */
    uint64_t digest;
} TraceRecord;

typedef struct {
    uint64_t number;
    TraceRecord record;
    VClock clock;
} TraceEvent;

typedef struct Trace Trace;

/* Creates a trace that keeps the last `cap` events (at least 1) in memory. Each event needs about
 * 160 bytes plus 8 per node. */
Trace *trace_new(size_t cap);
void trace_free(Trace *trace);

/* Returns the index of node `name`, adding an unknown node. The index of a name stays the same;
 * indices count from 0. */
unsigned trace_node(Trace *trace, const char *name);

/* Number of nodes so far, and the name of a node by index. */
unsigned trace_n_nodes(const Trace *trace);
const char *trace_node_name(const Trace *trace, unsigned node);
/* Like trace_node(), but returns TRACE_NO_NODE for a name that trace_node() has not added. */
unsigned trace_find_node(const Trace *trace, const char *name);

/* Appends an event and returns its number. `stamp` is the clock that travels with the frame: a send
 * fills in the stamp, a delivery and a drop read the stamp. An empty stamp is allowed and counts as
 * all zero. */
uint64_t trace_append(Trace *trace, const TraceRecord *record, VClock *stamp);

/* Number of events so far, and number of these that are no longer in memory. */
uint64_t trace_count(const Trace *trace);
uint64_t trace_gone(const Trace *trace);

/* Returns the SHA-256 so far, as 64 hexadecimal digits, over all lines or over the lines of one
 * node. The caller frees the text with g_free(). */
char *trace_sha256(const Trace *trace);
char *trace_node_sha256(const Trace *trace, unsigned node);

/* Returns an event by number, or NULL with an error if no such event exists or the event is gone.
 * Valid until the next append. */
const TraceEvent *trace_event(const Trace *trace, uint64_t number, GError **error);

/* Determines how two events are related: BEFORE if the first may have caused the second, CONCURRENT
 * if neither may have caused the other. A drop causes nothing. Fails like trace_event(). */
bool trace_relation(const Trace *trace, uint64_t a, uint64_t b, VClockOrder *out, GError **error);

/* Returns the relation in words, with both clocks: "5 is concurrent with 2: send b at 0.000004000s
 * [a:1 b:2] against send c at 0.000001000s [c:1]". NULL with an error like trace_event(). The
 * caller frees the text with g_free(). */
char *trace_explain(const Trace *trace, uint64_t a, uint64_t b, GError **error);

/* Selects events to list: events with node a on either side. With b too: events of frames between
 * the two nodes (a send with an unknown peer is not among them). TRACE_NO_NODE in both: all
 * events. */
typedef struct {
    unsigned a, b;
} TraceFilter;

bool trace_filter_matches(TraceFilter filter, const TraceRecord *record);

/* Returns the first matching event in memory from number `from` on, or NULL. To continue, pass the
 * event's number plus 1. */
const TraceEvent *trace_find(const Trace *trace, TraceFilter filter, uint64_t from);

/* Returns the number of the first of the last `n` matching events; 0 if none matches. Searches
 * backwards, so reads little if many events match. */
uint64_t trace_tail(const Trace *trace, TraceFilter filter, uint64_t n);

/* Returns the line of an event, without the newline. The caller frees the text with g_free(). */
char *trace_format(const Trace *trace, const TraceEvent *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trace, trace_free)

#endif
