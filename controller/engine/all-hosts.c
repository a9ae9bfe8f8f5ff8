/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * all-hosts.c: shares out segments and steps among the local host and remote hosts.
 *
 * The local part of a segment is a segment of its own. Its barriers copy the participants' marks
 * into the shared segment and meet the other hosts at the end of each grant.
 */
#include "controller/engine/all-hosts.h"

#include <string.h>

struct AllHosts {
    LocalHost *local;
    HostJob job;

    /* While other hosts take part in the job's segment: */
    Segment local_part;   /* the local host's part */
    GArray *participants; /* Participant: those of the local part */
    GArray *which;        /* unsigned: index of each of them in the shared segment */
    bool others_know;     /* the other hosts know where the local part ends */
    SegmentPatience patience;
};

AllHosts *all_hosts_new(LocalHost *local)
{
    AllHosts *h = g_new0(AllHosts, 1);

    h->local = local;
    h->participants = g_array_new(FALSE, TRUE, sizeof(Participant));
    h->which = g_array_new(FALSE, FALSE, sizeof(unsigned));
    host_job_init(&h->job);
    return h;
}

void all_hosts_free(AllHosts *h)
{
    if (!h)
        return;
    host_job_clear(&h->job);
    g_array_unref(h->participants);
    g_array_unref(h->which);
    g_free(h);
}

/* --- the local host's part --- */

static void mark(const AllHosts *h, uint64_t k)
{
    const Segment *segment = h->job.segment;

    for (unsigned i = 0; i < h->participants->len; i++) {
        const Participant *from = &g_array_index(h->participants, Participant, i);
        unsigned to = g_array_index(h->which, unsigned, i);

        if (segment->marks) {
            segment->marks[(k - 1) % segment->grant_quanta * segment->n_participants + to] =
                from->arrived.ns < h->local_part.granted.ns
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
static void meet_other_hosts(Segment *local_part, uint64_t k, void *data)
{
    AllHosts *h = data;

    mark(h, k);
    if (k % h->job.segment->grant_quanta != 0 && k != local_part->count)
        return;
    if (segment_wants_stop(local_part))
        atomic_store(&h->job.segment->stop, true);
    if (segment_rendezvous(h->job.segment, BARRIER_EV_ARRIVED, &h->patience) == BARRIER_HALT) {
        atomic_store(&local_part->stop, true);
        h->others_know = true;
    }
}

/* Runs in the last worker. Leaves the shared segment if the local part ended without the other
 * hosts' knowledge. */
static void local_part_over(Segment *local_part, void *data)
{
    AllHosts *h = data;

    if (h->others_know)
        return;
    if (atomic_load(&local_part->broke))
        atomic_store(&h->job.segment->broke, true);
    /* Guests that are off do not hold the other hosts back. */
    segment_quit(h->job.segment, atomic_load(&local_part->k),
                 atomic_load(&local_part->broke) || segment_wants_stop(local_part), &h->patience);
}

static void run_local_part(AllHosts *h)
{
    const Segment *segment = h->job.segment;

    h->local_part = *segment;
    h->local_part.participants = (Participant *)(void *)h->participants->data;
    h->local_part.n_participants = h->participants->len;
    h->local_part.on_barrier = meet_other_hosts;
    h->local_part.over = local_part_over;
    h->local_part.data = h;
    h->local_part.marks = NULL;
    h->local_part.grant_quanta = 1; /* workers meet at every boundary */
    h->others_know = false;
    local_host_run_segment(h->local, &h->local_part, host_job_one_done, &h->job);
}

/* --- all hosts --- */

bool all_hosts_needed(const Segment *segment)
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

static void find_local_part(AllHosts *h, const Segment *segment)
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

void all_hosts_run_segment(AllHosts *h, Segment *segment, HostDoneFunc done, void *data)
{
    g_autoptr(GPtrArray) remotes = NULL;
    unsigned members;

    if (!all_hosts_needed(segment)) {
        local_host_run_segment(h->local, segment, done, data);
        return;
    }
    remotes = remote_hosts(segment);
    find_local_part(h, segment);
    members = remotes->len + (h->participants->len > 0);
    host_job_begin(&h->job, segment, members, done, data);
    segment_init(segment, members);
    segment_begin(segment);
    if (h->participants->len > 0)
        run_local_part(h);
    segment->fabric = NULL; /* each host serves its own cards */
    for (unsigned i = 0; i < remotes->len; i++) {
        Remote *remote = remotes->pdata[i];

        remote->ops->run_segment(remote, segment, host_job_one_done, &h->job);
    }
}

void all_hosts_step(AllHosts *h, StepRequest *request, HostDoneFunc done, void *data)
{
    Remote *remote = request->node->remote;

    if (!remote) {
        local_host_step(h->local, request, done, data);
        return;
    }
    host_job_begin(&h->job, NULL, 1, done, data);
    remote->ops->step(remote, request, host_job_one_done, &h->job);
}
