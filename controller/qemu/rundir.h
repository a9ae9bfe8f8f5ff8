/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rundir.h: the controller's private directory, mode 0700, under $XDG_RUNTIME_DIR or the temp
 * folder: FIFOs, sockets, clock dumps and consoles live there.
 *
 * Nothing of it outlives the controller, however that ends: a janitor process ends what was
 * launched with it and removes it when the controller dies, and should the janitor be killed too,
 * the next start does so (sweep.h).
 */
#ifndef QEMU_RUNDIR_H
#define QEMU_RUNDIR_H

#include <glib.h>
#include <stdbool.h>

typedef struct RunDir RunDir;

/*
 * Sweeps what dead controllers left, creates this one's directory and starts its janitor. Call it
 * from the main thread before any other thread exists: it forks.
 */
RunDir *rundir_new(GError **error);

/* Ends what was launched with it and still runs, removes the directory, ends the janitor. NULL is
 * allowed. */
void rundir_free(RunDir *dir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunDir, rundir_free)

const char *rundir_path(const RunDir *dir);

/* A subdirectory of that name, created if need be; free the path with g_free(). */
char *rundir_make(RunDir *dir, const char *name, GError **error);

#endif
