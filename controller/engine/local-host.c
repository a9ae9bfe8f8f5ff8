/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * local-host.c: places nodes on the host's CPUs and gives segments and steps to the workers of
 * these CPUs.
 */
#include "controller/engine/local-host.h"

#include "controller/engine/trial.h"
#include "controller/engine/worker.h"

struct LocalHost {
    SchedMode sched;
    GArray *cpus;     /* int: numbers of the CPUs */
    unsigned *nodes;  /* number of nodes on each CPU */
    Worker **workers; /* NULL until the CPU is first used */
    HostJob job;      /* of the workers */
};

LocalHost *local_host_new(SchedMode sched)
{
    LocalHost *h = g_new0(LocalHost, 1);

    h->sched = sched;
    h->cpus = sched_host_cpus();
    h->nodes = g_new0(unsigned, h->cpus->len);
    h->workers = g_new0(Worker *, h->cpus->len);
    host_job_init(&h->job);
    return h;
}

void local_host_free(LocalHost *h)
{
    if (!h)
        return;
    for (unsigned i = 0; i < h->cpus->len; i++)
        worker_free(h->workers[i]);
    host_job_clear(&h->job);
    g_free(h->workers);
    g_free(h->nodes);
    g_array_unref(h->cpus);
    g_free(h);
}

SchedMode local_host_sched_mode(const LocalHost *h)
{
    return h->sched;
}

unsigned local_host_cpus(const LocalHost *h)
{
    return h->cpus->len;
}

void local_host_place(LocalHost *h, Node *node)
{
    unsigned best = 0;

    for (unsigned i = 1; i < h->cpus->len; i++)
        if (h->nodes[i] < h->nodes[best])
            best = i;
    node->cpu = g_array_index(h->cpus, int, best);
    h->nodes[best]++;
    if (!h->workers[best])
        h->workers[best] = worker_new(node->cpu, h->sched);
}

void local_host_displace(LocalHost *h, Node *node)
{
    for (unsigned i = 0; i < h->cpus->len; i++)
        if (g_array_index(h->cpus, int, i) == node->cpu)
            h->nodes[i]--;
    node->cpu = -1;
}

static bool worker_has_participant(const Segment *segment, int cpu)
{
    for (unsigned i = 0; i < segment->n_participants; i++)
        if (segment->participants[i].node->cpu == cpu)
            return true;
    return false;
}

void local_host_run_segment(LocalHost *h, Segment *segment, HostDoneFunc done, void *data)
{
    unsigned members = 0;

    g_assert(segment->n_participants > 0);
    segment->sched = h->sched;
    trial_choose(segment->participants, segment->n_participants);
    segment->learn = trial_learn;
    for (unsigned i = 0; i < h->cpus->len; i++)
        members += worker_has_participant(segment, g_array_index(h->cpus, int, i));
    segment_init(segment, members);
    host_job_begin(&h->job, segment, members, done, data);
    for (unsigned i = 0; i < h->cpus->len; i++)
        if (worker_has_participant(segment, g_array_index(h->cpus, int, i)))
            worker_run_segment(h->workers[i], segment, host_job_one_done, &h->job);
}

static void step_in_worker(void *arg)
{
    step_node(arg);
}

void local_host_step(LocalHost *h, StepRequest *request, HostDoneFunc done, void *data)
{
    host_job_begin(&h->job, NULL, 1, done, data);
    for (unsigned i = 0; i < h->cpus->len; i++)
        if (g_array_index(h->cpus, int, i) == request->node->cpu)
            worker_run(h->workers[i], step_in_worker, request, host_job_one_done, &h->job);
}
