/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-tape.c: what came and went through a gateway comes again by its barriers. */
#include "controller/fabric/tape.h"

#include <glib.h>

static void record(Tape *t, int64_t barrier, const char *came, unsigned taken, unsigned refused)
{
    g_assert_false(tape_pass(t, vtime(barrier)));
    for (unsigned i = 0; i < taken; i++)
        tape_record_sent(t, true);
    for (unsigned i = 0; i < refused; i++)
        tape_record_sent(t, false);
    for (; *came; came++)
        tape_record_frame(t, (const uint8_t *)came, 1, 60);
}

/* The frames that come again at a barrier. */
static void check_frames(Tape *t, int64_t barrier, const char *wanted)
{
    const uint8_t *frame;
    size_t size;

    g_assert_true(tape_pass(t, vtime(barrier)));
    for (; *wanted; wanted++) {
        frame = tape_next(t, &size);
        g_assert_nonnull(frame);
        g_assert_cmpuint(*frame, ==, (uint8_t)*wanted);
        g_assert_cmpuint(size, ==, 60);
    }
    g_assert_null(tape_next(t, &size));
}

static Tape *made(void)
{
    Tape *t = tape_new();

    tape_begin(t, vtime(0));
    record(t, 100, "ab", 2, 0);
    record(t, 200, "", 0, 0);
    record(t, 300, "c", 1, 2);
    return t;
}

static void test_again(void)
{
    Tape *t = made();

    check_frames(t, 100, "ab");
    g_assert_false(tape_refused(t));
    check_frames(t, 200, "");
    check_frames(t, 300, "c");
    g_assert_false(tape_refused(t));
    g_assert_true(tape_refused(t));
    g_assert_true(tape_refused(t));
    check_frames(t, 100, "ab");
    g_assert_false(tape_pass(t, vtime(400)));
    tape_free(t);
}

static void test_cut(void)
{
    Tape *t = made();
    uint64_t received, sent, refused;

    tape_cut(t, vtime(200));
    tape_count(t, vtime(1000), &received, &sent, &refused);
    g_assert_cmpuint(received, ==, 2);
    g_assert_cmpuint(sent, ==, 2);
    g_assert_cmpuint(refused, ==, 0);
    check_frames(t, 100, "ab");
    record(t, 300, "x", 0, 0);
    check_frames(t, 300, "x");
    tape_free(t);
}

static void test_count(void)
{
    Tape *t = made();
    uint64_t received, sent, refused;

    tape_count(t, vtime(200), &received, &sent, &refused);
    g_assert_cmpuint(received, ==, 2);
    g_assert_cmpuint(sent, ==, 2);
    tape_count(t, vtime(300), &received, &sent, &refused);
    g_assert_cmpuint(received, ==, 3);
    g_assert_cmpuint(sent, ==, 3);
    g_assert_cmpuint(refused, ==, 2);
    tape_begin(t, vtime(300));
    tape_count(t, vtime(1000), &received, &sent, &refused);
    g_assert_cmpuint(received + sent + refused, ==, 0);
    tape_free(t);
}

static void test_full(void)
{
    static uint8_t frame[65536];
    Tape *t = tape_new();

    tape_begin(t, vtime(0));
    g_assert_false(tape_pass(t, vtime(100)));
    for (unsigned i = 0; i < TAPE_MOST_BYTES / sizeof(frame) - 1; i++)
        tape_record_frame(t, frame, sizeof(frame), sizeof(frame));
    g_assert_false(tape_is_full(t));
    for (unsigned i = 0; i < 2; i++)
        tape_record_frame(t, frame, sizeof(frame), sizeof(frame));
    g_assert_true(tape_is_full(t));
    tape_begin(t, vtime(200));
    g_assert_false(tape_is_full(t));
    tape_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tape/again", test_again);
    g_test_add_func("/tape/cut", test_cut);
    g_test_add_func("/tape/count", test_count);
    g_test_add_func("/tape/full", test_full);
    return g_test_run();
}
