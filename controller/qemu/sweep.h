/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.h: removes the processes and run directories of controllers that were killed. */
#ifndef QEMU_SWEEP_H
#define QEMU_SWEEP_H

/* Kills every process of this user that was launched with dir (a run directory, or a node's folder
 * in it), also those that left its process group, and waits for their end. */
void sweep_processes(const char *dir);

/* Removes the run directories of dead controllers from a folder, and ends the processes that were
 * launched with them. A directory that is not certainly a run directory is left alone. */
void sweep_folder(const char *parent);

#endif
