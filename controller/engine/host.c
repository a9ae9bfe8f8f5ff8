/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host.c: placement and lanes. */
#include "controller/engine/host.h"

#include "controller/engine/lane.h"
#include "controller/engine/trial.h"

struct Host {
    Rank rank;
    GArray *cpus;    /* int */
    unsigned *nodes; /* how many on each */
    Lane **lanes;    /* NULL until the CPU is first used */
    HostJob job;     /* of its lanes */
};

Host *host_new(Rank rank)
{
    Host *h = g_new0(Host, 1);

    h->rank = rank;
    h->cpus = rank_host_cpus();
    h->nodes = g_new0(unsigned, h->cpus->len);
    h->lanes = g_new0(Lane *, h->cpus->len);
    host_job_init(&h->job);
    return h;
}

void host_free(Host *h)
{
    if (!h)
        return;
    for (unsigned i = 0; i < h->cpus->len; i++)
        lane_free(h->lanes[i]);
    host_job_clear(&h->job);
    g_free(h->lanes);
    g_free(h->nodes);
    g_array_unref(h->cpus);
    g_free(h);
}

Rank host_rank(const Host *h)
{
    return h->rank;
}

unsigned host_cpus(const Host *h)
{
    return h->cpus->len;
}

void host_place(Host *h, Node *node)
{
    unsigned best = 0;

    for (unsigned i = 1; i < h->cpus->len; i++)
        if (h->nodes[i] < h->nodes[best])
            best = i;
    node->cpu = g_array_index(h->cpus, int, best);
    h->nodes[best]++;
    if (!h->lanes[best])
        h->lanes[best] = lane_new(node->cpu, h->rank);
}

void host_displace(Host *h, Node *node)
{
    for (unsigned i = 0; i < h->cpus->len; i++)
        if (g_array_index(h->cpus, int, i) == node->cpu)
            h->nodes[i]--;
    node->cpu = -1;
}

static bool lane_has_slot(const Leg *leg, int cpu)
{
    for (unsigned i = 0; i < leg->n_slots; i++)
        if (leg->slots[i].node->cpu == cpu)
            return true;
    return false;
}

void host_run_leg(Host *h, Leg *leg, HostDoneFunc done, void *data)
{
    unsigned members = 0;

    g_assert(leg->n_slots > 0);
    leg->rank = h->rank;
    trial_choose(leg->slots, leg->n_slots);
    for (unsigned i = 0; i < h->cpus->len; i++)
        members += lane_has_slot(leg, g_array_index(h->cpus, int, i));
    leg_init(leg, members);
    host_job_begin(&h->job, leg, members, done, data);
    for (unsigned i = 0; i < h->cpus->len; i++)
        if (lane_has_slot(leg, g_array_index(h->cpus, int, i)))
            lane_run_leg(h->lanes[i], leg, host_job_one_done, &h->job);
}

static void step_in_lane(void *arg)
{
    step_node(arg);
}

void host_step(Host *h, StepRequest *request, HostDoneFunc done, void *data)
{
    host_job_begin(&h->job, NULL, 1, done, data);
    for (unsigned i = 0; i < h->cpus->len; i++)
        if (g_array_index(h->cpus, int, i) == request->node->cpu)
            lane_run(h->lanes[i], step_in_lane, request, host_job_one_done, &h->job);
}
