/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake-hosts.c: see fake-hosts.h. */
#include "tests/lib/fake-hosts.h"

#include "controller/qemu/ending.h"

static int64_t stamp_of(uint64_t k, unsigned slot)
{
    return (int64_t)(k * 10 + slot);
}

/* --- a host --- */

static void run_quantum(FakeHost *f, uint64_t k)
{
    Leg *leg = f->leg;

    for (unsigned i = 0; i < leg->n_slots && !f->hangs_back; i++) {
        if (leg->slots[i].node->far != &f->far)
            continue;
        if (leg->marks) {
            leg->marks[(k - 1) % leg->stride * leg->n_slots + i] =
                (LegMark){stamp_of(k, i), htime_now()};
        } else {
            leg->slots[i].stamp_us = stamp_of(k, i);
            leg->slots[i].arrived = htime_now();
        }
    }
    if (f->slow)
        g_usleep(2000);
    atomic_store(&f->ran, k);
}

static void leave(FakeHost *f)
{
    LegPatience patience = {0};
    uint64_t k = atomic_load(&f->ran);

    if (f->broke)
        atomic_store(&f->leg->broke, true);
    atomic_store(&f->gone, true);
    leg_quit(f->leg, k, f->stop, &patience);
}

static void *host_main(void *data)
{
    FakeHost *f = data;
    LegPatience patience = {0};
    BarrierAction action = BARRIER_GRANT;

    for (uint64_t g = 1; action == BARRIER_GRANT; g++) {
        uint64_t end = leg_grant_end(f->leg, g);

        for (uint64_t k = atomic_load(&f->ran) + 1; k <= end; k++) {
            if (f->leave_at && k > f->leave_at)
                break;
            run_quantum(f, k);
        }
        if (atomic_load(&f->ran) < end) {
            leave(f);
            break;
        }
        action = leg_rendezvous(f->leg, BARRIER_EV_ARRIVED, &patience);
        g_assert_cmpint(action, !=, BARRIER_WAIT);
    }
    f->done(f->done_data);
    return NULL;
}

static void far_run_leg(Far *far, Leg *leg, FarDoneFunc done, void *data)
{
    FakeHost *f = (FakeHost *)far;

    g_assert_null(f->thread);
    g_assert_null(leg->fabric); /* each host sees to its own cards */
    f->leg = leg;
    f->done = done;
    f->done_data = data;
    f->rides++;
    f->thread = g_thread_new("far", host_main, f);
}

static void *step_main(void *data)
{
    FakeHost *f = data;

    f->done(f->done_data);
    return NULL;
}

static void far_step(Far *far, StepRequest *request, FarDoneFunc done, void *data)
{
    FakeHost *f = (FakeHost *)far;

    request->asleep = true;
    f->done = done;
    f->done_data = data;
    f->thread = g_thread_new("far", step_main, f);
}

static const FarOps far_ops = {.run_leg = far_run_leg, .step = far_step};

/* --- the leg --- */

static void check_slot(const FakeHosts *f, const Leg *leg, unsigned i, uint64_t k)
{
    const FakeHost *host = (const FakeHost *)leg->slots[i].node->far;
    const Slot *s = &leg->slots[i];

    if (host && k <= atomic_load(&host->ran) && !host->hangs_back) {
        g_assert_cmpint(s->stamp_us, ==, stamp_of(k, i));
        g_assert_cmpint(s->arrived.ns, >=, leg->granted.ns);
    } else if (f->leg.marks) {
        g_assert_cmpint(s->arrived.ns, <, leg->granted.ns); /* of an earlier grant, or never */
    }
}

static void on_barrier(Leg *leg, uint64_t k, void *data)
{
    FakeHosts *f = data;
    uint64_t end = leg_grant_end(leg, (k - 1) / leg->stride + 1);

    g_assert_true(leg == &f->leg);
    g_assert_cmpuint(k, ==, f->called + 1);
    f->called = k;
    for (unsigned i = 0; i < G_N_ELEMENTS(f->far); i++)
        if (f->far[i].leg == leg && !atomic_load(&f->far[i].gone))
            g_assert_cmpuint(atomic_load(&f->far[i].ran), ==, end);
    for (unsigned i = 0; i < leg->n_slots; i++)
        check_slot(f, leg, i, k);
    if (k == f->stop_at)
        atomic_store(&leg->stop, true);
}

static void begin(FakeHosts *f);

/* In the main context; from here the next leg may be begun, as the engine does. */
void fake_hosts_done(void *data)
{
    FakeHosts *f = data;

    g_assert_true(g_main_context_is_owner(g_main_context_default()));
    g_assert_false(f->over);
    for (unsigned i = 0; i < G_N_ELEMENTS(f->far); i++) {
        g_clear_pointer(&f->far[i].thread, g_thread_join);
        f->far[i].leg = NULL;
    }
    f->over = f->again == 0;
    if (f->again > 0) {
        f->again--;
        begin(f);
    }
}

static void begin(FakeHosts *f)
{
    Leg plan = {.first = {1000000},
                .quantum = {1000000},
                .count = f->leg.count,
                .stride = f->leg.stride,
                .marks = f->leg.stride > 1 ? f->marks : NULL,
                .slots = f->slots,
                .n_slots = f->leg.n_slots,
                .on_barrier = on_barrier,
                .fabric = f->fabric,
                .data = f};

    f->leg = plan;
    f->called = 0;
    for (unsigned i = 0; i < plan.n_slots; i++)
        f->slots[i] = (Slot){.node = f->nodes[i], .stats = &f->stats};
    for (unsigned i = 0; i < G_N_ELEMENTS(f->far); i++) {
        atomic_store(&f->far[i].ran, 0);
        atomic_store(&f->far[i].gone, false);
    }
    hosts_run_leg(f->hosts, &f->leg, fake_hosts_done, f);
}

FakeHosts *fake_hosts_new(uint64_t count, unsigned stride)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    FakeHosts *f = g_new0(FakeHosts, 1);

    f->here = host_new(RANK_BEST_EFFORT);
    f->hosts = hosts_new(f->here);
    f->fabric = fabric_new_agent();
    for (unsigned i = 0; i < G_N_ELEMENTS(f->far); i++)
        f->far[i].far.ops = &far_ops;
    for (unsigned i = 0; i < G_N_ELEMENTS(f->nodes); i++)
        f->nodes[i] = node_new(node_options_new(names[i]), i);
    f->nodes[0]->far = f->nodes[2]->far = &f->far[0].far;
    f->nodes[1]->far = &f->far[1].far;
    host_place(f->here, f->nodes[3]);
    f->leg.count = count;
    f->leg.stride = stride;
    f->leg.n_slots = 3; /* without d */
    return f;
}

void fake_hosts_free(FakeHosts *f)
{
    hosts_free(f->hosts);
    fabric_free(f->fabric);
    host_free(f->here);
    for (unsigned i = 0; i < G_N_ELEMENTS(f->nodes); i++)
        node_free(f->nodes[i]);
    g_free(f);
}

void fake_hosts_wait(FakeHosts *f)
{
    f->over = false;
    while (!f->over)
        g_main_context_iteration(NULL, TRUE);
    /* Nothing is left of it that would call done again. */
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

void fake_hosts_run(FakeHosts *f)
{
    begin(f);
    fake_hosts_wait(f);
}
