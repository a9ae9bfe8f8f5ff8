/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disk.c: counts in /proc/PID what QEMU's threads had of the host's storage, and judges. */
#include "controller/qemu/disk.h"

#include "controller/base/proc.h"

#include <inttypes.h>
#include <string.h>

const char *disk_mode_name(DiskMode mode)
{
    return mode == DISK_MEMORY ? "memory" : "host";
}

DiskMode disk_mode_of(const NodeOptions *o, SchedMode sched)
{
    if (o->disk_mode != DISK_USUAL)
        return o->disk_mode;
    return sched == SCHED_MODE_STRICT && o->icount.enabled ? DISK_MEMORY : DISK_HOST;
}

/* --- what was waited for --- */

static uint64_t number(int64_t value)
{
    return (uint64_t)MAX(value, 0);
}

/* Reads a folder of /proc: that of a process, or of one of its threads. */
static bool read_waits(const char *folder, DiskWaits *w)
{
    g_autofree char *io_path = g_strconcat(folder, "/io", NULL), *io = NULL;
    g_autofree char *stat_path = g_strconcat(folder, "/stat", NULL), *stat = NULL;

    if (!g_file_get_contents(io_path, &io, NULL, NULL) ||
        !g_file_get_contents(stat_path, &stat, NULL, NULL))
        return false;
    *w = (DiskWaits){.read_bytes = number(proc_value(io, "read_bytes")),
                     .write_bytes = number(proc_value(io, "write_bytes")),
                     .faults = number(proc_number(stat, PROC_MAJOR_FAULTS)),
                     .delay = number(proc_number(stat, PROC_IO_DELAY))};
    return true;
}

typedef struct {
    pid_t pid;
    const GArray *vcpus;
    uint64_t delay; /* of the other threads */
} Delays;

static bool is_vcpu(const GArray *vcpus, pid_t tid)
{
    for (unsigned i = 0; i < vcpus->len; i++)
        if (g_array_index(vcpus, pid_t, i) == tid)
            return true;
    return false;
}

static bool add_delay(pid_t tid, void *data)
{
    Delays *d = data;
    g_autofree char *folder = g_strdup_printf("/proc/%d/task/%d", (int)d->pid, (int)tid);
    DiskWaits w;

    if (!is_vcpu(d->vcpus, tid) && read_waits(folder, &w))
        d->delay += w.delay;
    return true;
}

static uint64_t less(uint64_t all, uint64_t part)
{
    return all > part ? all - part : 0;
}

static void take_away(DiskWaits *all, const DiskWaits *part)
{
    all->read_bytes = less(all->read_bytes, part->read_bytes);
    all->write_bytes = less(all->write_bytes, part->write_bytes);
    all->faults = less(all->faults, part->faults);
    all->delay = less(all->delay, part->delay);
}

/* Bytes and faults of a process have those of threads that have ended; its delay is that of its
 * first thread. */
static bool read_all(pid_t pid, const GArray *vcpus, DiskWaits *out)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d", (int)pid);
    Delays delays = {.pid = pid, .vcpus = vcpus};
    DiskWaits all;

    if (pid <= 0 || !read_waits(folder, &all))
        return false;
    for (unsigned i = 0; i < vcpus->len; i++) {
        pid_t tid = g_array_index(vcpus, pid_t, i);
        g_autofree char *task = g_strdup_printf("%s/task/%d", folder, (int)tid);
        DiskWaits own;

        if ((i == 0 || tid != g_array_index(vcpus, pid_t, i - 1)) && read_waits(task, &own))
            take_away(&all, &own);
    }
    all.delay = 0;
    if (sched_each_thread(pid, add_delay, &delays, NULL))
        all.delay = delays.delay;
    *out = all;
    return true;
}

void disk_look(NodeDisk *d, pid_t pid, const GArray *vcpus)
{
    DiskWaits now;

    if (!d->there || !read_all(pid, vcpus, &now))
        return;
    take_away(&now, &d->before);
    now.read_bytes += d->past.read_bytes;
    now.write_bytes += d->past.write_bytes;
    now.faults += d->past.faults;
    now.delay += d->past.delay;
    d->waited = now;
}

void disk_go_on(NodeDisk *d, pid_t pid, const GArray *vcpus)
{
    d->past = d->waited;
    if (d->there)
        read_all(pid, vcpus, &d->before);
}

const char *disk_overlays(const NodeDisk *d, const RunDir *dir)
{
    return d->mode == DISK_MEMORY ? rundir_memory(dir) : NULL;
}

void disk_prepare(NodeDisk *d, const NodeOptions *o, SchedMode sched)
{
    disk_clear(d);
    *d = (NodeDisk){.mode = disk_mode_of(o, sched),
                    .persist = o->persist,
                    .strict = sched == SCHED_MODE_STRICT};
}

void disk_begin(NodeDisk *d, pid_t pid, const GArray *vcpus, const char *folder)
{
    d->there = images_any(pid);
    if (!d->there)
        return;
    if (d->mode == DISK_MEMORY)
        d->images = images_lock(pid, &d->unlocked);
    if (d->mode == DISK_MEMORY && !d->unlocked && !folder && !d->persist)
        d->unlocked = g_strdup("there is no folder in memory (tmpfs) for its overlays");
    read_all(pid, vcpus, &d->before);
}

/* --- what it means --- */

static bool is_zero(const DiskWaits *w)
{
    return w->read_bytes == 0 && w->write_bytes == 0 && w->faults == 0 && w->delay == 0;
}

static void add_waits(GString *text, const DiskWaits *w)
{
    g_string_append_printf(text,
                           "%sits QEMU had to do with the host's storage: %" PRIu64
                           " bytes read, %" PRIu64 " written, %" PRIu64 " major page faults",
                           text->len ? "; " : "", w->read_bytes, w->write_bytes, w->faults);
    if (w->delay > 0)
        g_string_append_printf(text, ", %" PRIu64 " ticks of waiting", w->delay);
}

char *disk_why(const NodeDisk *d)
{
    GString *text = g_string_new(NULL);

    if (d->there && d->persist)
        g_string_append(text, "persist=on: the next run begins with what this one wrote");
    else if (d->there && d->mode == DISK_HOST)
        g_string_append(text, "disk-mode=host: requests are over when the host's storage is");
    else if (d->there && d->unlocked)
        g_string_append(text, d->unlocked);
    else if (d->there && !d->strict)
        g_string_append(text,
                        "the mode is not strict: its guest may run on before a request is over");
    if (d->there && !is_zero(&d->waited))
        add_waits(text, &d->waited);
    return g_string_free(text, text->len == 0);
}

char *disk_foresee(const NodeOptions *o, SchedMode sched)
{
    bool uefi = g_strcmp0(o->firmware, "uefi") == 0;
    NodeDisk d = {.there = o->disk || o->cdrom || uefi, .mode = disk_mode_of(o, sched)};
    g_autofree char *big = NULL;

    d.persist = o->persist;
    d.strict = sched == SCHED_MODE_STRICT;
    if (d.mode == DISK_MEMORY && !o->host) { /* the files of another host are not here */
        uint64_t bytes = o->disk ? images_size(o->disk) : 0;

        bytes += o->cdrom ? images_size(o->cdrom) : 0;
        images_fit(bytes, &big);
    }
    d.unlocked = big;
    return disk_why(&d);
}

void disk_clear(NodeDisk *d)
{
    g_clear_pointer(&d->images, images_free);
    g_clear_pointer(&d->unlocked, g_free);
}
