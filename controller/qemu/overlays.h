/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * overlays.h: the throw-away overlays of a QEMU's drives (snapshot=on), which hold what the guest has
 * written to its disks. QEMU makes them as files without a name (create_tmp_file() in block.c) and
 * has them open, which is how they are reached. Main thread; the machine stands.
 */
#ifndef QEMU_OVERLAYS_H
#define QEMU_OVERLAYS_H

#include "qmp/qmp.h"

#include <sys/types.h>

/* Contents of an overlay. */
typedef struct {
    char *drive; /* QEMU's name of the drive */
    int fd;      /* file in memory */
} Overlay;

/* Copies the overlays of the machine, whose state was migrated: nothing of them is in QEMU's caches.
 * Returns a GPtrArray of Overlay; free with g_ptr_array_unref(). NULL, with an error: a drive writes
 * to an image of the user's, or there is no memory. */
GPtrArray *overlays_save(QmpClient *qmp, pid_t pid, GError **error);

/* An empty array of the same kind, and an overlay in it. Takes over fd. */
GPtrArray *overlays_new(void);
void overlays_add(GPtrArray *overlays, const char *drive, int fd);

/* Puts these contents into the overlays of a QEMU that waits for a state. */
bool overlays_restore(QmpClient *qmp, pid_t pid, const GPtrArray *overlays, GError **error);

#endif
