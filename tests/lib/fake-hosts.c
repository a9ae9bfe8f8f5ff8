/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake-hosts.c: the threads of the two fake hosts, and the checks at each barrier. */
#include "tests/lib/fake-hosts.h"

#include "controller/qemu/ending.h"

static int64_t stamp_of(uint64_t k, unsigned participant)
{
    return (int64_t)(k * 10 + participant);
}

/* --- a host --- */

static void run_quantum(FakeHost *f, uint64_t k)
{
    Segment *segment = f->segment;

    for (unsigned i = 0; i < segment->n_participants && !f->hangs_back; i++) {
        if (segment->participants[i].node->remote != &f->remote)
            continue;
        if (segment->marks) {
            segment->marks[(k - 1) % segment->grant_quanta * segment->n_participants + i] =
                (SegmentMark){stamp_of(k, i), htime_now()};
        } else {
            segment->participants[i].stamp_us = stamp_of(k, i);
            segment->participants[i].arrived = htime_now();
        }
    }
    if (f->slow)
        g_usleep(2000);
    atomic_store(&f->ran, k);
}

static void leave(FakeHost *f)
{
    SegmentPatience patience = {0};
    uint64_t k = atomic_load(&f->ran);

    if (f->broke)
        atomic_store(&f->segment->broke, true);
    atomic_store(&f->gone, true);
    segment_quit(f->segment, k, f->stop, &patience);
}

static void *host_main(void *data)
{
    FakeHost *f = data;
    SegmentPatience patience = {0};
    BarrierAction action = BARRIER_GRANT;

    for (uint64_t g = 1; action == BARRIER_GRANT; g++) {
        uint64_t end = segment_grant_end(f->segment, g);

        for (uint64_t k = atomic_load(&f->ran) + 1; k <= end; k++) {
            if (f->leave_at && k > f->leave_at)
                break;
            run_quantum(f, k);
        }
        if (atomic_load(&f->ran) < end) {
            leave(f);
            break;
        }
        action = segment_rendezvous(f->segment, BARRIER_EV_ARRIVED, &patience);
        g_assert_cmpint(action, !=, BARRIER_WAIT);
    }
    f->done(f->done_data);
    return NULL;
}

static void remote_run_segment(Remote *remote, Segment *segment, RemoteDoneFunc done, void *data)
{
    FakeHost *f = (FakeHost *)remote;

    g_assert_null(f->thread);
    g_assert_null(segment->fabric); /* each host manages its own NICs */
    f->segment = segment;
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

static void remote_step(Remote *remote, StepRequest *request, RemoteDoneFunc done, void *data)
{
    FakeHost *f = (FakeHost *)remote;

    request->asleep = true;
    f->done = done;
    f->done_data = data;
    f->thread = g_thread_new("far", step_main, f);
}

static const RemoteOps remote_ops = {.run_segment = remote_run_segment, .step = remote_step};

/* --- the segment --- */

static void check_participant(const FakeHosts *f, const Segment *segment, unsigned i, uint64_t k)
{
    const FakeHost *host = (const FakeHost *)segment->participants[i].node->remote;
    const Participant *s = &segment->participants[i];

    if (host && k <= atomic_load(&host->ran) && !host->hangs_back) {
        g_assert_cmpint(s->stamp_us, ==, stamp_of(k, i));
        g_assert_cmpint(s->arrived.ns, >=, segment->granted.ns);
    } else if (f->segment.marks) {
        g_assert_cmpint(s->arrived.ns, <, segment->granted.ns); /* from an earlier grant, or none */
    }
}

static void on_barrier(Segment *segment, uint64_t k, void *data)
{
    FakeHosts *f = data;
    uint64_t end = segment_grant_end(segment, (k - 1) / segment->grant_quanta + 1);

    g_assert_true(segment == &f->segment);
    g_assert_cmpuint(k, ==, f->called + 1);
    f->called = k;
    for (unsigned i = 0; i < G_N_ELEMENTS(f->remote); i++)
        if (f->remote[i].segment == segment && !atomic_load(&f->remote[i].gone))
            g_assert_cmpuint(atomic_load(&f->remote[i].ran), ==, end);
    for (unsigned i = 0; i < segment->n_participants; i++)
        check_participant(f, segment, i, k);
    if (k == f->stop_at)
        atomic_store(&segment->stop, true);
}

static void begin(FakeHosts *f);

/* Called in the main context. Begins the next segment at once, as the engine may do. */
void fake_hosts_done(void *data)
{
    FakeHosts *f = data;

    g_assert_true(g_main_context_is_owner(g_main_context_default()));
    g_assert_false(f->over);
    for (unsigned i = 0; i < G_N_ELEMENTS(f->remote); i++) {
        g_clear_pointer(&f->remote[i].thread, g_thread_join);
        f->remote[i].segment = NULL;
    }
    f->over = f->again == 0;
    if (f->again > 0) {
        f->again--;
        begin(f);
    }
}

static void begin(FakeHosts *f)
{
    Segment plan = {.first = {1000000},
                    .quantum = {1000000},
                    .count = f->segment.count,
                    .grant_quanta = f->segment.grant_quanta,
                    .marks = f->segment.grant_quanta > 1 ? f->marks : NULL,
                    .participants = f->participants,
                    .n_participants = f->segment.n_participants,
                    .on_barrier = on_barrier,
                    .fabric = f->fabric,
                    .data = f};

    f->segment = plan;
    f->called = 0;
    for (unsigned i = 0; i < plan.n_participants; i++)
        f->participants[i] = (Participant){.node = f->nodes[i], .stats = &f->stats};
    for (unsigned i = 0; i < G_N_ELEMENTS(f->remote); i++) {
        atomic_store(&f->remote[i].ran, 0);
        atomic_store(&f->remote[i].gone, false);
    }
    all_hosts_run_segment(f->hosts, &f->segment, fake_hosts_done, f);
}

FakeHosts *fake_hosts_new(uint64_t count, unsigned grant_quanta)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    FakeHosts *f = g_new0(FakeHosts, 1);

    f->local = local_host_new(SCHED_MODE_BEST_EFFORT);
    f->hosts = all_hosts_new(f->local);
    f->fabric = fabric_new_agent();
    for (unsigned i = 0; i < G_N_ELEMENTS(f->remote); i++)
        f->remote[i].remote.ops = &remote_ops;
    for (unsigned i = 0; i < G_N_ELEMENTS(f->nodes); i++)
        f->nodes[i] = node_new(node_options_new(names[i]), i);
    f->nodes[0]->remote = f->nodes[2]->remote = &f->remote[0].remote;
    f->nodes[1]->remote = &f->remote[1].remote;
    local_host_place(f->local, f->nodes[3]);
    f->segment.count = count;
    f->segment.grant_quanta = grant_quanta;
    f->segment.n_participants = 3; /* all but d */
    return f;
}

void fake_hosts_free(FakeHosts *f)
{
    all_hosts_free(f->hosts);
    fabric_free(f->fabric);
    local_host_free(f->local);
    for (unsigned i = 0; i < G_N_ELEMENTS(f->nodes); i++)
        node_free(f->nodes[i]);
    g_free(f);
}

void fake_hosts_wait(FakeHosts *f)
{
    f->over = false;
    while (!f->over)
        g_main_context_iteration(NULL, TRUE);
    /* Runs the remaining callbacks: none of them may call fake_hosts_done() again. */
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

void fake_hosts_run(FakeHosts *f)
{
    begin(f);
    fake_hosts_wait(f);
}
