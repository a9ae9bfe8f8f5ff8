/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spares.h: for each node of this host that can be saved a QEMU that is started ahead (qemu/spare.h),
 * so that what goes on from a save, behind it or by a restore, need not wait for the start of QEMUs.
 *
 * Only for those who save or restore often: a spare takes some 50 MB, and to start one takes as much
 * CPU time as ever, only at another time. Nodes of other hosts have none. Main thread.
 */
#ifndef SAVE_SPARES_H
#define SAVE_SPARES_H

#include "controller/session/session.h"

/* Keeps spares from now on, or ends them. They are started when the main loop is next idle, which is
 * while a run is under way at the latest, and in place of those that were used, have died or fit no
 * more, once nodes have got new processes. With METRONOME_SPARES=on in the environment they are kept
 * from the first save on. */
void spares_want(Session *session, bool wanted);

/* Nodes have got new processes, or have been added. */
void spares_renew(Session *session);

/* The spares are about to be used. */
void spares_favor(const Session *session);

#endif
