/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attached.h: what a QEMU that is attached was like before, and that it gets it back, whoever is
 * left to do so.
 *
 * It is written into the run directory before anything is changed, so that the janitor of a
 * controller that was killed can give it back, or the next start, or whoever attaches to it next.
 * Only one of them at a time: each holds the claim on this QEMU, a name that the kernel gives to one
 * process alone and takes back when that dies.
 */
#ifndef QEMU_ATTACHED_H
#define QEMU_ATTACHED_H

#include "qmp/qmp.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct Attached Attached;

/* For what is only good manners at the end. */
#define ATTACHED_GIVE_BACK_MS 2000

/* Claims process pid, which serves qmp_path: no other metronome may have it. What a dead controller
 * has left changed in it is put right first. Nothing else is done to it. */
Attached *attached_new(pid_t pid, const char *qmp_path, const char *run_dir, GError **error);

/* Writes down what it is like; running: what it says of itself. Before anything is changed. */
bool attached_remember(Attached *attached, bool running, GError **error);

/* Gives up the claim, and forgets. NULL is allowed. */
void attached_free(Attached *attached);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Attached, attached_free)

/* Whether its guest ran when it was found. */
bool attached_ran(const Attached *attached);

/* Whether the process is there. */
bool attached_lives(const Attached *attached);

/* Gives its threads back their priorities and CPUs. Returns false if the system refuses any. */
bool attached_restore_scheduling(const Attached *attached);

/* A new connection to its QMP, if the old one broke. */
QmpClient *attached_connect(const Attached *attached, GError **error);

/* Takes away what a gate has left in a QEMU (engine/gate.h). */
void attached_remove_gate(QmpClient *qmp);

/* Gives back all that the dead controller of that run directory had attached. */
void attached_give_back(const char *run_dir);

#endif
