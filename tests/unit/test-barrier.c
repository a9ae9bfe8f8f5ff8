/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-barrier.c: the barrier's state machine, driven by members that exist as bits only.
 *
 * The model beside it knows who of the members has spoken; the machine only counts. Every step
 * compares the two, so a GRANT that comes before the last remaining member has arrived, or one that
 * comes late, ends the test.
 */
#include "controller/engine/barrier.h"

#include <glib.h>

#define MAX_MEMBERS 128

typedef struct {
    Barrier b;
    unsigned n;
    bool gone[MAX_MEMBERS];    /* has left */
    bool arrived[MAX_MEMBERS]; /* has spoken at the present barrier */
    bool stop;
    uint64_t k, last;
    bool halted;
} Model;

static void model_begin(Model *m, unsigned n, uint64_t last)
{
    *m = (Model){.n = n, .last = last};
    barrier_begin(&m->b, n, last);
    g_assert_cmpint(m->b.phase, ==, BARRIER_COLLECTING);
    g_assert_cmpuint(m->b.k, ==, 0);
    g_assert_false(m->b.stop);
}

static unsigned model_remaining(const Model *m)
{
    unsigned count = 0;

    for (unsigned i = 0; i < m->n; i++)
        count += !m->gone[i];
    return count;
}

static unsigned model_missing(const Model *m)
{
    unsigned count = 0;

    for (unsigned i = 0; i < m->n; i++)
        count += !m->gone[i] && !m->arrived[i];
    return count;
}

/* What the present barrier calls for once nobody is missing. */
static BarrierAction model_expect(Model *m)
{
    if (model_missing(m) > 0)
        return BARRIER_WAIT;
    if (m->stop || m->k == m->last || model_remaining(m) == 0) {
        m->halted = true;
        return BARRIER_HALT;
    }
    m->k++;
    for (unsigned i = 0; i < m->n; i++)
        m->arrived[i] = false;
    return BARRIER_GRANT;
}

static void model_compare(const Model *m)
{
    g_assert_cmpuint(m->b.k, ==, m->k);
    g_assert_cmpuint(m->b.members, ==, model_remaining(m));
    g_assert_cmpuint(m->b.last, ==, m->last);
    g_assert_true(m->b.stop == m->stop);
    g_assert_cmpint(m->b.phase, ==, m->halted ? BARRIER_HALTED : BARRIER_COLLECTING);
    g_assert_cmpuint(m->b.missing, ==, m->halted ? 0 : model_missing(m));
}

static BarrierAction model_stop(Model *m)
{
    BarrierAction action = barrier_step(&m->b, BARRIER_EV_STOP);

    g_assert_cmpint(action, ==, BARRIER_WAIT);
    m->stop = true;
    model_compare(m);
    return action;
}

/* Member i speaks; not more than once a barrier. */
static BarrierAction model_member(Model *m, unsigned i, BarrierEvent event)
{
    BarrierAction action = barrier_step(&m->b, event);

    g_assert_false(m->gone[i] || m->arrived[i] || m->halted);
    m->arrived[i] = true;
    if (event == BARRIER_EV_LEFT)
        m->gone[i] = true;
    if (event == BARRIER_EV_FAILED)
        m->stop = true;
    g_assert_cmpint(action, ==, model_expect(m));
    model_compare(m);
    return action;
}

/* --- single scenes --- */

static void test_one_member(void)
{
    Barrier b;

    barrier_begin(&b, 1, 3);
    for (uint64_t k = 1; k <= 3; k++) {
        g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_GRANT);
        g_assert_cmpuint(b.k, ==, k);
    }
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_HALT);
    g_assert_cmpuint(b.k, ==, 3);
    g_assert_cmpint(b.phase, ==, BARRIER_HALTED);
}

static void test_grant_needs_all(void)
{
    Barrier b;

    barrier_begin(&b, 3, 1);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_WAIT);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_WAIT);
    g_assert_cmpuint(b.missing, ==, 1);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_GRANT);
    g_assert_cmpuint(b.missing, ==, 3);
}

static void test_last_barrier(void)
{
    Barrier b;

    barrier_begin(&b, 2, 1);
    barrier_step(&b, BARRIER_EV_ARRIVED);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_GRANT);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_WAIT);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_HALT);
    g_assert_cmpuint(b.k, ==, 1);
}

static void test_halted_stays_halted(void)
{
    Barrier b;

    barrier_begin(&b, 2, 1);
    for (unsigned i = 0; i < 4; i++)
        barrier_step(&b, BARRIER_EV_ARRIVED);
    g_assert_cmpint(b.phase, ==, BARRIER_HALTED);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_WAIT);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_LEFT), ==, BARRIER_WAIT);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_FAILED), ==, BARRIER_WAIT);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_STOP), ==, BARRIER_WAIT);
    g_assert_cmpint(b.phase, ==, BARRIER_HALTED);
    g_assert_cmpuint(b.k, ==, 1);
}

static void test_idle_waits(void)
{
    Barrier b = {0};

    g_assert_cmpint(b.phase, ==, BARRIER_IDLE);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_WAIT);
    g_assert_cmpint(b.phase, ==, BARRIER_IDLE);
    g_assert_cmpuint(b.missing, ==, 0);
}

static void test_stop_wish(void)
{
    Model m;

    model_begin(&m, 2, 1000);
    model_member(&m, 0, BARRIER_EV_ARRIVED);
    g_assert_cmpint(model_member(&m, 1, BARRIER_EV_ARRIVED), ==, BARRIER_GRANT);
    model_member(&m, 1, BARRIER_EV_ARRIVED);
    model_stop(&m);
    model_stop(&m); /* a second wish is the same wish */
    g_assert_cmpint(model_member(&m, 0, BARRIER_EV_ARRIVED), ==, BARRIER_HALT);
    g_assert_cmpuint(m.b.k, ==, 1);
}

static void test_stop_before_first(void)
{
    Model m;

    model_begin(&m, 2, 5);
    model_stop(&m);
    model_member(&m, 0, BARRIER_EV_ARRIVED);
    g_assert_cmpint(model_member(&m, 1, BARRIER_EV_ARRIVED), ==, BARRIER_HALT);
    g_assert_cmpuint(m.b.k, ==, 0);
}

static void test_new_segment_forgets_stop(void)
{
    Barrier b;

    barrier_begin(&b, 1, 5);
    barrier_step(&b, BARRIER_EV_STOP);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_HALT);
    barrier_begin(&b, 1, 5);
    g_assert_cmpint(barrier_step(&b, BARRIER_EV_ARRIVED), ==, BARRIER_GRANT);
}

static void test_left(void)
{
    Model m;

    model_begin(&m, 3, 10);
    for (unsigned i = 0; i < 3; i++)
        model_member(&m, i, BARRIER_EV_ARRIVED);
    model_member(&m, 0, BARRIER_EV_LEFT);
    model_member(&m, 2, BARRIER_EV_ARRIVED);
    g_assert_cmpint(model_member(&m, 1, BARRIER_EV_ARRIVED), ==, BARRIER_GRANT);
    g_assert_cmpuint(m.b.members, ==, 2);
    /* Two are enough from now on. */
    model_member(&m, 1, BARRIER_EV_ARRIVED);
    g_assert_cmpint(model_member(&m, 2, BARRIER_EV_ARRIVED), ==, BARRIER_GRANT);
    g_assert_cmpuint(m.b.k, ==, 3);
}

static void test_left_completes(void)
{
    Model m;

    model_begin(&m, 2, 10);
    model_member(&m, 0, BARRIER_EV_ARRIVED);
    g_assert_cmpint(model_member(&m, 1, BARRIER_EV_LEFT), ==, BARRIER_GRANT);
    g_assert_cmpint(model_member(&m, 0, BARRIER_EV_ARRIVED), ==, BARRIER_GRANT);
}

static void test_all_left(void)
{
    Model m;

    model_begin(&m, 3, 10);
    model_member(&m, 2, BARRIER_EV_LEFT);
    model_member(&m, 0, BARRIER_EV_LEFT);
    g_assert_cmpint(model_member(&m, 1, BARRIER_EV_LEFT), ==, BARRIER_HALT);
    g_assert_cmpuint(m.b.members, ==, 0);
    g_assert_cmpuint(m.b.k, ==, 0);
}

static void test_failed(void)
{
    Model m;

    model_begin(&m, 3, 10);
    for (unsigned i = 0; i < 3; i++)
        model_member(&m, i, BARRIER_EV_ARRIVED);
    g_assert_cmpint(model_member(&m, 1, BARRIER_EV_FAILED), ==, BARRIER_WAIT);
    g_assert_cmpint(model_member(&m, 0, BARRIER_EV_ARRIVED), ==, BARRIER_WAIT);
    g_assert_cmpint(model_member(&m, 2, BARRIER_EV_ARRIVED), ==, BARRIER_HALT);
    g_assert_cmpuint(m.b.k, ==, 1);
}

static void test_failed_last(void)
{
    Model m;

    model_begin(&m, 2, 10);
    model_member(&m, 0, BARRIER_EV_ARRIVED);
    g_assert_cmpint(model_member(&m, 1, BARRIER_EV_FAILED), ==, BARRIER_HALT);
}

/* --- many members, random order --- */

static void shuffle(GRand *rand, unsigned *order, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        order[i] = i;
    for (unsigned i = n; i > 1; i--) {
        unsigned j = (unsigned)g_rand_int_range(rand, 0, (gint32)i), other = order[j];

        order[j] = order[i - 1];
        order[i - 1] = other;
    }
}

static void random_segment(GRand *rand, unsigned n, bool trouble)
{
    unsigned order[MAX_MEMBERS];
    Model m;

    model_begin(&m, n, 20);
    while (!m.halted) {
        shuffle(rand, order, n);
        for (unsigned i = 0; i < n && !m.halted; i++) {
            int dice = trouble ? g_rand_int_range(rand, 0, 400) : 100;

            if (dice == 0)
                model_stop(&m);
            if (!m.gone[order[i]])
                model_member(&m, order[i],
                             dice == 1   ? BARRIER_EV_FAILED
                             : dice <= 4 ? BARRIER_EV_LEFT
                                         : BARRIER_EV_ARRIVED);
        }
    }
    if (!trouble)
        g_assert_cmpuint(m.b.k, ==, 20);
}

static void test_random_order(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    for (unsigned n = 1; n <= MAX_MEMBERS; n++)
        random_segment(rand, n, false);
}

static void test_random_trouble(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);

    for (unsigned round = 0; round < 20; round++)
        for (unsigned n = 1; n <= MAX_MEMBERS; n++)
            random_segment(rand, n, true);
}

/* --- every sequence of events --- */

typedef struct {
    uint64_t steps, grants, halts;
} Walked;

static void walk(const Model *m, unsigned depth, Walked *seen);

static void walk_on(Model *m, BarrierAction action, unsigned depth, Walked *seen)
{
    seen->steps++;
    seen->grants += action == BARRIER_GRANT;
    seen->halts += action == BARRIER_HALT;
    walk(m, depth - 1, seen);
}

static void walk(const Model *m, unsigned depth, Walked *seen)
{
    static const BarrierEvent events[] = {BARRIER_EV_ARRIVED, BARRIER_EV_LEFT, BARRIER_EV_FAILED};

    if (depth == 0 || m->halted)
        return;
    for (unsigned i = 0; i < m->n; i++) {
        for (unsigned e = 0; e < G_N_ELEMENTS(events) && !m->gone[i] && !m->arrived[i]; e++) {
            Model next = *m;

            walk_on(&next, model_member(&next, i, events[e]), depth, seen);
        }
    }
    if (!m->stop) {
        Model next = *m;

        walk_on(&next, model_stop(&next), depth, seen);
    }
}

static void check_walk(unsigned members, uint64_t last, unsigned depth)
{
    Walked seen = {0};
    Model m;

    model_begin(&m, members, last);
    walk(&m, depth, &seen);
    g_test_message("%u members, %u events deep: %" G_GUINT64_FORMAT " steps", members, depth,
                   seen.steps);
    /* Both ends were reached, so the walk did walk. */
    g_assert_cmpuint(seen.grants, >, 0);
    g_assert_cmpuint(seen.halts, >, 0);
    g_assert_cmpuint(seen.steps, >, 1000);
}

static void test_walk_two(void)
{
    check_walk(2, 3, 9);
}

static void test_walk_three(void)
{
    check_walk(3, 2, 7);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/barrier/one-member", test_one_member);
    g_test_add_func("/barrier/grant-needs-all", test_grant_needs_all);
    g_test_add_func("/barrier/last-barrier", test_last_barrier);
    g_test_add_func("/barrier/halted-stays-halted", test_halted_stays_halted);
    g_test_add_func("/barrier/idle-waits", test_idle_waits);
    g_test_add_func("/barrier/stop/wish", test_stop_wish);
    g_test_add_func("/barrier/stop/before-first", test_stop_before_first);
    g_test_add_func("/barrier/stop/forgotten-by-next-segment", test_new_segment_forgets_stop);
    g_test_add_func("/barrier/left/one", test_left);
    g_test_add_func("/barrier/left/completes", test_left_completes);
    g_test_add_func("/barrier/left/all", test_all_left);
    g_test_add_func("/barrier/failed/first", test_failed);
    g_test_add_func("/barrier/failed/last", test_failed_last);
    g_test_add_func("/barrier/random/order", test_random_order);
    g_test_add_func("/barrier/random/trouble", test_random_trouble);
    g_test_add_func("/barrier/walk/two", test_walk_two);
    g_test_add_func("/barrier/walk/three", test_walk_three);
    return g_test_run();
}
