/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rundir.h: the controller's private directory, mode 0700, under $XDG_RUNTIME_DIR or the temp
 * folder, for consoles and clock dumps; and one in memory (tmpfs), for throw-away overlays
 * of disks, for FIFOs and sockets: what changes a time stamp or a name there may have to wait for a
 * disk's file system.
 *
 * Nothing in the directories outlives the controller, however the controller ends. When the
 * controller dies, a janitor process ends the processes that were launched with the directory, and
 * removes both. If the janitor is killed too, the next start does this (sweep.h).
 */
#ifndef QEMU_RUNDIR_H
#define QEMU_RUNDIR_H

#include <glib.h>
#include <stdbool.h>

typedef struct RunDir RunDir;

/*
 * Sweeps the directories of dead controllers, creates this controller's directory and starts its
 * janitor. To be called from the main thread before any other thread exists: it forks.
 */
RunDir *rundir_new(GError **error);

/* Ends the processes that were launched with the directory and still run, removes the directory,
 * ends the janitor. NULL is allowed. */
void rundir_free(RunDir *dir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunDir, rundir_free)

const char *rundir_path(const RunDir *dir);

/* Path of the directory in memory, below /dev/shm or $METRONOME_MEMORY_DIR; NULL: there is no tmpfs
 * that can be written to. */
const char *rundir_memory(const RunDir *dir);

/* Path of the subdirectory `name`, which is created if need be; free with g_free(). */
char *rundir_make(RunDir *dir, const char *name, GError **error);

/* The same in memory; outside it if there is no directory in memory. */
char *rundir_make_in_memory(RunDir *dir, const char *name, GError **error);

#endif
