/* SPDX-License-Identifier: GPL-3.0-or-later */
/* engine-leg.c: legs of the ensemble, and what belongs to each of their barriers. */
#include "controller/engine/engine-private.h"
#include "controller/qemu/debug.h"

#include <string.h>

/* A leg's last boundary must fit the brake's uint32 of µs. */
#define MAX_LEG_NS (4000 * NS_PER_S)

/* At a leg's end each host tells how far its nodes overshot at each barrier, in one message. */
#define MAX_LEG_OF_HOSTS 100000

/* Longest grant, in quanta and in virtual time: whoever waits for its end, a Ctrl-C or its frames,
 * does not wait long. */
#define MAX_STRIDE   256
#define MAX_GRANT_NS (20 * NS_PER_MS)

/* How soon a run that is held to a pace learns that it is to end. */
#define PACE_SLICE_NS (20 * NS_PER_MS)

/* In slices, so that the wait ends when the run is to. */
static void hold_pace(const Engine *e, const Leg *leg, VTime reached)
{
    double since = (double)vtime_sub(reached, e->pace_from).ns / e->pace;
    int64_t due_ns = e->pace_host.ns + (int64_t)MIN(since, (double)RUN_FOR_EVER);

    for (;;) {
        int64_t rest = MIN(due_ns - htime_now().ns, PACE_SLICE_NS);
        struct timespec slice = {.tv_nsec = rest};

        if (rest <= 0 || atomic_load(&leg->stop))
            return;
        nanosleep(&slice, NULL);
        leg_idle(leg);
    }
}

/* What is due in the quanta that follow barrier k, the end of a grant. */
static void grant(const Engine *e, const Leg *leg, uint64_t k)
{
    uint64_t end = MIN(k + leg->stride + leg->lead, leg->count);

    if (e->fabric && k < leg->count && k % leg->stride == 0)
        fabric_grant(e->fabric, leg_boundary(leg, end));
}

static void on_barrier(Leg *leg, uint64_t k, void *data)
{
    Engine *e = data;
    Slot *last = NULL;
    HTime before_last = leg->granted;
    bool met = k % leg->stride == 0 || k == leg->count; /* else hosts do not wait for each other */
    BarrierView view;
    uint64_t number;

    for (unsigned i = 0; i < leg->n_slots; i++) {
        Slot *s = &leg->slots[i];

        if (leg->marks ? s->arrived.ns == 0 : s->arrived.ns < leg->granted.ns) {
            s->stamp_us = -1; /* at rest, ahead of this boundary */
            continue;
        }
        if (!last || s->arrived.ns > last->arrived.ns) {
            before_last = last ? last->arrived : leg->granted;
            last = s;
        } else if (s->arrived.ns > before_last.ns) {
            before_last = s->arrived;
        }
    }
    number = atomic_load_explicit(&e->stats.barriers, memory_order_relaxed) + 1;
    atomic_store_explicit(&e->stats.barriers, number, memory_order_relaxed);
    view = (BarrierView){.number = number,
                         .time = leg_boundary(leg, k),
                         .slots = leg->slots,
                         .n_slots = leg->n_slots,
                         .granted = leg->granted,
                         .last = last ? last->arrived : leg->granted,
                         .met = met};
    if (met)
        e->stats.in_quanta.ns += htime_sub(view.last, leg->granted).ns;
    if (met && last && leg->n_slots > 1) {
        last->stats->waited_for++;
        last->stats->waited.ns += htime_sub(last->arrived, before_last).ns;
    }
    if (e->fabric)
        fabric_advance(e->fabric, view.time);
    grant(e, leg, k);
    for (unsigned i = 0; i < e->observers->len; i++) {
        const Observer *o = &g_array_index(e->observers, Observer, i);

        if (o->func(&view, o->data))
            atomic_store(&leg->stop, true);
    }
    if (e->pace > 0)
        hold_pace(e, leg, view.time);
}

static void on_leg_done(void *data)
{
    Engine *e = data;
    uint64_t k = atomic_load(&e->leg.k);

    if (e->on_grid || e->leg.n_slots == e->members->len)
        if (k > 0)
            e->now = leg_boundary(&e->leg, k);
    e->leg_done = e->on_grid;
    if (atomic_load(&e->leg.broke))
        e->broke = true;
    else if (atomic_load(&e->leg.stop))
        e->stopping = true;
    engine_plan(e);
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
            ((n->console && lines_expect(console_lines(n->console))) || debug_armed(n) ||
             (e->goal.stop_on_exit && !n->options->on_exit_continue)))
            return true;
    }
    return e->pace > 0;
}

/*
 * How many quanta a host may run without the others: what is sent in them is due behind them. A
 * quarter of them is the lead, which hides the way of the messages: more would make them too many,
 * less too slow.
 */
static void set_stride(const Engine *e, Leg *leg)
{
    int64_t ahead = e->fabric ? fabric_begin(e->fabric).ns : INT64_MAX;
    unsigned n = (unsigned)CLAMP(MIN(ahead, MAX_GRANT_NS) / e->quantum.ns, 1, MAX_STRIDE);

    leg->stride = 1;
    if (!hosts_are_several(leg) || may_stop(e))
        return;
    leg->lead = (n + 2) / 4;
    leg->stride = (unsigned)MIN(n - leg->lead, leg->count);
}

void engine_start_leg(Engine *e, Node *only, VTime first, uint64_t count, bool on_grid)
{
    g_array_set_size(e->slots, 0);
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];
        Slot slot = {.node = m->node, .stats = &m->stats};

        if (node_is_live(m->node) && (!only || only == m->node))
            g_array_append_val(e->slots, slot);
    }
    memset(&e->leg, 0, sizeof(e->leg));
    e->on_grid = on_grid;
    e->leg.slots = (Slot *)(void *)e->slots->data;
    e->leg.n_slots = e->slots->len;
    if (hosts_are_several(&e->leg))
        count = MIN(count, MAX_LEG_OF_HOSTS);
    e->leg.now = e->now;
    e->leg.first = first;
    e->leg.quantum = e->quantum;
    e->leg.count = count;
    e->leg.brake = true;
    e->leg.max_skip_us = e->max_skip.ns / NS_PER_US;
    e->leg.on_grid = on_grid;
    e->leg.next_barrier = engine_next_barrier(e);
    e->leg.data = e;
    e->leg.hurry = &e->hurry;
    set_stride(e, &e->leg);
    if (hosts_are_several(&e->leg)) {
        g_array_set_size(e->marks, e->leg.stride * e->slots->len);
        e->leg.marks = (LegMark *)(void *)e->marks->data;
        memset(e->leg.marks, 0, e->leg.stride * e->slots->len * sizeof(LegMark));
    }
    if (e->fabric) {
        fabric_grant(e->fabric, leg_boundary(&e->leg, MIN(e->leg.stride + e->leg.lead, count)));
        fabric_fill(e->fabric, e->now, first);
        e->leg.cards = true;
        e->leg.fabric = on_grid ? e->fabric : NULL;
    }
    e->leg.stop_on_exit = e->goal.stop_on_exit;
    e->leg.exits = e->goal.exits;
    e->leg.on_barrier = on_grid ? on_barrier : NULL;
    hosts_run_leg(e->hosts, &e->leg, on_leg_done, e);
    /* Set before, it would have been forgotten by leg_init(). */
    if (atomic_load(&e->interrupted))
        atomic_store(&e->leg.stop, true);
}

void engine_start_quanta(Engine *e, VTime to)
{
    VTime first = engine_next_barrier(e);
    int64_t span = MIN(to.ns - first.ns, MAX_LEG_NS - 2 * e->quantum.ns);
    uint64_t count = (uint64_t)(span / e->quantum.ns) + 1;

    engine_start_leg(e, NULL, first, e->goal.at_rest ? 1 : count, true);
}
