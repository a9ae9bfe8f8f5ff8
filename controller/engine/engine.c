/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.c: from a goal to legs and steps.
 *
 * After each of them plan() looks at where the nodes stand and chooses the next one, so that what
 * comes unexpected (an idle node that was warped ahead, a console that matched) needs no path of
 * its own. Nothing is ever run past a goal: there is no way back.
 */
#include "controller/engine/engine.h"

#include "controller/base/units.h"
#include "controller/engine/debug.h"
#include "controller/engine/gate.h"
#include "controller/engine/hosts.h"
#include "controller/engine/nic.h"

#include <string.h>

/* A leg's last boundary must fit the brake's uint32 of µs. */
#define MAX_LEG_NS (4000 * NS_PER_S)

/* At a leg's end each host tells how far its nodes overshot at each barrier, in one message. */
#define MAX_LEG_OF_HOSTS 100000

typedef struct {
    Node *node;
    NodeStats stats;
    bool was_off; /* when the run began */
} Member;

typedef struct {
    BarrierObserver func;
    bool looks;
    void *data;
} Observer;

/* A tenth of the default quantum: some 10 % of speed for nodes with breakpoints. */
#define MAX_SKIP_NS (100 * NS_PER_US)

/* Longest grant, in quanta and in virtual time: whoever waits for its end, a Ctrl-C or its frames,
 * does not wait long. */
#define MAX_STRIDE   256
#define MAX_GRANT_NS (20 * NS_PER_MS)

/* How soon a run that is held to a pace learns that it is to end. */
#define PACE_SLICE_NS (20 * NS_PER_MS)

struct Engine {
    Host *host;   /* this one */
    Hosts *hosts; /* and all others */
    VTime quantum, now, max_skip;
    GPtrArray *members; /* Member */
    EnsembleStats stats;
    GArray *observers; /* Observer */
    EngineExchange exchange;
    double pace;
    VTime pace_from; /* the pace counts from here … */
    HTime pace_host; /* … and then */

    /* the run */
    bool running;
    RunGoal goal;
    EngineDoneFunc done;
    void *done_data;
    bool broke, asleep; /* why it ends */
    bool leg_done;      /* a barrier was reached */
    bool stopping;      /* on the way to the barrier where it ends early */
    bool replan;        /* the leg ends early because a boundary is to be added */
    atomic_bool interrupted;
    Leg leg;
    GArray *marks; /* LegMark */
    bool on_grid;  /* the leg's boundaries are barriers of the ensemble */
    GArray *slots;
    StepRequest step;
    unsigned step_index;
};

static void plan(Engine *e);

static void free_nics(Node *node)
{
    while (node->nics && node->nics->len > 0)
        nic_free(node->nics->pdata[node->nics->len - 1]);
}

static void member_free(void *data)
{
    Member *m = data;

    dist_clear(&m->stats.overshoot);
    dist_clear(&m->stats.idle_skip);
    g_free(m);
}

Engine *engine_new(Host *host)
{
    Engine *e = g_new0(Engine, 1);

    e->host = host;
    e->hosts = hosts_new(host);
    e->quantum = vtime(NS_PER_MS);
    e->max_skip = vtime(MAX_SKIP_NS);
    e->members = g_ptr_array_new_with_free_func(member_free);
    e->slots = g_array_new(FALSE, TRUE, sizeof(Slot));
    e->observers = g_array_new(FALSE, FALSE, sizeof(Observer));
    e->marks = g_array_new(FALSE, TRUE, sizeof(LegMark));
    return e;
}

void engine_free(Engine *e)
{
    if (!e)
        return;
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];

        g_clear_pointer(&m->node->gate, gate_free);
        free_nics(m->node);
        debug_free(m->node);
    }
    g_array_unref(e->observers);
    g_array_unref(e->marks);
    hosts_free(e->hosts);
    g_ptr_array_unref(e->members);
    g_array_unref(e->slots);
    g_free(e);
}

bool engine_set_quantum(Engine *e, VTime quantum, GError **error)
{
    g_autofree char *text = units_format_duration(quantum);

    if (quantum.ns <= 0 || quantum.ns > ENGINE_MAX_QUANTUM_NS) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "a quantum of %s is impossible: 1us to 1000s is allowed", text);
        return false;
    }
    if (quantum.ns % NS_PER_US != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "a quantum of %s is no whole number of microseconds, the grain of QEMU's net "
                    "filters",
                    text);
        return false;
    }
    e->quantum = quantum;
    return true;
}

VTime engine_quantum(const Engine *e)
{
    return e->quantum;
}

bool engine_set_max_skip(Engine *e, VTime skip, GError **error)
{
    g_autofree char *text = units_format_duration(skip);

    if (skip.ns >= NS_PER_US && skip.ns % NS_PER_US == 0 && skip.ns <= ENGINE_MAX_QUANTUM_NS) {
        e->max_skip = skip;
        return true;
    }
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "a skip of %s is impossible: whole microseconds, 1us to 1000s, are allowed", text);
    return false;
}

VTime engine_max_skip(const Engine *e)
{
    return e->max_skip;
}

static Member *find(const Engine *e, const Node *node, unsigned *index)
{
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];

        if (m->node == node) {
            if (index)
                *index = i;
            return m;
        }
    }
    return NULL;
}

void engine_add(Engine *e, Node *node)
{
    Member *m = g_new0(Member, 1);
    int64_t ahead = vtime_sub(node->clock.virtual_time, e->now).ns;

    /* Rounded up, so that its next boundary is not behind it. */
    node->epoch = vtime(ahead - ahead % NS_PER_US + (ahead % NS_PER_US > 0 ? NS_PER_US : 0));
    if (!node->far)
        host_place(e->host, node);
    m->node = node;
    g_ptr_array_add(e->members, m);
}

bool engine_remove(Engine *e, Node *node, GError **error)
{
    unsigned index;
    bool ok = true;

    if (!find(e, node, &index))
        return true;
    if (node->gate && node->attached && node->state != NODE_FAILED)
        ok = gate_remove(node->gate, error);
    g_clear_pointer(&node->gate, gate_free);
    free_nics(node);
    debug_close(node);
    if (!node->far)
        host_displace(e->host, node);
    g_ptr_array_remove_index(e->members, index);
    return ok;
}

VTime engine_now(const Engine *e)
{
    uint64_t k;

    if (!e->running || !e->on_grid || e->leg.n_slots == 0)
        return e->now;
    k = atomic_load(&e->leg.k);
    return k > 0 ? leg_boundary(&e->leg, k) : e->now;
}

bool engine_running(const Engine *e)
{
    return e->running;
}

/* --- barriers --- */

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

static VTime next_added(const Engine *e, VTime now)
{
    return e->exchange.due ? e->exchange.due(now, e->exchange.data) : vtime(INT64_MAX);
}

static void on_reach(Leg *leg, uint64_t k, void *data)
{
    const Engine *e = data;

    e->exchange.reach(leg_boundary(leg, k), e->exchange.data);
}

static void on_fill(Leg *leg, uint64_t k, void *data)
{
    const Engine *e = data;

    e->exchange.fill(leg_boundary(leg, k), leg_boundary(leg, k + 1), e->exchange.data);
}

/* What is due in the quanta that follow barrier k, the end of a grant. */
static void grant(const Engine *e, const Leg *leg, uint64_t k)
{
    uint64_t end = MIN(k + leg->stride + leg->lead, leg->count);

    if (e->exchange.grant && k < leg->count && k % leg->stride == 0)
        e->exchange.grant(leg_boundary(leg, end), e->exchange.data);
}

/* An added boundary is no barrier: nobody else is told. */
static void on_added_boundary(Leg *leg, uint64_t k, void *data)
{
    const Engine *e = data;

    e->exchange.advance(leg_boundary(leg, k), e->exchange.data);
}

static void on_barrier(Leg *leg, uint64_t k, void *data)
{
    Engine *e = data;
    Slot *last = NULL;
    HTime before_last = leg->granted;
    bool met = k % leg->stride == 0 || k == leg->count; /* else hosts do not wait for each other */
    BarrierView view;

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
    e->stats.barriers++;
    view = (BarrierView){.number = e->stats.barriers,
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
    if (e->exchange.advance)
        e->exchange.advance(view.time, e->exchange.data);
    grant(e, leg, k);
    for (unsigned i = 0; i < e->observers->len; i++) {
        const Observer *o = &g_array_index(e->observers, Observer, i);

        if (o->func(&view, o->data))
            atomic_store(&leg->stop, true);
    }
    /* Idle nodes may be let go up to the next barrier by this: it comes before the boundary. */
    if (k < leg->count && !atomic_load(&leg->stop) &&
        next_added(e, view.time).ns < leg_boundary(leg, leg->count).ns) {
        e->replan = true;
        atomic_store(&leg->stop, true);
    }
    if (e->pace > 0)
        hold_pace(e, leg, view.time);
}

void engine_observe(Engine *e, BarrierObserver func, bool looks, void *data)
{
    Observer o = {func, looks, data};

    g_array_append_val(e->observers, o);
}

void engine_unobserve(Engine *e, BarrierObserver func)
{
    for (unsigned i = e->observers->len; i-- > 0;)
        if (g_array_index(e->observers, Observer, i).func == func)
            g_array_remove_index(e->observers, i);
}

void engine_set_exchange(Engine *e, const EngineExchange *exchange)
{
    e->exchange = exchange ? *exchange : (EngineExchange){0};
}

void engine_set_pace(Engine *e, double pace)
{
    e->pace = pace;
}

/* --- the run --- */

static void finish(Engine *e, RunEnd end, const GError *error)
{
    EngineDoneFunc done = e->done;

    e->running = false;
    e->done = NULL;
    done(end, error, e->done_data);
}

static VTime grid_floor(const Engine *e, VTime t)
{
    return vtime(t.ns - t.ns % e->quantum.ns);
}

static VTime grid_next(const Engine *e)
{
    return vtime(grid_floor(e, e->now).ns + e->quantum.ns);
}

/* No node may be alone beyond this. */
static VTime fence(const Engine *e)
{
    return vtime(MIN(grid_next(e).ns, next_added(e, e->now).ns));
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
        e->stopping = !e->replan;
    plan(e);
}

/* Whether something may end the run at a barrier that is not known beforehand. */
static bool may_stop(const Engine *e)
{
    for (unsigned i = 0; i < e->observers->len; i++)
        if (!g_array_index(e->observers, Observer, i).looks)
            return true;
    for (unsigned i = 0; i < e->members->len; i++) {
        const Node *n = ((const Member *)e->members->pdata[i])->node;

        if (node_is_live(n) && ((n->console && console_expects(n->console)) || debug_armed(n) ||
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
    int64_t ahead = e->exchange.begin ? e->exchange.begin(e->exchange.data).ns : INT64_MAX;
    unsigned n = (unsigned)CLAMP(MIN(ahead, MAX_GRANT_NS) / e->quantum.ns, 1, MAX_STRIDE);

    leg->stride = 1;
    if (!hosts_are_several(leg) || may_stop(e))
        return;
    leg->lead = (n + 2) / 4;
    leg->stride = (unsigned)MIN(n - leg->lead, leg->count);
}

/* A leg for one node, or for all (only NULL). */
static void start_leg(Engine *e, Node *only, VTime first, uint64_t count, bool on_grid)
{
    bool added = !on_grid && !only && first.ns == next_added(e, e->now).ns;

    e->replan = false;
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
    e->leg.next_barrier = grid_next(e);
    e->leg.data = e;
    set_stride(e, &e->leg);
    if (hosts_are_several(&e->leg)) {
        g_array_set_size(e->marks, e->leg.stride * e->slots->len);
        e->leg.marks = (LegMark *)(void *)e->marks->data;
        memset(e->leg.marks, 0, e->leg.stride * e->slots->len * sizeof(LegMark));
    }
    if ((on_grid || added) && e->exchange.fill) {
        e->exchange.grant(leg_boundary(&e->leg, MIN(e->leg.stride + e->leg.lead, count)),
                          e->exchange.data);
        e->exchange.fill(e->now, first, e->exchange.data);
        e->leg.cards = true;
        e->leg.reach = on_reach;
        e->leg.fill = on_fill;
    }
    e->leg.stop_on_exit = e->goal.stop_on_exit;
    e->leg.on_barrier = on_grid ? on_barrier : added ? on_added_boundary : NULL;
    hosts_run_leg(e->hosts, &e->leg, on_leg_done, e);
    /* Set before, it would have been forgotten by leg_init(). */
    if (atomic_load(&e->interrupted))
        atomic_store(&e->leg.stop, true);
}

static void start_quanta(Engine *e, VTime to)
{
    VTime first = grid_next(e);
    int64_t span = MIN(to.ns - first.ns, MAX_LEG_NS - 2 * e->quantum.ns);
    uint64_t count = (uint64_t)(span / e->quantum.ns) + 1;

    start_leg(e, NULL, first, e->goal.at_rest ? 1 : count, true);
}

static void on_step_done(void *data)
{
    Engine *e = data;

    if (e->step.error) {
        node_fail(e->step.node, e->step.error);
        g_clear_error(&e->step.error);
    }
    e->broke = e->step.hit;
    e->asleep = e->step.asleep;
    plan(e);
}

static void start_step(Engine *e, Node *node, VTime limit)
{
    e->step.node = node;
    e->step.manner = e->goal.step ? e->goal.manner : STEP_EXACT;
    e->step.vcpu = e->goal.step ? e->goal.vcpu : -1;
    e->step.grain_us = e->step.manner == STEP_EXACT ? 1 : e->max_skip.ns / NS_PER_US;
    e->step.fence_us = vtime_floor_us(vtime_add(limit, node->epoch));
    e->step.cancel = &e->interrupted;
    hosts_step(e->hosts, &e->step, on_step_done, e);
}

/* The rest of a time that is no whole µs: node after node; an idle one has nothing to execute.
 * False when all stand there. */
static bool step_to_time(Engine *e, VTime t)
{
    while (e->step_index < e->members->len) {
        Member *m = e->members->pdata[e->step_index++];

        if (!node_is_live(m->node) || !m->node->icount.enabled || m->node->clock.idle ||
            node_ensemble_time(m->node).ns >= t.ns)
            continue;
        e->step.by_icount = false;
        e->step.time = vtime_add(t, m->node->epoch);
        start_step(e, m->node, fence(e));
        return true;
    }
    return false;
}

static void plan_time(Engine *e, VTime t)
{
    VTime added = next_added(e, e->now), micro;

    if (added.ns < t.ns)
        t = added;
    micro = vtime(vtime_floor_us(t) * NS_PER_US);
    if (grid_floor(e, t).ns > e->now.ns) {
        start_quanta(e, grid_floor(e, t));
    } else if (micro.ns > e->now.ns) {
        start_leg(e, NULL, micro, 1, false);
    } else if (t.ns > e->now.ns && step_to_time(e, t)) {
        return;
    } else {
        if (t.ns > e->now.ns)
            e->now = t;
        finish(e, RUN_REACHED, NULL);
    }
}

/* The node cannot execute an instruction faster than 2^shift ns, so this time is never too late. */
static VTime earliest_time(const Node *node, int64_t rest)
{
    int64_t ns;

    if (__builtin_mul_overflow(rest, INT64_C(1) << node->icount.shift, &ns) ||
        __builtin_add_overflow(ns, node_ensemble_time(node).ns, &ns) || ns > RUN_FOR_EVER)
        ns = RUN_FOR_EVER;
    return vtime(ns);
}

static void plan_insns(Engine *e, Node *node, Insns target)
{
    int64_t rest = target.n - node->clock.icount.n;
    VTime earliest = earliest_time(node, rest);

    if (rest <= 0) {
        finish(e, RUN_REACHED, NULL);
    } else if (e->now.ns >= e->goal.time.ns) {
        finish(e, RUN_TIME_UP, NULL);
    } else if (earliest.ns > e->goal.time.ns) {
        plan_time(e, e->goal.time);
    } else if (earliest.ns >= next_added(e, e->now).ns) {
        plan_time(e, earliest);
    } else if (grid_floor(e, earliest).ns > e->now.ns) {
        start_quanta(e, grid_floor(e, earliest));
    } else if (vtime_floor_us(earliest) > vtime_floor_us(node_ensemble_time(node))) {
        start_leg(e, node, vtime(vtime_floor_us(earliest) * NS_PER_US), 1, false);
    } else {
        e->step.by_icount = true;
        e->step.icount = target;
        start_step(e, node, fence(e));
    }
}

/* Single steps that the user asked for: the others are brought to each boundary before the node
 * goes beyond it. */
static void plan_steps(Engine *e, Node *node)
{
    VTime limit = fence(e);

    if (e->goal.insns.n <= node->clock.icount.n) {
        finish(e, RUN_REACHED, NULL);
    } else if (e->asleep) {
        finish(e, RUN_ASLEEP, NULL);
    } else if (atomic_load(&e->interrupted)) {
        finish(e, RUN_STOPPED, NULL);
    } else if (e->now.ns >= e->goal.time.ns) {
        finish(e, RUN_TIME_UP, NULL);
    } else if (vtime_floor_us(node_ensemble_time(node)) >= vtime_floor_us(limit)) {
        start_leg(e, NULL, limit, 1, limit.ns == grid_next(e).ns);
    } else {
        e->step.by_icount = true;
        e->step.icount = e->goal.insns;
        start_step(e, node, limit);
    }
}

/* A soft stop may have warped idle nodes ahead, up to the next boundary, and other hosts may have
 * run their grants to the end: then that is the place where all can stand together. A clock that
 * follows the host's (sleep=on, no icount) stands beyond every boundary: there is no better place
 * for it. */
static bool stands_together(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++) {
        const Member *m = e->members->pdata[i];

        if (node_is_live(m->node) && m->node->far && m->node->far->driven.ns > e->now.ns)
            return false;
        if (node_is_live(m->node) && m->node->icount.enabled && !m->node->icount.sleep_on &&
            node_ensemble_time(m->node).ns > e->now.ns + NS_PER_US)
            return false;
    }
    return true;
}

static void plan_stop(Engine *e)
{
    if (stands_together(e)) {
        finish(e, RUN_STOPPED, NULL);
        return;
    }
    atomic_store(&e->interrupted, false);
    start_leg(e, NULL, grid_next(e), 1, true);
}

static const Member *failed_member(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++) {
        const Member *m = e->members->pdata[i];

        if (m->node->state == NODE_FAILED)
            return m;
    }
    return NULL;
}

static bool exited(const Engine *e)
{
    for (unsigned i = 0; e->goal.stop_on_exit && i < e->members->len; i++) {
        const Member *m = e->members->pdata[i];

        if (m->node->state == NODE_OFF && !m->was_off && !m->node->options->on_exit_continue)
            return true;
    }
    return false;
}

static unsigned live_members(const Engine *e)
{
    unsigned live = 0;

    for (unsigned i = 0; i < e->members->len; i++)
        live += node_is_live(((const Member *)e->members->pdata[i])->node);
    return live;
}

static void plan(Engine *e)
{
    const Member *failed = failed_member(e);

    if (failed)
        finish(e, RUN_FAILED, failed->node->failure);
    else if (e->broke)
        finish(e, RUN_BROKE, NULL);
    else if (exited(e) && (stands_together(e) || live_members(e) == 0))
        finish(e, RUN_EXITED, NULL);
    else if (live_members(e) == 0 || (e->goal.node && !node_is_live(e->goal.node)))
        finish(e, RUN_EMPTY, NULL);
    else if (e->leg_done && e->goal.at_rest && e->goal.at_rest(e->goal.at_rest_data))
        finish(e, RUN_STOPPED, NULL);
    else if (e->goal.node && e->goal.step)
        plan_steps(e, e->goal.node);
    else if (e->stopping || atomic_load(&e->interrupted))
        plan_stop(e);
    else if (e->goal.node)
        plan_insns(e, e->goal.node, e->goal.insns);
    else
        plan_time(e, e->goal.time);
}

static gboolean plan_idle(gpointer data)
{
    plan(data);
    return G_SOURCE_REMOVE;
}

void engine_run(Engine *e, const RunGoal *goal, EngineDoneFunc done, void *data)
{
    g_assert(!e->running);
    e->running = true;
    e->goal = *goal;
    e->done = done;
    e->done_data = data;
    e->stopping = e->broke = e->asleep = e->leg_done = false;
    e->step_index = 0;
    e->pace_from = e->now;
    e->pace_host = htime_now();
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];

        m->was_off = m->node->state == NODE_OFF;
    }
    e->leg.n_slots = 0;
    atomic_store(&e->interrupted, false);
    g_idle_add(plan_idle, e);
}

void engine_interrupt(Engine *e)
{
    atomic_store(&e->interrupted, true);
    atomic_store(&e->leg.stop, true);
}

VTime engine_goal(const Engine *e)
{
    return e->goal.time;
}

/* --- figures --- */

const EnsembleStats *engine_stats(const Engine *e)
{
    return &e->stats;
}

const NodeStats *engine_node_stats(const Engine *e, const Node *node)
{
    const Member *m = find(e, node, NULL);

    return m ? &m->stats : NULL;
}

uint64_t engine_missed(const Engine *e)
{
    uint64_t missed = 0;

    for (unsigned i = 0; i < e->members->len; i++)
        missed += ((const Member *)e->members->pdata[i])->stats.missed;
    return missed;
}

uint64_t engine_violations(const Engine *e)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < e->members->len; i++) {
        const Member *m = e->members->pdata[i];

        if (!m->node->icount.enabled)
            continue;
        count += m->stats.missed;
        if ((m->node->far ? m->node->far->rank : host_rank(e->host)) != RANK_BEST_EFFORT)
            count += m->stats.overshot;
    }
    return count;
}
