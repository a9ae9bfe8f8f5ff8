/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.c: shares out segments and steps among the local host and remote hosts.
 *
 * The local part of a segment (`near`) is a segment of its own. The barriers of `near` copy the
 * participants' marks into the shared segment and meet the other hosts at the end of each grant.
 */
#include "controller/engine/hosts.h"

#include <string.h>

struct Hosts {
    Host *here;
    HostJob job;

    /* While other hosts take part in the job's segment: */
    Segment near;         /* the local host's part */
    GArray *participants; /* Participant: those of `near` */
    GArray *which;        /* unsigned: index of each of them in the shared segment */
    bool told;            /* the other hosts know where the local part ends */
    SegmentPatience patience;
};

Hosts *hosts_new(Host *here)
{
    Hosts *h = g_new0(Hosts, 1);

    h->here = here;
    h->participants = g_array_new(FALSE, TRUE, sizeof(Participant));
    h->which = g_array_new(FALSE, FALSE, sizeof(unsigned));
    host_job_init(&h->job);
    return h;
}

void hosts_free(Hosts *h)
{
    if (!h)
        return;
    host_job_clear(&h->job);
    g_array_unref(h->participants);
    g_array_unref(h->which);
    g_free(h);
}

/* --- the local host's part --- */

static void mark(const Hosts *h, uint64_t k)
{
    const Segment *segment = h->job.segment;

    for (unsigned i = 0; i < h->participants->len; i++) {
        const Participant *from = &g_array_index(h->participants, Participant, i);
        unsigned to = g_array_index(h->which, unsigned, i);

        if (segment->marks) {
            segment->marks[(k - 1) % segment->grant_quanta * segment->n_participants + to] =
                from->arrived.ns < h->near.granted.ns
                    ? (SegmentMark){-1, {0}}
                    : (SegmentMark){from->stamp_us, from->arrived};
        } else {
            segment->participants[to].stamp_us = from->stamp_us;
            segment->participants[to].arrived = from->arrived;
        }
    }
}

/* Meets the other hosts at the end of a grant. Runs in the worker that came last, while the
 * other workers wait. */
static void near_meet(Segment *near, uint64_t k, void *data)
{
    Hosts *h = data;

    mark(h, k);
    if (k % h->job.segment->grant_quanta != 0 && k != near->count)
        return;
    if (segment_wants_stop(near))
        atomic_store(&h->job.segment->stop, true);
    if (segment_rendezvous(h->job.segment, BARRIER_EV_ARRIVED, &h->patience) == BARRIER_HALT) {
        atomic_store(&near->stop, true);
        h->told = true;
    }
}

/* Runs in the last worker. Leaves the shared segment if the local part ended without the other
 * hosts' knowledge. */
static void near_over(Segment *near, void *data)
{
    Hosts *h = data;

    if (h->told)
        return;
    if (atomic_load(&near->broke))
        atomic_store(&h->job.segment->broke, true);
    /* Guests that are off do not hold the other hosts back. */
    segment_quit(h->job.segment, atomic_load(&near->k),
                 atomic_load(&near->broke) || segment_wants_stop(near), &h->patience);
}

static void run_near(Hosts *h)
{
    const Segment *segment = h->job.segment;

    h->near = *segment;
    h->near.participants = (Participant *)(void *)h->participants->data;
    h->near.n_participants = h->participants->len;
    h->near.on_barrier = near_meet;
    h->near.over = near_over;
    h->near.data = h;
    h->near.marks = NULL;
    h->near.grant_quanta = 1; /* workers meet at every boundary */
    h->told = false;
    host_run_segment(h->here, &h->near, host_job_one_done, &h->job);
}

/* --- all hosts --- */

bool hosts_are_several(const Segment *segment)
{
    for (unsigned i = 0; i < segment->n_participants; i++)
        if (segment->participants[i].node->remote)
            return true;
    return false;
}

/* The remote hosts of the segment, each once. */
static GPtrArray *remote_hosts(const Segment *segment)
{
    GPtrArray *remotes = g_ptr_array_new();

    for (unsigned i = 0; i < segment->n_participants; i++) {
        Remote *remote = segment->participants[i].node->remote;

        if (remote && !g_ptr_array_find(remotes, remote, NULL))
            g_ptr_array_add(remotes, remote);
    }
    return remotes;
}

static void find_near(Hosts *h, const Segment *segment)
{
    g_array_set_size(h->participants, 0);
    g_array_set_size(h->which, 0);
    for (unsigned i = 0; i < segment->n_participants; i++) {
        if (segment->participants[i].node->remote)
            continue;
        g_array_append_val(h->participants, segment->participants[i]);
        g_array_append_val(h->which, i);
    }
}

void hosts_run_segment(Hosts *h, Segment *segment, HostDoneFunc done, void *data)
{
    g_autoptr(GPtrArray) remotes = NULL;
    unsigned members;

    if (!hosts_are_several(segment)) {
        host_run_segment(h->here, segment, done, data);
        return;
    }
    remotes = remote_hosts(segment);
    find_near(h, segment);
    members = remotes->len + (h->participants->len > 0);
    host_job_begin(&h->job, segment, members, done, data);
    segment_init(segment, members);
    segment_begin(segment);
    if (h->participants->len > 0)
        run_near(h);
    segment->fabric = NULL; /* each host serves its own cards */
    for (unsigned i = 0; i < remotes->len; i++) {
        Remote *remote = remotes->pdata[i];

        remote->ops->run_segment(remote, segment, host_job_one_done, &h->job);
    }
}

void hosts_step(Hosts *h, StepRequest *request, HostDoneFunc done, void *data)
{
    Remote *remote = request->node->remote;

    if (!remote) {
        host_step(h->here, request, done, data);
        return;
    }
    host_job_begin(&h->job, NULL, 1, done, data);
    remote->ops->step(remote, request, host_job_one_done, &h->job);
}
