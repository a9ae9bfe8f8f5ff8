/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lane.c: the quantum loop of the nodes of one CPU, and its thread; see lane.h. */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/engine/lane-private.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/debug.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

/* In a long quantum a guest must not fill its console's pipe: drained this often meanwhile. */
#define DRAIN_MS 20

#define MAX_EVENTS 64

/* What of a rider's became readable: the lower bits of an epoll tag. */
enum { TAG_NOTE, TAG_QMP, TAG_STUB, TAG_BITS = 2, TAG_MASK = 3 };

/* --- a quantum --- */

static void begin_quantum(Lane *l, Leg *leg, uint64_t k)
{
    l->until = leg_boundary(leg, k);
    quanta_begin(&l->quanta, leg->granted, l->until);
    for (unsigned i = 0; i < l->n_riders; i++) {
        Rider *r = &l->riders[i];

        if (r->place == PLACE_REST)
            rider_depart(l, leg, r, k);
        else if (r->place == PLACE_GATE)
            rider_go_on(l, leg, r, k);
    }
}

static void handle(Lane *l, Leg *leg, const struct epoll_event *event)
{
    Rider *r = &l->riders[event->data.u32 >> TAG_BITS];

    if (r->place == PLACE_OUT)
        return; /* it went earlier in this round */
    switch (event->data.u32 & TAG_MASK) {
    case TAG_NOTE:
        rider_on_note(l, leg, r);
        break;
    case TAG_QMP:
        rider_on_qmp(l, leg, r);
        break;
    case TAG_STUB:
        rider_on_stub(l, leg, r);
        break;
    }
}

/* While a quantum lasts. */
static void look_after(Lane *l, Leg *leg)
{
    bool hurry = leg->hurry && atomic_load(leg->hurry);

    for (unsigned i = 0; i < l->n_riders; i++) {
        Rider *r = &l->riders[i];

        if (r->place != PLACE_RUNNING)
            continue;
        console_drain(r->node->console, l->until);
        nics_read(r->node);
        freeze_look(&r->freeze, r->node, leg->granted, leg->quantum);
        if (hurry)
            rider_halt(l, leg, r);
    }
}

/* Now and then while nodes run, however often others wake the lane meanwhile. */
static void look_around(Lane *l, Leg *leg, bool idle)
{
    HTime now = htime_now();

    if (!idle && htime_sub(now, l->looked).ns < DRAIN_MS * NS_PER_MS)
        return;
    l->looked = now;
    look_after(l, leg);
    shield_watch(&l->shield, false);
}

/* Until each of its nodes stands at its gate, is at rest, or is out. */
static void collect(Lane *l, Leg *leg)
{
    struct epoll_event events[MAX_EVENTS];

    while (l->running > 0) {
        int n = epoll_wait(l->epoll_fd, events, MAX_EVENTS, DRAIN_MS);

        for (int i = 0; i < n; i++)
            handle(l, leg, &events[i]);
        if (l->running > 0)
            look_around(l, leg, n == 0);
    }
}

/* --- a leg --- */

static bool watch(Lane *l, int fd, uint32_t tag, GError **error)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};

    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "epoll: %s", g_strerror(errno));
    return false;
}

/* New threads may have come up since the last leg: rank them too. */
static void board(Lane *l, Rider *r, unsigned i)
{
    GError *error = NULL;
    Node *n = r->node;

    n->life.stopped = false;
    if (rider_take_end(l, r)) /* it was told while it stood */
        return;
    n->quanta = &l->quanta;
    if (!n->gate)
        n->gate = gate_new(n, &error);
    if (!n->gate || !node_rank(n, l->rank, &error) ||
        !watch(l, gate_note_fd(n->gate), i << TAG_BITS | TAG_NOTE, &error) ||
        !watch(l, qmp_client_fd(n->qmp), i << TAG_BITS | TAG_QMP, &error) ||
        (debug_armed(n) &&
         !watch(l, gdb_client_fd(debug_client(n)), i << TAG_BITS | TAG_STUB, &error)))
        rider_fail(l, r, error);
}

static void prepare(Lane *l, Leg *leg)
{
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->riders = g_new0(Rider, leg->n_slots);
    l->n_riders = l->running = 0;
    l->lost_one = false;
    quanta_begin(&l->quanta, htime_now(), leg->now);
    for (unsigned i = 0; i < leg->n_slots; i++) {
        Rider *r = &l->riders[l->n_riders];

        if (leg->slots[i].node->cpu != l->cpu)
            continue;
        *r = (Rider){.slot = &leg->slots[i], .node = leg->slots[i].node};
        r->place = node_is_live(r->node) ? PLACE_REST : PLACE_OUT;
        l->n_riders++;
        shield_board(&l->shield, r->node);
        if (r->place == PLACE_REST)
            board(l, r, l->n_riders - 1);
    }
    shield_begin(&l->shield);
}

static bool all_out(const Lane *l)
{
    for (unsigned i = 0; i < l->n_riders; i++)
        if (l->riders[i].place != PLACE_OUT)
            return false;
    return true;
}

static BarrierAction meet(Lane *l, Leg *leg)
{
    BarrierEvent event = BARRIER_EV_ARRIVED;

    if (l->lost_one)
        event = BARRIER_EV_FAILED;
    else if (all_out(l))
        event = BARRIER_EV_LEFT;
    l->lost_one = false;
    return leg_rendezvous(leg, event, &l->patience);
}

static void finish(Lane *l, const Leg *leg, uint64_t k)
{
    for (unsigned i = 0; i < l->n_riders; i++) {
        Rider *r = &l->riders[i];

        if (r->place == PLACE_GATE)
            rider_rest(l, leg, r, k);
        r->node->quanta = NULL;
        if (r->place != PLACE_OUT) {
            console_drain(r->node->console, l->until);
            nics_read(r->node);
            node_rest_main(r->node, true);
        }
    }
    fd_clear(&l->epoll_fd);
    g_clear_pointer(&l->riders, g_free);
}

static void ride(Lane *l, Leg *leg)
{
    uint64_t k = 0;

    prepare(l, leg);
    while (meet(l, leg) == BARRIER_GRANT) {
        k++;
        begin_quantum(l, leg, k);
        collect(l, leg);
        shield_watch(&l->shield, true);
    }
    finish(l, leg, k);
}

/* --- the thread --- */

static void *lane_main(void *data)
{
    Lane *l = data;

    if (!rank_apply_self(l->rank, l->cpu))
        log_warn("the thread of host CPU %d can't be ranked", l->cpu);
    g_mutex_lock(&l->lock);
    for (;;) {
        while (!l->has_job && !l->quit)
            g_cond_wait(&l->wake, &l->lock);
        if (l->quit)
            break;
        g_mutex_unlock(&l->lock);
        if (l->leg)
            ride(l, l->leg);
        else
            l->func(l->arg);
        shield_end(&l->shield);
        g_mutex_lock(&l->lock);
        l->has_job = false;
        l->done(l->done_data);
    }
    g_mutex_unlock(&l->lock);
    return NULL;
}

Lane *lane_new(int cpu, Rank rank)
{
    Lane *l = g_new0(Lane, 1);
    g_autofree char *name = g_strdup_printf("lane-%d", cpu);

    l->cpu = cpu;
    l->rank = rank;
    l->epoll_fd = -1;
    shield_init(&l->shield, cpu, rank);
    g_mutex_init(&l->lock);
    g_cond_init(&l->wake);
    l->thread = g_thread_new(name, lane_main, l);
    return l;
}

void lane_free(Lane *l)
{
    if (!l)
        return;
    g_mutex_lock(&l->lock);
    l->quit = true;
    g_cond_signal(&l->wake);
    g_mutex_unlock(&l->lock);
    g_thread_join(l->thread);
    shield_clear(&l->shield);
    g_mutex_clear(&l->lock);
    g_cond_clear(&l->wake);
    g_free(l);
}

int lane_cpu(const Lane *l)
{
    return l->cpu;
}

static void submit(Lane *l, LaneDoneFunc done, void *data)
{
    g_mutex_lock(&l->lock);
    g_assert(!l->has_job);
    l->done = done;
    l->done_data = data;
    l->has_job = true;
    g_cond_signal(&l->wake);
    g_mutex_unlock(&l->lock);
}

void lane_run_leg(Lane *l, Leg *leg, LaneDoneFunc done, void *data)
{
    l->leg = leg;
    submit(l, done, data);
}

void lane_run(Lane *l, void (*func)(void *), void *arg, LaneDoneFunc done, void *data)
{
    l->leg = NULL;
    l->func = func;
    l->arg = arg;
    submit(l, done, data);
}
