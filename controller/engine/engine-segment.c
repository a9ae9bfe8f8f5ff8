/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine-segment.c: prepares segments of the ensemble and does the work at each of their
 * barriers: statistics, the network, observers, pace.
 */
#include "controller/engine/engine-private.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"

#include <string.h>

/* A segment's last boundary must fit the brake's uint32 of µs. */
#define MAX_SEGMENT_NS (4000 * NS_PER_S)

/* At a segment's end each host reports in one message how far its nodes overshot at each
 * barrier. The limit keeps that message small. */
#define MAX_HOSTS_SEGMENT 100000

/* Longest grant, in quanta and in virtual time. A Ctrl-C or a frame that waits for the grant's
 * end does not wait long. */
#define MAX_GRANT_QUANTA 256
#define MAX_GRANT_NS     (20 * NS_PER_MS)

/* Host time after which a run that is held to a pace notices that it is to end. */
#define PACE_SLICE_NS (20 * NS_PER_MS)

/* Waits until host time has caught up with the pace. The wait is made in slices, so that it ends
 * when the run is to end. */
static void hold_pace(const Engine *e, const Segment *segment, VTime reached)
{
    double since = (double)vtime_sub(reached, e->pace_from).ns / e->pace;
    int64_t due_ns = e->pace_host.ns + (int64_t)MIN(since, (double)RUN_FOR_EVER);

    for (;;) {
        int64_t rest = MIN(due_ns - htime_now().ns, PACE_SLICE_NS);
        struct timespec slice = {.tv_nsec = rest};

        if (rest <= 0 || atomic_load(&segment->stop))
            return;
        nanosleep(&slice, NULL);
        segment_idle(segment);
    }
}

/* Hands over the frames that are due in the quanta behind barrier k, if k ends a grant. */
static void grant(const Engine *e, const Segment *segment, uint64_t k)
{
    uint64_t end = MIN(k + segment->grant_quanta + segment->overlap_quanta, segment->count);

    if (e->fabric && k < segment->count && k % segment->grant_quanta == 0)
        fabric_grant(e->fabric, segment_boundary(segment, end));
}

static void on_barrier(Segment *segment, uint64_t k, void *data)
{
    Engine *e = data;
    Participant *last = NULL;
    HTime before_last = segment->granted;
    bool met = k % segment->grant_quanta == 0 ||
               k == segment->count; /* at other barriers hosts do not wait for each other */
    BarrierView view;
    uint64_t number;

    for (unsigned i = 0; i < segment->n_participants; i++) {
        Participant *s = &segment->participants[i];

        if (segment->marks ? s->arrived.ns == 0 : s->arrived.ns < segment->granted.ns) {
            s->stamp_us = -1; /* at rest, ahead of this boundary */
            continue;
        }
        if (!last || s->arrived.ns > last->arrived.ns) {
            before_last = last ? last->arrived : segment->granted;
            last = s;
        } else if (s->arrived.ns > before_last.ns) {
            before_last = s->arrived;
        }
    }
    number = atomic_load_explicit(&e->stats.barriers, memory_order_relaxed) + 1;
    atomic_store_explicit(&e->stats.barriers, number, memory_order_relaxed);
    view = (BarrierView){.number = number,
                         .time = segment_boundary(segment, k),
                         .participants = segment->participants,
                         .n_participants = segment->n_participants,
                         .granted = segment->granted,
                         .last = last ? last->arrived : segment->granted,
                         .met = met};
    if (met)
        e->stats.in_quanta.ns += htime_sub(view.last, segment->granted).ns;
    if (met && last && segment->n_participants > 1) {
        last->stats->waited_for++;
        last->stats->waited.ns += htime_sub(last->arrived, before_last).ns;
    }
    if (e->fabric)
        fabric_advance(e->fabric, view.time);
    grant(e, segment, k);
    for (unsigned i = 0; i < e->observers->len; i++) {
        const Observer *o = &g_array_index(e->observers, Observer, i);

        if (o->func(&view, o->data))
            atomic_store(&segment->stop, true);
    }
    if (e->pace > 0)
        hold_pace(e, segment, view.time);
}

static void on_segment_done(void *data)
{
    Engine *e = data;
    uint64_t k = atomic_load(&e->segment.k);

    if (e->aligned || e->segment.n_participants == e->members->len)
        if (k > 0)
            e->now = segment_boundary(&e->segment, k);
    e->segment_done = e->aligned;
    if (atomic_load(&e->segment.broke))
        e->broke = true;
    else if (atomic_load(&e->segment.stop))
        e->stopping = true;
    engine_plan(e);
}

static bool expects_line(const Node *n)
{
    for (unsigned i = 0; i < node_n_consoles(n); i++)
        if (node_console(n, i) && lines_expect(console_lines(node_console(n, i))))
            return true;
    return false;
}

/* Whether something may end the run at a barrier that is not known beforehand. */
static bool may_stop(const Engine *e)
{
    for (unsigned i = 0; i < e->observers->len; i++)
        if (!g_array_index(e->observers, Observer, i).looks)
            return true;
    for (unsigned i = 0; i < e->members->len; i++) {
        const Node *n = ((const Member *)e->members->pdata[i])->node;

        if (node_is_live(n) &&
            (expects_line(n) || debug_armed(n) || node_exit_may_end(n, e->goal.stop_on_exit)))
            return true;
    }
    return e->pace > 0;
}

/*
 * Sets how many quanta a host may run without the others: frames that are sent in these quanta are
 * due behind them. A quarter of the quanta is the overlap, which hides the travel time of the
 * messages. A larger overlap would cause too many messages, a smaller one too slow ones.
 */
static void set_grant_quanta(const Engine *e, Segment *segment)
{
    int64_t ahead = e->fabric ? fabric_begin(e->fabric).ns : INT64_MAX;
    unsigned n = (unsigned)CLAMP(MIN(ahead, MAX_GRANT_NS) / e->quantum.ns, 1, MAX_GRANT_QUANTA);

    segment->grant_quanta = 1;
    if (!all_hosts_needed(segment) || may_stop(e))
        return;
    segment->overlap_quanta = (n + 2) / 4;
    segment->grant_quanta = (unsigned)MIN(n - segment->overlap_quanta, segment->count);
}

void engine_start_segment(Engine *e, Node *only, VTime first, uint64_t count, bool aligned)
{
    g_array_set_size(e->participants, 0);
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];
        Participant participant = {.node = m->node, .stats = &m->stats};

        if (node_is_live(m->node) && (!only || only == m->node))
            g_array_append_val(e->participants, participant);
    }
    memset(&e->segment, 0, sizeof(e->segment));
    engine_note_way(e, only, vtime(first.ns + (int64_t)(count - 1) * e->quantum.ns));
    e->aligned = aligned;
    e->segment.participants = (Participant *)(void *)e->participants->data;
    e->segment.n_participants = e->participants->len;
    if (all_hosts_needed(&e->segment))
        count = MIN(count, MAX_HOSTS_SEGMENT);
    e->segment.now = e->now;
    e->segment.first = first;
    e->segment.quantum = e->quantum;
    e->segment.count = count;
    e->segment.brake = true;
    e->segment.grain_us = engine_grain_us(e);
    e->segment.aligned = aligned;
    e->segment.next_barrier = engine_next_barrier(e);
    e->segment.data = e;
    e->segment.hurry = &e->hurry;
    set_grant_quanta(e, &e->segment);
    if (all_hosts_needed(&e->segment)) {
        g_array_set_size(e->marks, e->segment.grant_quanta * e->participants->len);
        e->segment.marks = (SegmentMark *)(void *)e->marks->data;
        memset(e->segment.marks, 0,
               e->segment.grant_quanta * e->participants->len * sizeof(SegmentMark));
    }
    if (e->fabric) {
        fabric_grant(e->fabric, segment_boundary(&e->segment, MIN(e->segment.grant_quanta +
                                                                      e->segment.overlap_quanta,
                                                                  count)));
        fabric_fill(e->fabric, e->now, first);
        e->segment.cards = true;
        e->segment.fabric = aligned ? e->fabric : NULL;
    }
    e->segment.stop_on_exit = e->goal.stop_on_exit;
    e->segment.exits = e->goal.exits;
    e->segment.on_barrier = aligned ? on_barrier : NULL;
    all_hosts_run_segment(e->hosts, &e->segment, on_segment_done, e);
    /* An interrupt that set `stop` before this would have been forgotten by segment_init(). */
    if (atomic_load(&e->interrupted))
        atomic_store(&e->segment.stop, true);
}

void engine_start_quanta(Engine *e, VTime to)
{
    VTime first = engine_next_barrier(e);
    int64_t span = MIN(to.ns - first.ns, MAX_SEGMENT_NS - 2 * e->quantum.ns);
    uint64_t count = (uint64_t)(span / e->quantum.ns) + 1;

    engine_start_segment(e, NULL, first, e->goal.at_rest ? 1 : count, true);
}
