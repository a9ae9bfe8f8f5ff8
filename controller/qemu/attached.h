/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attached.h: the state of an attached QEMU before the attach, kept so that the QEMU gets it back
 * under all circumstances.
 *
 * The state is written to the run directory before anything is changed. The janitor of a controller
 * that was killed can then restore the QEMU, or the next start, or the next attach. Only one of
 * them acts at a time: each holds the claim on this QEMU. The claim is a name that the kernel gives
 * to one process alone and takes back when that process dies.
 */
#ifndef QEMU_ATTACHED_H
#define QEMU_ATTACHED_H

#include "qmp/qmp.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct Attached Attached;

/* Host ms for each request that restores a QEMU. */
#define ATTACHED_GIVE_BACK_MS 2000

/* Claims process pid, which serves qmp_path: no other metronome may have the QEMU. Restores what a
 * dead controller has changed in the QEMU, and nothing else. Waits up to 5 s for the claim. Free
 * with attached_free(). */
Attached *attached_new(pid_t pid, const char *qmp_path, const char *run_dir, GError **error);

/* Writes the QEMU's present state to the run directory, before anything is changed. running: by
 * QEMU's own query-status. */
bool attached_remember(Attached *attached, bool running, GError **error);

/* Gives up the claim, and removes the record. NULL is allowed. */
void attached_free(Attached *attached);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Attached, attached_free)

/* Whether the guest ran when QEMU was found. */
bool attached_ran(const Attached *attached);

/* Whether the process lives. */
bool attached_lives(const Attached *attached);

/* Gives its threads back their priorities and CPUs. Returns false if the system refuses any. */
bool attached_restore_scheduling(const Attached *attached);

/* A new connection to the QMP socket, for the case that the old one broke. Free with
 * qmp_client_free(). */
QmpClient *attached_connect(const Attached *attached, GError **error);

/* Removes the objects that a gate (engine/gate.h) has left in a QEMU. */
void attached_remove_gate(QmpClient *qmp);

/* Restores all QEMUs that the dead controller of this run directory had attached. */
void attached_give_back(const char *run_dir);

#endif
