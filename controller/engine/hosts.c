/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hosts.c: see hosts.h. */
#include "controller/engine/hosts.h"

#include <string.h>

struct Hosts {
    Host *here;
    HostJob job;

    /* While other hosts take part in the job's leg: */
    Leg near;      /* this host's part */
    GArray *slots; /* Slot of near, … */
    GArray *which; /* … and unsigned: which one of the leg it is */
    bool told;     /* the others know where this host's part ends */
    LegPatience patience;
};

Hosts *hosts_new(Host *here)
{
    Hosts *h = g_new0(Hosts, 1);

    h->here = here;
    h->slots = g_array_new(FALSE, TRUE, sizeof(Slot));
    h->which = g_array_new(FALSE, FALSE, sizeof(unsigned));
    host_job_init(&h->job);
    return h;
}

void hosts_free(Hosts *h)
{
    if (!h)
        return;
    host_job_clear(&h->job);
    g_array_unref(h->slots);
    g_array_unref(h->which);
    g_free(h);
}

/* --- this host's part --- */

static void mark(const Hosts *h, uint64_t k)
{
    const Leg *leg = h->job.leg;

    for (unsigned i = 0; i < h->slots->len; i++) {
        const Slot *from = &g_array_index(h->slots, Slot, i);
        unsigned to = g_array_index(h->which, unsigned, i);

        if (leg->marks) {
            leg->marks[(k - 1) % leg->stride * leg->n_slots + to] =
                from->arrived.ns < h->near.granted.ns ? (LegMark){-1, {0}}
                                                      : (LegMark){from->stamp_us, from->arrived};
        } else {
            leg->slots[to].stamp_us = from->stamp_us;
            leg->slots[to].arrived = from->arrived;
        }
    }
}

/* In the worker that came last, the others waiting. */
static void near_meet(Leg *near, uint64_t k, void *data)
{
    Hosts *h = data;

    mark(h, k);
    if (k % h->job.leg->stride != 0 && k != near->count)
        return;
    if (leg_wants_stop(near))
        atomic_store(&h->job.leg->stop, true);
    if (leg_rendezvous(h->job.leg, BARRIER_EV_ARRIVED, &h->patience) == BARRIER_HALT) {
        atomic_store(&near->stop, true);
        h->told = true;
    }
}

/* In the last worker. It ended where nobody else knew of it. */
static void near_over(Leg *near, void *data)
{
    Hosts *h = data;

    if (h->told)
        return;
    if (atomic_load(&near->broke))
        atomic_store(&h->job.leg->broke, true);
    /* That its guests are off holds nobody back. */
    leg_quit(h->job.leg, atomic_load(&near->k), atomic_load(&near->broke) || leg_wants_stop(near),
             &h->patience);
}

static void run_near(Hosts *h)
{
    const Leg *leg = h->job.leg;

    h->near = *leg;
    h->near.slots = (Slot *)(void *)h->slots->data;
    h->near.n_slots = h->slots->len;
    h->near.on_barrier = near_meet;
    h->near.over = near_over;
    h->near.data = h;
    h->near.marks = NULL;
    h->near.stride = 1; /* workers meet at every boundary */
    h->told = false;
    host_run_leg(h->here, &h->near, host_job_one_done, &h->job);
}

/* --- all --- */

bool hosts_are_several(const Leg *leg)
{
    for (unsigned i = 0; i < leg->n_slots; i++)
        if (leg->slots[i].node->far)
            return true;
    return false;
}

/* The far hosts of the leg, each once. */
static GPtrArray *far_hosts(const Leg *leg)
{
    GPtrArray *fars = g_ptr_array_new();

    for (unsigned i = 0; i < leg->n_slots; i++) {
        Far *far = leg->slots[i].node->far;

        if (far && !g_ptr_array_find(fars, far, NULL))
            g_ptr_array_add(fars, far);
    }
    return fars;
}

static void find_near(Hosts *h, const Leg *leg)
{
    g_array_set_size(h->slots, 0);
    g_array_set_size(h->which, 0);
    for (unsigned i = 0; i < leg->n_slots; i++) {
        if (leg->slots[i].node->far)
            continue;
        g_array_append_val(h->slots, leg->slots[i]);
        g_array_append_val(h->which, i);
    }
}

void hosts_run_leg(Hosts *h, Leg *leg, HostDoneFunc done, void *data)
{
    g_autoptr(GPtrArray) fars = NULL;
    unsigned members;

    if (!hosts_are_several(leg)) {
        host_run_leg(h->here, leg, done, data);
        return;
    }
    fars = far_hosts(leg);
    find_near(h, leg);
    members = fars->len + (h->slots->len > 0);
    host_job_begin(&h->job, leg, members, done, data);
    leg_init(leg, members);
    leg_begin(leg);
    if (h->slots->len > 0)
        run_near(h);
    leg->fabric = NULL; /* each host sees to its own cards */
    for (unsigned i = 0; i < fars->len; i++) {
        Far *far = fars->pdata[i];

        far->ops->run_leg(far, leg, host_job_one_done, &h->job);
    }
}

void hosts_step(Hosts *h, StepRequest *request, HostDoneFunc done, void *data)
{
    Far *far = request->node->far;

    if (!far) {
        host_step(h->here, request, done, data);
        return;
    }
    host_job_begin(&h->job, NULL, 1, done, data);
    far->ops->step(far, request, host_job_one_done, &h->job);
}
