/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disk-note.h: tells the user which nodes' disks may keep a run from repeating itself, and why
 * (qemu/disk.h). Says nothing of nodes without a disk, nor of disks that repeat. */
#ifndef RUN_DISK_NOTE_H
#define RUN_DISK_NOTE_H

#include "controller/session/session.h"

/* For a check: a finding about what is known before anything runs. */
void disk_note_foresee(const Session *session, const NodeOptions *options);

/* Reads what the nodes of this host waited for up to now; the ensemble must stand. */
void disk_note_look(const Session *session);

/* At the end of a run: a warning and an event for each such node; `verify` shows them as notes. */
void disk_note_report(const Session *session);

#endif
