/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-hosts.c: hosts meet at the end of grants, and what happens where one of them ends earlier.
 */
#include "tests/lib/fake-hosts.h"

/* Barriers that were told, and how far the hosts have run. */
static void check(const FakeHosts *f, uint64_t told, uint64_t first_ran, uint64_t second_ran)
{
    g_assert_cmpuint(f->called, ==, told);
    g_assert_cmpuint(atomic_load(&f->segment.k), ==, told);
    g_assert_cmpuint(atomic_load(&f->remote[0].ran), ==, first_ran);
    g_assert_cmpuint(atomic_load(&f->remote[1].ran), ==, second_ran);
}

/* --- whole segments --- */

static void check_whole(uint64_t count, unsigned grant_quanta)
{
    FakeHosts *f = fake_hosts_new(count, grant_quanta);

    f->remote[1].slow = count < 20;
    fake_hosts_run(f);
    check(f, count, count, count);
    /* They met once for each grant. */
    g_assert_cmpuint(atomic_load(&f->segment.turn), ==, (count + grant_quanta - 1) / grant_quanta);
    g_assert_cmpuint(f->remote[0].rides, ==, 1); /* for both of its nodes */
    fake_hosts_free(f);
}

static void test_whole(void)
{
    check_whole(1, 1);
    check_whole(100, 1);
    check_whole(4, 4);
    check_whole(12, 4);
    check_whole(100, 4);
}

static void test_no_multiple(void)
{
    check_whole(10, 4);
    check_whole(99, 4);
    check_whole(3, 4); /* a grant that is longer than the segment */
    check_whole(1, FAKE_HOSTS_QUANTA);
}

static void test_one_host(void)
{
    FakeHosts *f = fake_hosts_new(10, 4);

    f->nodes[1]->remote = &f->remote[0].remote;
    fake_hosts_run(f);
    check(f, 10, 10, 0);
    g_assert_cmpuint(f->remote[1].rides, ==, 0);
    fake_hosts_free(f);
}

static void test_legs_in_a_row(void)
{
    FakeHosts *f = fake_hosts_new(10, 4);

    f->again = 50;
    fake_hosts_run(f);
    check(f, 10, 10, 10);
    g_assert_cmpuint(f->remote[0].rides, ==, 51);
    fake_hosts_free(f);
}

/* Nodes ahead of every boundary: their marks are never of this grant. */
static void test_hangs_back(void)
{
    FakeHosts *f = fake_hosts_new(10, 4);

    f->remote[0].hangs_back = true;
    fake_hosts_run(f);
    check(f, 10, 10, 10);
    fake_hosts_free(f);
}

/* --- ends --- */

static void check_stop(unsigned grant_quanta, uint64_t at, uint64_t end)
{
    FakeHosts *f = fake_hosts_new(18, grant_quanta);

    f->stop_at = at;
    fake_hosts_run(f);
    check(f, end, end, end);
    fake_hosts_free(f);
}

/* All have run to the grant's end already, so that is where all stand. */
static void test_stop(void)
{
    check_stop(1, 6, 6);
    check_stop(4, 5, 8);
    check_stop(4, 6, 8);
    check_stop(4, 8, 8);
    check_stop(4, 17, 18); /* the last grant is shorter */
    check_stop(4, 18, 18);
}

static void check_limit(unsigned grant_quanta, uint64_t at, uint64_t others)
{
    for (unsigned i = 0; i < 2; i++) {
        FakeHosts *f = fake_hosts_new(18, grant_quanta);

        f->remote[i].leave_at = at;
        f->remote[i].stop = true;
        f->remote[!i].slow = true;
        fake_hosts_run(f);
        check(f, at, i == 0 ? at : others, i == 0 ? others : at);
        fake_hosts_free(f);
    }
}

/* A node died there: what the others did beyond it is not told. */
static void test_limit(void)
{
    check_limit(1, 5, 6);
    check_limit(4, 5, 8);
    check_limit(4, 6, 8);
    check_limit(4, 4, 8);
    check_limit(4, 16, 18);
}

static void test_two_limits(void)
{
    FakeHosts *f = fake_hosts_new(18, 4);

    for (unsigned i = 0; i < 2; i++) {
        f->remote[i].leave_at = 6 + i;
        f->remote[i].stop = true;
    }
    f->remote[0].slow = true;
    fake_hosts_run(f);
    check(f, 6, 6, 7);
    fake_hosts_free(f);
}

static void check_broke(unsigned grant_quanta, uint64_t at, uint64_t told, uint64_t others)
{
    FakeHosts *f = fake_hosts_new(18, grant_quanta);

    f->remote[0].leave_at = at;
    f->remote[0].stop = f->remote[0].broke = true;
    fake_hosts_run(f);
    check(f, told, at, others);
    g_assert_true(atomic_load(&f->segment.broke));
    fake_hosts_free(f);
}

/* A node stands in the middle of a quantum: nothing of this grant is told. */
static void test_broke(void)
{
    check_broke(1, 5, 5, 6);
    check_broke(4, 6, 4, 8);
    check_broke(4, 8, 8, 12);
}

static void check_left(unsigned grant_quanta, uint64_t at)
{
    FakeHosts *f = fake_hosts_new(18, grant_quanta);

    f->remote[0].leave_at = at;
    fake_hosts_run(f);
    check(f, 18, at, 18);
    fake_hosts_free(f);
}

/* Its guests are off: that holds nobody back. */
static void test_left(void)
{
    check_left(1, 5);
    check_left(4, 1);
    check_left(4, 6);
    check_left(4, 8);
    check_left(4, 17);
}

static void check_all_left(unsigned grant_quanta, uint64_t first, uint64_t second)
{
    FakeHosts *f = fake_hosts_new(18, grant_quanta);

    f->remote[0].leave_at = first;
    f->remote[1].leave_at = second;
    fake_hosts_run(f);
    check(f, MAX(first, second), first, second);
    fake_hosts_free(f);
}

/* Nobody has gone farther than the last one that was off, so nothing happens there. */
static void test_all_left(void)
{
    check_all_left(1, 5, 5);
    check_all_left(1, 3, 7);
    check_all_left(4, 6, 6);
    check_all_left(4, 7, 5);
    check_all_left(4, 2, 8);
    check_all_left(4, 2, 9);
    check_all_left(4, 17, 4);
}

/* --- this host --- */

/* A node that was never started has no part in quanta: this host leaves at the start. */
static void test_local_leaves(void)
{
    FakeHosts *f = fake_hosts_new(10, 4);

    f->segment.n_participants = 4;
    fake_hosts_run(f);
    check(f, 10, 10, 10);
    fake_hosts_free(f);
}

/* One that has failed is the segment's end before it begins. */
static void test_local_failed(void)
{
    FakeHosts *f = fake_hosts_new(10, 4);

    f->segment.n_participants = 4;
    f->nodes[3]->state = NODE_FAILED;
    fake_hosts_run(f);
    check(f, 0, 4, 4);
    f->nodes[3]->state = NODE_ADDED;
    fake_hosts_free(f);
}

/* Nobody else takes part: the engine's segment is the workers'. */
static void test_only_local(void)
{
    FakeHosts *f = fake_hosts_new(10, 1);

    f->nodes[0]->remote = f->nodes[1]->remote = f->nodes[2]->remote = NULL;
    for (unsigned i = 0; i < 3; i++)
        local_host_place(f->local, f->nodes[i]);
    fake_hosts_run(f);
    g_assert_false(all_hosts_needed(&f->segment));
    check(f, 0, 0, 0);
    g_assert_cmpuint(f->remote[0].rides + f->remote[1].rides, ==, 0);
    fake_hosts_free(f);
}

/* --- steps --- */

static void test_step(void)
{
    FakeHosts *f = fake_hosts_new(1, 1);
    StepRequest request = {.node = f->nodes[1]};

    for (unsigned i = 0; i < 3; i++) {
        request.asleep = false;
        all_hosts_step(f->hosts, &request, fake_hosts_done, f);
        fake_hosts_wait(f);
        g_assert_true(request.asleep);
    }
    fake_hosts_run(f); /* and a segment behind it */
    check(f, 1, 1, 1);
    fake_hosts_free(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hosts/whole/multiple", test_whole);
    g_test_add_func("/hosts/whole/no-multiple", test_no_multiple);
    g_test_add_func("/hosts/whole/one-host", test_one_host);
    g_test_add_func("/hosts/whole/in-a-row", test_legs_in_a_row);
    g_test_add_func("/hosts/whole/hangs-back", test_hangs_back);
    g_test_add_func("/hosts/stop", test_stop);
    g_test_add_func("/hosts/limit/one", test_limit);
    g_test_add_func("/hosts/limit/two", test_two_limits);
    g_test_add_func("/hosts/broke", test_broke);
    g_test_add_func("/hosts/left/one", test_left);
    g_test_add_func("/hosts/left/all", test_all_left);
    g_test_add_func("/hosts/local/leaves", test_local_leaves);
    g_test_add_func("/hosts/local/failed", test_local_failed);
    g_test_add_func("/hosts/local/alone", test_only_local);
    g_test_add_func("/hosts/step", test_step);
    return g_test_run();
}
