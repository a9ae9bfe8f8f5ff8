/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.h: removes the processes and run directories of controllers that were killed. */
#ifndef QEMU_SWEEP_H
#define QEMU_SWEEP_H

/* The longest, in host ms, that a QEMU with persist=on may take to write its image and end. */
#define SWEEP_PERSIST_MS 30000

/* Kills every process of this user that was launched with dir (a run directory, or a node's folder
 * in it), also those that left its process group, and waits for their end. Those with
 * persist=on are asked to end (SIGTERM), and get SWEEP_PERSIST_MS. */
void sweep_processes(const char *dir);

/* Removes the run directories of dead controllers from a folder, and ends the processes that were
 * launched with them. A directory that is not certainly a run directory is left alone. */
void sweep_folder(const char *parent);

#endif
