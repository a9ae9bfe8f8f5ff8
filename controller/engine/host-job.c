/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host-job.c: counts the members that still work; the last one writes to the eventfd, which
 * calls `done` in the main context.
 */
#include "controller/engine/host-job.h"

#include "controller/base/fd.h"

#include <glib-unix.h>
#include <sys/eventfd.h>

static gboolean on_done(gint fd, GIOCondition condition, gpointer data)
{
    HostJob *j = data;
    HostDoneFunc done = j->done;
    eventfd_t value;

    (void)condition;
    if (eventfd_read(fd, &value) != 0)
        return G_SOURCE_CONTINUE;
    if (j->segment)
        segment_clear(j->segment);
    j->segment = NULL;
    j->done = NULL;
    done(j->data);
    return G_SOURCE_CONTINUE;
}

void host_job_init(HostJob *j)
{
    *j = (HostJob){.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    j->source = g_unix_fd_add(j->done_fd, G_IO_IN, on_done, j);
}

void host_job_clear(HostJob *j)
{
    g_source_remove(j->source);
    fd_clear(&j->done_fd);
}

void host_job_begin(HostJob *j, Segment *segment, unsigned members, HostDoneFunc done, void *data)
{
    g_assert(!j->done);
    j->segment = segment;
    j->done = done;
    j->data = data;
    atomic_store(&j->busy, members);
}

void host_job_one_done(void *job)
{
    HostJob *j = job;

    if (atomic_fetch_sub(&j->busy, 1) != 1)
        return;
    if (j->segment && j->segment->over)
        j->segment->over(j->segment, j->segment->data);
    eventfd_write(j->done_fd, 1);
}
