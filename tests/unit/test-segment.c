/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-segment.c: real threads meet at barriers, each in place of a worker with its nodes.
 *
 * Each thread publishes how many quanta it has run. Whoever completes barrier k finds all others at
 * exactly k: nobody is behind, nobody got ahead.
 */
#include "controller/engine/segment.h"

#include <glib.h>

#define MAX_THREADS 8

typedef struct {
    Segment segment;
    unsigned n;
    atomic_ullong done[MAX_THREADS]; /* quanta that the thread has run */
    atomic_bool gone[MAX_THREADS];
    uint64_t called; /* of on_barrier; the segment's lock guards it */
    uint64_t stop_at;
    unsigned slow_every; /* thread 0 sleeps in each so many-th quantum; 0: never */
    uint64_t fail_at, leave_at;
    uint64_t most_sleepers;
} Fixture;

typedef struct {
    Fixture *f;
    unsigned index;
    BarrierAction end;
    SegmentPatience patience;
} Member;

static void on_barrier(Segment *segment, uint64_t k, void *data)
{
    Fixture *f = data;

    g_assert_true(segment == &f->segment);
    g_assert_cmpuint(k, ==, f->called + 1);
    for (unsigned i = 0; i < f->n; i++)
        if (!atomic_load(&f->gone[i]))
            g_assert_cmpuint(atomic_load(&f->done[i]), ==, k);
    f->called = k;
    f->most_sleepers = MAX(f->most_sleepers, atomic_load(&segment->sleepers));
    if (k == f->stop_at)
        atomic_store(&segment->stop, true);
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

        m->end = segment_rendezvous(&m->f->segment, event, &m->patience);
        g_assert_cmpint(m->end, !=, BARRIER_WAIT);
        if (event == BARRIER_EV_LEFT)
            g_assert_cmpint(m->end, ==, BARRIER_HALT);
        if (m->end == BARRIER_HALT)
            return NULL;
        run_quantum(m);
    }
}

static void run_segment(Fixture *f, unsigned n, uint64_t count)
{
    GThread *threads[MAX_THREADS];
    Member members[MAX_THREADS];

    f->n = n;
    f->segment.count = count;
    f->segment.on_barrier = on_barrier;
    f->segment.data = f;
    segment_init(&f->segment, n);
    for (unsigned i = 0; i < n; i++) {
        members[i] = (Member){.f = f, .index = i};
        threads[i] = g_thread_new("member", member_main, &members[i]);
    }
    for (unsigned i = 0; i < n; i++)
        g_thread_join(threads[i]);
    for (unsigned i = 0; i < n; i++)
        g_assert_cmpint(members[i].end, ==, BARRIER_HALT);
    g_assert_cmpuint(atomic_load(&f->segment.sleepers), ==, 0);
    segment_clear(&f->segment);
}

static void check_all_at(const Fixture *f, uint64_t k)
{
    g_assert_cmpuint(f->called, ==, k);
    g_assert_cmpuint(f->segment.barrier.k, ==, k);
    g_assert_cmpuint(atomic_load(&f->segment.k), ==, k);
    /* One turn for each barrier from 0 on. */
    g_assert_cmpuint(atomic_load(&f->segment.turn), ==, k + 1);
    for (unsigned i = 0; i < f->n; i++)
        if (!atomic_load(&f->gone[i]))
            g_assert_cmpuint(atomic_load(&f->done[i]), ==, k);
}

static void test_alone(void)
{
    Fixture f = {0};

    run_segment(&f, 1, 100000);
    check_all_at(&f, 100000);
}

static void test_two(void)
{
    Fixture f = {0};

    run_segment(&f, 2, 20000);
    check_all_at(&f, 20000);
}

/* More threads than host CPUs: the spinning must come to an end. */
static void test_many(void)
{
    Fixture f = {0};

    run_segment(&f, MAX_THREADS, 300);
    check_all_at(&f, 300);
}

static void test_single_quantum(void)
{
    Fixture f = {0};

    run_segment(&f, 3, 1);
    check_all_at(&f, 1);
}

static void test_stop(void)
{
    Fixture f = {.stop_at = 250};

    run_segment(&f, 2, 1000000);
    check_all_at(&f, 250);
}

static void test_stop_before_start(void)
{
    Fixture f = {0};
    SegmentPatience patience = {0};

    f.segment.count = 10;
    f.segment.on_barrier = on_barrier;
    f.segment.data = &f;
    segment_init(&f.segment, 1);
    atomic_store(&f.segment.stop, true);
    g_assert_cmpint(segment_rendezvous(&f.segment, BARRIER_EV_ARRIVED, &patience), ==,
                    BARRIER_HALT);
    g_assert_cmpuint(f.called, ==, 0); /* barrier 0 is the start, not a boundary */
    g_assert_cmpuint(f.segment.barrier.k, ==, 0);
    segment_clear(&f.segment);
}

/* 3 ms are longer than the longest spin, so the other two have to sleep and to be woken. */
static void test_slow_member(void)
{
    Fixture f = {.slow_every = 4};

    run_segment(&f, 3, 100);
    check_all_at(&f, 100);
    g_assert_cmpuint(f.most_sleepers, >=, 1);
}

static void test_always_slow_member(void)
{
    Fixture f = {.slow_every = 1};

    run_segment(&f, 2, 50);
    check_all_at(&f, 50);
    g_assert_cmpuint(f.most_sleepers, ==, 1);
}

static void test_failed(void)
{
    Fixture f = {.fail_at = 77};

    run_segment(&f, 3, 100000);
    check_all_at(&f, 77);
}

static void test_left(void)
{
    Fixture f = {.leave_at = 40};

    run_segment(&f, 3, 500);
    check_all_at(&f, 500);
    g_assert_cmpuint(atomic_load(&f.done[1]), ==, 40);
    g_assert_cmpuint(f.segment.barrier.members, ==, 2);
}

/* LEFT needs no answer: it does not wait for those that have not arrived. */
static void test_left_does_not_wait(void)
{
    Segment segment = {.count = 5};
    SegmentPatience patience = {0};

    segment_init(&segment, 2);
    g_assert_cmpint(segment_rendezvous(&segment, BARRIER_EV_LEFT, &patience), ==, BARRIER_HALT);
    g_assert_cmpint(segment.barrier.phase, ==, BARRIER_COLLECTING);
    g_assert_cmpint(segment_rendezvous(&segment, BARRIER_EV_ARRIVED, &patience), ==, BARRIER_GRANT);
    segment_clear(&segment);
}

static void *arrive_once(void *data)
{
    SegmentPatience patience = {0};

    return GINT_TO_POINTER(segment_rendezvous(data, BARRIER_EV_ARRIVED, &patience));
}

static unsigned missing_now(Segment *segment)
{
    unsigned missing;

    pthread_mutex_lock(&segment->lock);
    missing = segment->barrier.missing;
    pthread_mutex_unlock(&segment->lock);
    return missing;
}

/* Who leaves last lets the others go on, but has no quantum to run itself: a worker that ran one more
 * would leave a second time. */
static void test_left_completes(void)
{
    Segment segment = {.count = 5};
    SegmentPatience patience = {0};
    GThread *other;

    segment_init(&segment, 2);
    other = g_thread_new("other", arrive_once, &segment);
    while (missing_now(&segment) != 1)
        g_thread_yield();
    g_assert_cmpint(segment_rendezvous(&segment, BARRIER_EV_LEFT, &patience), ==, BARRIER_HALT);
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(other)), ==, BARRIER_GRANT);
    g_assert_cmpuint(segment.barrier.members, ==, 1);
    g_assert_cmpuint(segment.barrier.k, ==, 1);
    segment_clear(&segment);
}

static void test_granted_time(void)
{
    Segment segment = {.count = 5};
    SegmentPatience patience = {0};
    HTime before = htime_now();

    segment_init(&segment, 1);
    g_assert_cmpint(segment_rendezvous(&segment, BARRIER_EV_ARRIVED, &patience), ==, BARRIER_GRANT);
    g_assert_cmpint(segment.granted.ns, >=, before.ns);
    g_assert_cmpint(segment.granted.ns, <=, htime_now().ns);
    g_assert_cmpint(patience.average_ns, ==, 0); /* nobody to wait for */
    segment_clear(&segment);
}

static void test_boundary(void)
{
    Segment segment = {.first = {50 * NS_PER_US}, .quantum = {100 * NS_PER_US}, .count = 3};

    g_assert_cmpint(segment_boundary(&segment, 1).ns, ==, 50000);
    g_assert_cmpint(segment_boundary(&segment, 2).ns, ==, 150000);
    g_assert_cmpint(segment_boundary(&segment, 1000000001).ns, ==, INT64_C(100000000050000));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segment/alone", test_alone);
    g_test_add_func("/segment/two", test_two);
    g_test_add_func("/segment/many", test_many);
    g_test_add_func("/segment/single-quantum", test_single_quantum);
    g_test_add_func("/segment/stop/wish", test_stop);
    g_test_add_func("/segment/stop/before-start", test_stop_before_start);
    g_test_add_func("/segment/slow/now-and-then", test_slow_member);
    g_test_add_func("/segment/slow/always", test_always_slow_member);
    g_test_add_func("/segment/failed", test_failed);
    g_test_add_func("/segment/left/runs-on", test_left);
    g_test_add_func("/segment/left/does-not-wait", test_left_does_not_wait);
    g_test_add_func("/segment/left/completes", test_left_completes);
    g_test_add_func("/segment/granted-time", test_granted_time);
    g_test_add_func("/segment/boundary", test_boundary);
    return g_test_run();
}
