/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host.c: placement and lanes; completion comes back to the main context through an eventfd. */
#include "controller/engine/host.h"

#include "controller/base/fd.h"
#include "controller/engine/lane.h"

#include <glib-unix.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

struct Host {
    Rank rank;
    GArray *cpus;    /* int */
    unsigned *nodes; /* how many on each */
    Lane **lanes;    /* NULL until the CPU is first used */
    int done_fd;
    unsigned source;
    atomic_uint busy; /* lanes at work */
    Leg *leg;
    HostDoneFunc done;
    void *data;
};

static gboolean on_done(gint fd, GIOCondition condition, gpointer data)
{
    Host *h = data;
    HostDoneFunc done = h->done;
    eventfd_t value;

    (void)condition;
    if (eventfd_read(fd, &value) != 0)
        return G_SOURCE_CONTINUE;
    if (h->leg)
        leg_clear(h->leg);
    h->leg = NULL;
    h->done = NULL;
    done(h->data);
    return G_SOURCE_CONTINUE;
}

Host *host_new(Rank rank)
{
    Host *h = g_new0(Host, 1);

    h->rank = rank;
    h->cpus = rank_host_cpus();
    h->nodes = g_new0(unsigned, h->cpus->len);
    h->lanes = g_new0(Lane *, h->cpus->len);
    h->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    h->source = g_unix_fd_add(h->done_fd, G_IO_IN, on_done, h);
    return h;
}

void host_free(Host *h)
{
    if (!h)
        return;
    g_source_remove(h->source);
    for (unsigned i = 0; i < h->cpus->len; i++)
        lane_free(h->lanes[i]);
    fd_clear(&h->done_fd);
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

/* In a lane's thread. */
static void lane_done(void *data)
{
    Host *h = data;

    if (atomic_fetch_sub(&h->busy, 1) != 1)
        return;
    if (h->leg && h->leg->over)
        h->leg->over(h->leg, h->leg->data);
    eventfd_write(h->done_fd, 1);
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

    g_assert(!h->done && leg->n_slots > 0);
    h->leg = leg;
    h->done = done;
    h->data = data;
    leg->rank = h->rank;
    for (unsigned i = 0; i < h->cpus->len; i++)
        members += lane_has_slot(leg, g_array_index(h->cpus, int, i));
    leg_init(leg, members);
    atomic_store(&h->busy, members);
    for (unsigned i = 0; i < h->cpus->len; i++)
        if (lane_has_slot(leg, g_array_index(h->cpus, int, i)))
            lane_run_leg(h->lanes[i], leg, lane_done, h);
}

static void step_in_lane(void *arg)
{
    step_node(arg);
}

void host_step(Host *h, StepRequest *request, HostDoneFunc done, void *data)
{
    g_assert(!h->done);
    h->done = done;
    h->data = data;
    atomic_store(&h->busy, 1);
    for (unsigned i = 0; i < h->cpus->len; i++)
        if (g_array_index(h->cpus, int, i) == request->node->cpu)
            lane_run(h->lanes[i], step_in_lane, request, lane_done, h);
}
