/* SPDX-License-Identifier: GPL-3.0-or-later */
/* overlays.c: QMP names the file of each drive; /proc/PID/fd has the one that is open under this
 * name and was removed. */
#include "controller/qemu/overlays.h"

#include "controller/base/fd.h"
#include "controller/base/memfile.h"
#include "controller/qemu/node-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define REPLY_MS 20000

static void overlay_free(void *data)
{
    Overlay *o = data;

    fd_clear(&o->fd);
    g_free(o->drive);
    g_free(o);
}

GPtrArray *overlays_new(void)
{
    return g_ptr_array_new_with_free_func(overlay_free);
}

void overlays_add(GPtrArray *overlays, const char *drive, int fd)
{
    Overlay *o = g_new(Overlay, 1);

    *o = (Overlay){g_strdup(drive), fd};
    g_ptr_array_add(overlays, o);
}

/* Opens the process's file that had this name and has none any more. -1: it has no such file. */
static int open_removed(pid_t pid, const char *name)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d/fd", (int)pid);
    g_autofree char *wanted = g_strconcat(name, " (deleted)", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, entry, NULL);
        g_autofree char *link = g_file_read_link(path, NULL);

        if (g_strcmp0(link, wanted) == 0)
            return open(path, O_RDWR | O_CLOEXEC);
    }
    return -1;
}

static bool fail(const QmpDrive *d, const char *why, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "drive %s, '%s': %s", d->drive, d->file, why);
    return false;
}

static bool save(const QmpDrive *d, pid_t pid, GPtrArray *out, GError **error)
{
    fd_auto from = open_removed(pid, d->file);
    int to;

    if (from < 0)
        return d->read_only ||
               fail(d, "the guest writes to the image itself: add snapshot=on", error);
    to = memfile_new("overlay", 0, error);
    if (to >= 0 && memfile_copy(from, to, error) && memfile_seal(to, error)) {
        overlays_add(out, d->drive, to);
        return true;
    }
    fd_clear(&to);
    return false;
}

GPtrArray *overlays_save(QmpClient *qmp, pid_t pid, GError **error)
{
    g_autoptr(GArray) drives = qmp_query_drives(qmp, REPLY_MS, error);
    g_autoptr(GPtrArray) out = overlays_new();

    if (!drives)
        return NULL;
    for (unsigned i = 0; i < drives->len; i++)
        if (!save(&g_array_index(drives, QmpDrive, i), pid, out, error))
            return NULL;
    return g_steal_pointer(&out);
}

static const Overlay *find(const GPtrArray *overlays, const char *drive)
{
    for (unsigned i = 0; i < overlays->len; i++) {
        const Overlay *o = overlays->pdata[i];

        if (strcmp(o->drive, drive) == 0)
            return o;
    }
    return NULL;
}

static bool restore(const QmpDrive *d, pid_t pid, const Overlay *o, GError **error)
{
    fd_auto to = open_removed(pid, d->file);

    if (to < 0)
        return fail(d, "it has no overlay, and the saved drive has one", error);
    if (ftruncate(to, 0) != 0)
        return fail(d, g_strerror(errno), error);
    return memfile_copy(o->fd, to, error);
}

bool overlays_restore(QmpClient *qmp, pid_t pid, const GPtrArray *overlays, GError **error)
{
    g_autoptr(GArray) drives = NULL;
    unsigned found = 0;

    if (overlays->len == 0)
        return true;
    drives = qmp_query_drives(qmp, REPLY_MS, error);
    if (!drives)
        return false;
    for (unsigned i = 0; i < drives->len; i++) {
        const QmpDrive *d = &g_array_index(drives, QmpDrive, i);
        const Overlay *o = find(overlays, d->drive);

        if (o && !restore(d, pid, o, error))
            return false;
        found += o != NULL;
    }
    if (found == overlays->len)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "%u saved drives are not there in this machine", overlays->len - found);
    return false;
}
