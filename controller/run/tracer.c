/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tracer.c: looks at the nodes where they stand and joins what is alike: a node's vCPUs have one
 * slice for as long as they are busy, idle or both. Packets are read from the network's own trace.
 */
#include "controller/run/tracer.h"

#include "controller/engine/rest.h"
#include "controller/fabric/fabric.h"
#include "controller/network/headers.h"
#include "controller/report/timeline.h"
#include "controller/session/live.h"
#include "controller/session/session-error.h"

#include <string.h>

#define OWN "metronome"

/* An idle clock stands up to 1 us past its stop with nothing executed (the brake), so so much is no
 * idle time. */
#define BRAKE_NS NS_PER_US

/* What is known of a node's vCPUs since `from`. QEMU counts the instructions of all vCPUs as one. */
typedef struct {
    char *name;
    unsigned index;      /* Node.index */
    const char *phase;   /* what they have done since `from`; NULL: nothing is known yet */
    VTime from, at;      /* of the slice, and of the last look */
    Insns icount, began; /* at the last look, and at `from` */
    int64_t bias_ns;
    int busy; /* percent of the last interval; -1: none was written */
    bool present;
} Lane;

struct Tracer {
    Timeline *file; /* NULL: the session only checks */
    char *path;
    int64_t every;
    bool barriers;
    VTime last;       /* of the last look, or of the begin of the present piece */
    VTime quantum;    /* of the present piece */
    uint64_t packets; /* events of the network's trace that are written */
    unsigned rounds;  /* how often the ensemble was put back */
    GPtrArray *nodes; /* Lane */
};

static void lane_free(void *data)
{
    Lane *l = data;

    g_free(l->name);
    g_free(l);
}

static bool writes(const Session *s)
{
    return s->tracer && s->tracer->file && timeline_is_open(s->tracer->file);
}

/* The process of a node, a gateway or metronome itself. */
static unsigned process_of(const struct Tracer *t, const char *name)
{
    g_autofree char *round =
        t->rounds > 0 ? g_strdup_printf("%s (put back %u)", name, t->rounds) : g_strdup(name);

    return timeline_process(t->file, round);
}

static TimelineLane place(const struct Tracer *t, const char *process, const char *lane)
{
    return timeline_lane(t->file, process_of(t, process), lane);
}

/* --- vCPUs --- */

static void end_slice(const struct Tracer *t, Lane *l)
{
    Answer *args;

    if (!l->phase || l->at.ns <= l->from.ns)
        return;
    args = answer_new();
    answer_int(args, "instructions", l->icount.n - l->began.n);
    timeline_slice(t->file, place(t, l->name, "vCPUs"), l->phase, l->from, l->at, args);
    l->from = l->at;
    l->began = l->icount;
}

/* The vCPUs have done this from the last look until `at`. */
static void add_phase(const struct Tracer *t, Lane *l, const char *phase, VTime at)
{
    if (at.ns <= l->at.ns)
        return;
    if (!l->phase || strcmp(l->phase, phase) != 0) {
        end_slice(t, l);
        l->phase = phase;
    }
    l->at = at;
}

static void add_busy(const struct Tracer *t, Lane *l, VTime at, int busy)
{
    if (busy != l->busy)
        timeline_counter(t->file, process_of(t, l->name), "busy %", at, busy);
    l->busy = busy;
}

static void add_counted(const struct Tracer *t, Lane *l, const Node *n, VTime at)
{
    int64_t span = at.ns - l->at.ns, insns = n->clock.icount.n - l->icount.n;
    int64_t idle = n->clock.bias.ns - l->bias_ns;
    const char *phase = insns == 0 ? "idle" : idle <= BRAKE_NS ? "busy" : "partly idle";

    if (span <= 0)
        return;
    add_busy(t, l, l->at, (int)CLAMP((insns * node_granule_ns(n) * 100 + span / 2) / span, 0, 100));
    if (!l->phase || strcmp(l->phase, phase) != 0)
        end_slice(t, l);
    l->icount = n->clock.icount;
    l->bias_ns = n->clock.bias.ns;
    add_phase(t, l, phase, at);
}

static Lane *find_lane(const struct Tracer *t, const Node *n)
{
    for (unsigned i = 0; i < t->nodes->len; i++)
        if (((const Lane *)t->nodes->pdata[i])->index == n->index)
            return t->nodes->pdata[i];
    return NULL;
}

static Lane *lane_of(struct Tracer *t, const Node *n, VTime now)
{
    Lane *l = find_lane(t, n);

    if (l)
        return l;
    l = g_new0(Lane, 1);
    *l = (Lane){.name = g_strdup(n->name),
                .index = n->index,
                .from = now,
                .at = now,
                .icount = n->clock.icount,
                .began = n->clock.icount,
                .bias_ns = n->clock.bias.ns,
                .busy = -1};
    g_ptr_array_add(t->nodes, l);
    place(t, l->name, "vCPUs"); /* so that it is the node's first lane */
    return l;
}

/* Until where the node's own clock is known to count: that of a node whose QEMU is gone is not. */
static bool counts(const Node *n)
{
    return n->icount.enabled && !n->clock.rough && !n->clock_stale && n->state != NODE_FAILED;
}

static void look_at(const Session *s, Node *n)
{
    struct Tracer *t = s->tracer;
    VTime now = engine_now(s->engine), own;
    Lane *l;

    if (node_is_live(n))
        rest_settle(n);
    own = node_ensemble_time(n);
    l = lane_of(t, n, counts(n) ? own : now);
    l->present = true;
    if (counts(n))
        add_counted(t, l, n, own);
    else if (node_is_live(n))
        add_phase(t, l, n->clock.idle ? "idle" : "running", now);
    if (node_is_live(n))
        return;
    if (l->busy > 0)
        add_busy(t, l, l->at, 0);
    add_phase(t, l, node_state_name(n->state), now);
}

static void look_at_all(const Session *s)
{
    struct Tracer *t = s->tracer;

    for (unsigned i = 0; i < t->nodes->len; i++)
        ((Lane *)t->nodes->pdata[i])->present = false;
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (((const Node *)s->nodes->pdata[i])->state != NODE_ADDED)
            look_at(s, s->nodes->pdata[i]);
    for (unsigned i = t->nodes->len; i-- > 0;) { /* those that were removed */
        Lane *l = t->nodes->pdata[i];

        if (l->present)
            continue;
        end_slice(t, l);
        g_ptr_array_remove_index(t->nodes, i);
    }
}

/* --- packets --- */

static const char *owner(const Trace *trace, unsigned node, const char *port)
{
    return node != TRACE_NO_NODE ? trace_node_name(trace, node) : port;
}

static Answer *packet_args(const TraceRecord *r)
{
    Answer *args = answer_new();

    answer_count(args, "bytes", r->size);
    if (r->reason)
        answer_text(args, "note", r->reason);
    return args;
}

/* What a port sends and gets has a lane each: a viewer that binds an arrow to a slice takes two of
 * one lane that are a ns apart for one. */
static TimelineLane packet_lane(const struct Tracer *t, const Trace *trace, unsigned node,
                                const char *port, const char *way)
{
    const char *name = owner(trace, node, port);
    g_autofree char *lane = strcmp(name, port) == 0 ? g_strdup_printf("packets %s", way)
                                                    : g_strdup_printf("packets %s, %s", way, port);

    return place(t, name, lane);
}

static void write_delivery(const struct Tracer *t, const Trace *trace, const TraceRecord *r)
{
    g_autofree char *name = headers_name(r->type, r->proto);
    TimelineLane from = packet_lane(t, trace, r->peer_node, r->peer, "out");
    TimelineLane to = packet_lane(t, trace, r->node, r->port, "in");
    Answer *args = packet_args(r);

    answer_int(args, "queue_ns", r->queued.ns);
    answer_int(args, "bits_ns", r->bits.ns);
    answer_int(args, "latency_ns", r->due.ns - r->sent.ns - r->queued.ns - r->bits.ns);
    answer_int(args, "wait_ns", r->when.ns - r->due.ns);
    timeline_slice(t->file, from, name, r->sent, r->sent, NULL);
    timeline_slice(t->file, to, name, r->when, r->when, args);
    timeline_arrow(t->file, name, from, r->sent, to, r->when);
}

static void write_drop(const struct Tracer *t, const Trace *trace, const TraceRecord *r)
{
    g_autofree char *protocol = headers_name(r->type, r->proto);
    g_autofree char *name = g_strconcat("lost: ", protocol, NULL);

    timeline_instant(t->file, packet_lane(t, trace, r->node, r->port, "out"), name, r->when, false,
                     packet_args(r));
}

static void write_packets(const Session *s)
{
    struct Tracer *t = s->tracer;
    const Trace *trace = s->fabric ? fabric_trace(s->fabric) : NULL;
    uint64_t gone = trace ? trace_gone(trace) : 0;

    if (!trace)
        return;
    if (t->packets < gone) {
        Answer *args = answer_new();

        answer_count(args, "events", gone - t->packets);
        timeline_instant(t->file, place(t, OWN, "runs"),
                         "too many packets: the earliest are left out", engine_now(s->engine),
                         false, args);
        t->packets = gone;
    }
    while (t->packets < trace_count(trace)) {
        const TraceEvent *e = trace_event(trace, ++t->packets, NULL);

        if (e->record.kind == TRACE_DELIVERY && e->record.peer)
            write_delivery(t, trace, &e->record);
        else if (e->record.kind == TRACE_DROP)
            write_drop(t, trace, &e->record);
    }
}

/* --- the rest --- */

/* The quantum has not changed since the last look. */
static void write_barriers(const struct Tracer *t, VTime now)
{
    int64_t q = t->quantum.ns;

    if (!t->barriers)
        return;
    for (int64_t at = t->last.ns - t->last.ns % q + q; at <= now.ns; at += q)
        timeline_instant(t->file, place(t, OWN, "barriers"), "barrier", vtime(at), false, NULL);
}

static void on_line(const char *node, const char *port, const char *text, VTime at, void *data)
{
    const Session *s = data;
    g_autofree char *lane = *port ? g_strdup_printf("console %s", port) : g_strdup("console");

    if (writes(s) && *text)
        timeline_instant(s->tracer->file, place(s->tracer, node, lane), text, at, false, NULL);
}

void tracer_clock(Session *s, const Node *n, const ClockSample *c)
{
    Answer *args;

    /* The host's clock would make two equal runs differ. */
    if (!writes(s) || c->why_not || strcmp(c->name, "host") == 0)
        return;
    args = answer_new();
    answer_int(args, "cpu", c->cpu);
    answer_int(args, "value_ns", c->value);
    answer_int(args, "offset_ns", c->value - c->at.ns);
    timeline_instant(s->tracer->file, place(s->tracer, n->name, "clocks"), c->name,
                     vtime_sub(c->at, n->epoch), false, args);
}

void tracer_run(Session *s, VTime from, const char *how, unsigned number, const char *why)
{
    VTime now = engine_now(s->engine);
    TimelineLane lane;
    Answer *args;

    if (!writes(s))
        return;
    lane = place(s->tracer, OWN, "runs");
    args = answer_new();
    answer_text(args, "end", how);
    if (why)
        answer_text(args, "why", why);
    timeline_slice(s->tracer->file, lane, "run", from, vtime(MAX(from.ns, now.ns)), args);
    if (number > 0) {
        g_autofree char *name = g_strdup_printf("break %u", number);

        args = answer_new();
        answer_text(args, "why", why);
        timeline_instant(s->tracer->file, lane, name, now, true, args);
    }
    timeline_flush(s->tracer->file);
}

VTime tracer_next_time(const Session *s)
{
    int64_t now = engine_now(s->engine).ns, step, next;

    if (!writes(s))
        return vtime(RUN_FOR_EVER);
    if (__builtin_mul_overflow(engine_quantum(s->engine).ns, s->tracer->every, &step) ||
        __builtin_add_overflow(now - now % step, step, &next))
        next = RUN_FOR_EVER;
    return vtime(next);
}

void tracer_begin_piece(Session *s)
{
    if (!writes(s))
        return;
    s->tracer->last = engine_now(s->engine);
    s->tracer->quantum = engine_quantum(s->engine);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        if (n->state != NODE_ADDED && !find_lane(s->tracer, n))
            look_at(s, n);
    }
}

void tracer_sample(Session *s)
{
    struct Tracer *t = s->tracer;
    VTime now = engine_now(s->engine);

    if (!writes(s))
        return;
    write_barriers(t, now);
    t->last = now;
    look_at_all(s);
    write_packets(s);
    timeline_flush(t->file);
}

/* Begins at the present time, with nothing known of before. */
static void begin_here(const Session *s)
{
    struct Tracer *t = s->tracer;

    t->last = engine_now(s->engine);
    t->quantum = engine_quantum(s->engine);
    t->packets = s->fabric ? trace_count(fabric_trace(s->fabric)) : 0;
    g_ptr_array_set_size(t->nodes, 0);
    process_of(t, OWN);
    if (s->started)
        look_at_all(s);
    timeline_flush(t->file);
}

void tracer_anew(Session *s, const char *how)
{
    struct Tracer *t = s->tracer;

    if (!writes(s))
        return;
    for (unsigned i = 0; i < t->nodes->len; i++)
        end_slice(t, t->nodes->pdata[i]);
    t->rounds++;
    begin_here(s);
    timeline_instant(t->file, place(t, OWN, "runs"), how, engine_now(s->engine), false, NULL);
}

bool tracer_begin(Session *s, const TracerOptions *o, GError **error)
{
    g_autoptr(GError) e = NULL;
    Timeline *file = NULL;

    if (s->tracer) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is a trace into '%s' already: `trace off` ends it", s->tracer->path);
        return false;
    }
    if (s->options.dry ? !timeline_accepts(o->path, &e) : !(file = timeline_open(o->path, &e))) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "can't trace into '%s': %s", o->path,
                    e->message);
        return false;
    }
    s->tracer = g_new0(struct Tracer, 1);
    s->tracer->file = file;
    s->tracer->path = g_strdup(o->path);
    s->tracer->every = o->every;
    s->tracer->barriers = o->barriers;
    s->tracer->nodes = g_ptr_array_new_with_free_func(lane_free);
    if (!file)
        return true;
    begin_here(s);
    live_tap(s, on_line, s);
    return true;
}

const char *tracer_path(const Session *s)
{
    return s->tracer ? s->tracer->path : NULL;
}

bool tracer_end(Session *s, uint64_t *events, char **path)
{
    struct Tracer *t = s->tracer;

    if (!t)
        return false;
    if (t->file) {
        live_flush(s, true);
        live_tap(s, NULL, NULL);
    }
    for (unsigned i = 0; writes(s) && i < t->nodes->len; i++)
        end_slice(t, t->nodes->pdata[i]);
    *events = t->file ? timeline_events(t->file) : 0;
    timeline_close(t->file);
    *path = g_steal_pointer(&t->path);
    g_ptr_array_unref(t->nodes);
    g_clear_pointer(&s->tracer, g_free);
    return true;
}

void tracer_free(Session *s)
{
    g_autofree char *path = NULL;
    uint64_t events;

    tracer_end(s, &events, &path);
}

void tracer_mirror(const Session *from, Session *to)
{
    if (!from->tracer)
        return;
    to->tracer = g_new0(struct Tracer, 1);
    to->tracer->path = g_strdup(from->tracer->path);
    to->tracer->every = from->tracer->every;
    to->tracer->nodes = g_ptr_array_new_with_free_func(lane_free);
}
