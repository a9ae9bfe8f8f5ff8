/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-segment-grants.c: segments in grants of several quanta: which barriers are told at a grant's
 * end, what the participants are then, and where a segment ends that nobody goes on with. No thread
 * is needed for it.
 */
#include "controller/engine/segment.h"

#include <glib.h>

static void test_grant_ends(void)
{
    static const uint64_t ends[] = {0, 4, 8, 10, 10};
    Segment segment = {.count = 10, .grant_quanta = 4}, zero = {.count = 10};

    for (unsigned g = 0; g < G_N_ELEMENTS(ends); g++)
        g_assert_cmpuint(segment_grant_end(&segment, g), ==, ends[g]);
    g_assert_cmpuint(segment_grant_end(&zero, 3), ==, 3); /* a quantum each */
}

typedef struct {
    GString *barriers;
    uint64_t stop_at;
} Barriers;

static void record_barrier(Segment *segment, uint64_t k, void *data)
{
    Barriers *t = data;

    g_string_append_printf(t->barriers, "%" G_GUINT64_FORMAT ":%" G_GINT64_FORMAT " ", k,
                           segment->participants[0].stamp_us);
    if (k == t->stop_at)
        atomic_store(&segment->stop, true);
}

/* One host alone goes through a segment of 10 quanta in grants of 4; its node's stamp at barrier k is
 * 100 k. */
static void check_barriers(uint64_t stop_at, uint64_t limit, const char *expected, uint64_t end)
{
    g_autoptr(GString) log = g_string_new(NULL);
    Barriers barriers = {log, stop_at};
    SegmentPatience patience = {0};
    SegmentMark marks[4] = {0};
    Participant participant = {0};
    Segment segment = {.count = 10,
                       .grant_quanta = 4,
                       .marks = marks,
                       .participants = &participant,
                       .n_participants = 1};
    BarrierAction action = BARRIER_GRANT;

    segment.on_barrier = record_barrier;
    segment.data = &barriers;
    segment_init(&segment, 1);
    segment_begin(&segment);
    if (limit > 0)
        segment.limit = limit;
    for (uint64_t g = 1; action == BARRIER_GRANT; g++) {
        for (uint64_t k = segment_grant_end(&segment, g - 1) + 1;
             k <= segment_grant_end(&segment, g); k++)
            marks[(k - 1) % 4] = (SegmentMark){(int64_t)k * 100, htime_now()};
        action = segment_rendezvous(&segment, BARRIER_EV_ARRIVED, &patience);
    }
    g_assert_cmpstr(log->str, ==, expected);
    g_assert_cmpuint(atomic_load(&segment.k), ==, end);
    segment_clear(&segment);
}

#define GRANT_1 "1:100 2:200 3:300 4:400 "
#define GRANT_2 "5:500 6:600 7:700 8:800 "

static void test_stride(void)
{
    check_barriers(0, 0, GRANT_1 GRANT_2 "9:900 10:1000 ", 10);
    check_barriers(6, 0, GRANT_1 GRANT_2, 8);
    check_barriers(8, 0, GRANT_1 GRANT_2, 8);
    check_barriers(1, 0, GRANT_1, 4);
}

static void test_limit(void)
{
    check_barriers(1, 2, "1:100 2:200 ", 2);
    check_barriers(6, 7, GRANT_1 "5:500 6:600 7:700 ", 7);
}

/* All leave, in one grant or in two: the farthest of them is the end. */
static void check_leave(uint64_t first, uint64_t second, uint64_t end)
{
    SegmentPatience patience = {0};
    Segment segment = {.count = 10, .grant_quanta = 4};

    segment_init(&segment, 2);
    segment_begin(&segment);
    segment_quit(&segment, first, false, &patience);
    g_assert_cmpuint(atomic_load(&segment.k), ==, 0); /* the other is still under way */
    if (second >= 4)
        g_assert_cmpint(segment_rendezvous(&segment, BARRIER_EV_ARRIVED, &patience), ==,
                        BARRIER_GRANT);
    segment_quit(&segment, second, false, &patience);
    g_assert_cmpuint(atomic_load(&segment.k), ==, end);
    g_assert_cmpint(segment.barrier.phase, ==, BARRIER_HALTED);
    segment_clear(&segment);
}

static void test_leave(void)
{
    check_leave(2, 3, 3);
    check_leave(3, 2, 3);
    check_leave(0, 0, 0);
    check_leave(2, 4, 4);
    check_leave(2, 7, 7);
}

/* --- members that do not wait --- */

typedef struct {
    unsigned calls;
    BarrierAction action;
} Acted;

static void act(BarrierAction action, void *data)
{
    Acted *a = data;

    a->calls++;
    a->action = action;
}

/* Three members: two do not wait, and have their turn when the third completes the barrier, in its
 * thread; at the last barrier, where all stop, it is a member that does not wait that completes. */
static void test_turns(void)
{
    SegmentPatience patience = {0};
    Acted acted[2] = {{0}};
    SegmentTurn turns[2] = {{.act = act, .data = &acted[0]}, {.act = act, .data = &acted[1]}};
    Segment segment = {.count = 2};

    segment_init(&segment, 3);
    segment_begin(&segment);
    for (unsigned i = 0; i < 2; i++)
        g_assert_cmpint(segment_arrive(&segment, &turns[i], &patience), ==, BARRIER_WAIT);
    g_assert_cmpuint(acted[0].calls + acted[1].calls, ==, 0);
    g_assert_cmpint(segment_rendezvous(&segment, BARRIER_EV_ARRIVED, &patience), ==, BARRIER_GRANT);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpuint(acted[i].calls, ==, 1);
        g_assert_cmpint(acted[i].action, ==, BARRIER_GRANT);
    }
    g_assert_cmpint(segment_arrive(&segment, &turns[0], &patience), ==, BARRIER_WAIT);
    segment_quit(&segment, 1, true, &patience); /* the member that waits leaves */
    g_assert_cmpint(segment_arrive(&segment, &turns[1], &patience), ==, BARRIER_HALT);
    g_assert_cmpuint(acted[0].calls, ==, 2);
    g_assert_cmpint(acted[0].action, ==, BARRIER_HALT);
    g_assert_cmpuint(acted[1].calls, ==, 1); /* who completes gets the action as a result */
    segment_clear(&segment);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segment/grants/ends", test_grant_ends);
    g_test_add_func("/segment/grants/grant_quanta", test_stride);
    g_test_add_func("/segment/grants/limit", test_limit);
    g_test_add_func("/segment/grants/leave", test_leave);
    g_test_add_func("/segment-grants/turns", test_turns);
    return g_test_run();
}
