/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-leg.c: real threads meet at barriers, each in place of a worker with its nodes.
 *
 * Each thread publishes how many quanta it has run. Whoever completes barrier k finds all others at
 * exactly k: nobody is behind, nobody got ahead.
 */
#include "controller/engine/leg.h"

#include <glib.h>

#define MAX_THREADS 8

typedef struct {
    Leg leg;
    unsigned n;
    atomic_ullong done[MAX_THREADS]; /* quanta that the thread has run */
    atomic_bool gone[MAX_THREADS];
    uint64_t called; /* of on_barrier; the leg's lock guards it */
    uint64_t stop_at;
    unsigned slow_every; /* thread 0 sleeps in each so many-th quantum; 0: never */
    uint64_t fail_at, leave_at;
    uint64_t most_sleepers;
} Fixture;

typedef struct {
    Fixture *f;
    unsigned index;
    BarrierAction end;
    LegPatience patience;
} Member;

static void on_barrier(Leg *leg, uint64_t k, void *data)
{
    Fixture *f = data;

    g_assert_true(leg == &f->leg);
    g_assert_cmpuint(k, ==, f->called + 1);
    for (unsigned i = 0; i < f->n; i++)
        if (!atomic_load(&f->gone[i]))
            g_assert_cmpuint(atomic_load(&f->done[i]), ==, k);
    f->called = k;
    f->most_sleepers = MAX(f->most_sleepers, atomic_load(&leg->sleepers));
    if (k == f->stop_at)
        atomic_store(&leg->stop, true);
}

/* One quantum of a fake node. */
static void run_quantum(Member *m)
{
    uint64_t before = atomic_load(&m->f->done[m->index]);

    /* All others stand at the same barrier or are inside this very quantum. */
    for (unsigned i = 0; i < m->f->n; i++) {
        uint64_t other = atomic_load(&m->f->done[i]);

        if (!atomic_load(&m->f->gone[i]))
            g_assert_true(other == before || other == before + 1);
    }
    if (m->index == 0 && m->f->slow_every && before % m->f->slow_every == 0)
        g_usleep(3000);
    atomic_store(&m->f->done[m->index], before + 1);
}

/* What the member has to say after its quantum. Thread 1 is the one that fails or leaves. */
static BarrierEvent event_of(Member *m)
{
    uint64_t k = atomic_load(&m->f->done[m->index]);

    if (m->index == 1 && k > 0 && k == m->f->fail_at)
        return BARRIER_EV_FAILED;
    if (m->index == 1 && k > 0 && k == m->f->leave_at) {
        atomic_store(&m->f->gone[1], true);
        return BARRIER_EV_LEFT;
    }
    return BARRIER_EV_ARRIVED;
}

static void *member_main(void *data)
{
    Member *m = data;

    for (;;) {
        BarrierEvent event = event_of(m);

        m->end = leg_rendezvous(&m->f->leg, event, &m->patience);
        g_assert_cmpint(m->end, !=, BARRIER_WAIT);
        if (event == BARRIER_EV_LEFT)
            g_assert_cmpint(m->end, ==, BARRIER_HALT);
        if (m->end == BARRIER_HALT)
            return NULL;
        run_quantum(m);
    }
}

static void run_leg(Fixture *f, unsigned n, uint64_t count)
{
    GThread *threads[MAX_THREADS];
    Member members[MAX_THREADS];

    f->n = n;
    f->leg.count = count;
    f->leg.on_barrier = on_barrier;
    f->leg.data = f;
    leg_init(&f->leg, n);
    for (unsigned i = 0; i < n; i++) {
        members[i] = (Member){.f = f, .index = i};
        threads[i] = g_thread_new("member", member_main, &members[i]);
    }
    for (unsigned i = 0; i < n; i++)
        g_thread_join(threads[i]);
    for (unsigned i = 0; i < n; i++)
        g_assert_cmpint(members[i].end, ==, BARRIER_HALT);
    g_assert_cmpuint(atomic_load(&f->leg.sleepers), ==, 0);
    leg_clear(&f->leg);
}

static void check_all_at(const Fixture *f, uint64_t k)
{
    g_assert_cmpuint(f->called, ==, k);
    g_assert_cmpuint(f->leg.barrier.k, ==, k);
    g_assert_cmpuint(atomic_load(&f->leg.k), ==, k);
    /* One turn for each barrier from 0 on. */
    g_assert_cmpuint(atomic_load(&f->leg.turn), ==, k + 1);
    for (unsigned i = 0; i < f->n; i++)
        if (!atomic_load(&f->gone[i]))
            g_assert_cmpuint(atomic_load(&f->done[i]), ==, k);
}

static void test_alone(void)
{
    Fixture f = {0};

    run_leg(&f, 1, 100000);
    check_all_at(&f, 100000);
}

static void test_two(void)
{
    Fixture f = {0};

    run_leg(&f, 2, 20000);
    check_all_at(&f, 20000);
}

/* More threads than host CPUs: the spinning must come to an end. */
static void test_many(void)
{
    Fixture f = {0};

    run_leg(&f, MAX_THREADS, 300);
    check_all_at(&f, 300);
}

static void test_single_quantum(void)
{
    Fixture f = {0};

    run_leg(&f, 3, 1);
    check_all_at(&f, 1);
}

static void test_stop(void)
{
    Fixture f = {.stop_at = 250};

    run_leg(&f, 2, 1000000);
    check_all_at(&f, 250);
}

static void test_stop_before_start(void)
{
    Fixture f = {0};
    LegPatience patience = {0};

    f.leg.count = 10;
    f.leg.on_barrier = on_barrier;
    f.leg.data = &f;
    leg_init(&f.leg, 1);
    atomic_store(&f.leg.stop, true);
    g_assert_cmpint(leg_rendezvous(&f.leg, BARRIER_EV_ARRIVED, &patience), ==, BARRIER_HALT);
    g_assert_cmpuint(f.called, ==, 0); /* barrier 0 is the start, not a boundary */
    g_assert_cmpuint(f.leg.barrier.k, ==, 0);
    leg_clear(&f.leg);
}

/* 3 ms are longer than the longest spin, so the other two have to sleep and to be woken. */
static void test_slow_member(void)
{
    Fixture f = {.slow_every = 4};

    run_leg(&f, 3, 100);
    check_all_at(&f, 100);
    g_assert_cmpuint(f.most_sleepers, >=, 1);
}

static void test_always_slow_member(void)
{
    Fixture f = {.slow_every = 1};

    run_leg(&f, 2, 50);
    check_all_at(&f, 50);
    g_assert_cmpuint(f.most_sleepers, ==, 1);
}

static void test_failed(void)
{
    Fixture f = {.fail_at = 77};

    run_leg(&f, 3, 100000);
    check_all_at(&f, 77);
}

static void test_left(void)
{
    Fixture f = {.leave_at = 40};

    run_leg(&f, 3, 500);
    check_all_at(&f, 500);
    g_assert_cmpuint(atomic_load(&f.done[1]), ==, 40);
    g_assert_cmpuint(f.leg.barrier.members, ==, 2);
}

/* LEFT needs no answer: it does not wait for those that have not arrived. */
static void test_left_does_not_wait(void)
{
    Leg leg = {.count = 5};
    LegPatience patience = {0};

    leg_init(&leg, 2);
    g_assert_cmpint(leg_rendezvous(&leg, BARRIER_EV_LEFT, &patience), ==, BARRIER_HALT);
    g_assert_cmpint(leg.barrier.phase, ==, BARRIER_COLLECTING);
    g_assert_cmpint(leg_rendezvous(&leg, BARRIER_EV_ARRIVED, &patience), ==, BARRIER_GRANT);
    leg_clear(&leg);
}

static void *arrive_once(void *data)
{
    LegPatience patience = {0};

    return GINT_TO_POINTER(leg_rendezvous(data, BARRIER_EV_ARRIVED, &patience));
}

static unsigned missing_now(Leg *leg)
{
    unsigned missing;

    pthread_mutex_lock(&leg->lock);
    missing = leg->barrier.missing;
    pthread_mutex_unlock(&leg->lock);
    return missing;
}

/* Who leaves last lets the others go on, but has no quantum to run itself: a worker that ran one more
 * would leave a second time. */
static void test_left_completes(void)
{
    Leg leg = {.count = 5};
    LegPatience patience = {0};
    GThread *other;

    leg_init(&leg, 2);
    other = g_thread_new("other", arrive_once, &leg);
    while (missing_now(&leg) != 1)
        g_thread_yield();
    g_assert_cmpint(leg_rendezvous(&leg, BARRIER_EV_LEFT, &patience), ==, BARRIER_HALT);
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(other)), ==, BARRIER_GRANT);
    g_assert_cmpuint(leg.barrier.members, ==, 1);
    g_assert_cmpuint(leg.barrier.k, ==, 1);
    leg_clear(&leg);
}

static void test_granted_time(void)
{
    Leg leg = {.count = 5};
    LegPatience patience = {0};
    HTime before = htime_now();

    leg_init(&leg, 1);
    g_assert_cmpint(leg_rendezvous(&leg, BARRIER_EV_ARRIVED, &patience), ==, BARRIER_GRANT);
    g_assert_cmpint(leg.granted.ns, >=, before.ns);
    g_assert_cmpint(leg.granted.ns, <=, htime_now().ns);
    g_assert_cmpint(patience.average_ns, ==, 0); /* nobody to wait for */
    leg_clear(&leg);
}

static void test_boundary(void)
{
    Leg leg = {.first = {50 * NS_PER_US}, .quantum = {100 * NS_PER_US}, .count = 3};

    g_assert_cmpint(leg_boundary(&leg, 1).ns, ==, 50000);
    g_assert_cmpint(leg_boundary(&leg, 2).ns, ==, 150000);
    g_assert_cmpint(leg_boundary(&leg, 1000000001).ns, ==, INT64_C(100000000050000));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leg/alone", test_alone);
    g_test_add_func("/leg/two", test_two);
    g_test_add_func("/leg/many", test_many);
    g_test_add_func("/leg/single-quantum", test_single_quantum);
    g_test_add_func("/leg/stop/wish", test_stop);
    g_test_add_func("/leg/stop/before-start", test_stop_before_start);
    g_test_add_func("/leg/slow/now-and-then", test_slow_member);
    g_test_add_func("/leg/slow/always", test_always_slow_member);
    g_test_add_func("/leg/failed", test_failed);
    g_test_add_func("/leg/left/runs-on", test_left);
    g_test_add_func("/leg/left/does-not-wait", test_left_does_not_wait);
    g_test_add_func("/leg/left/completes", test_left_completes);
    g_test_add_func("/leg/granted-time", test_granted_time);
    g_test_add_func("/leg/boundary", test_boundary);
    return g_test_run();
}
