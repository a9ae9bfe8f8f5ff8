/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prepare.h: what a run needs wherever it begins, or goes on in new processes. Main thread; the
 * ensemble stands. */
#ifndef RUN_PREPARE_H
#define RUN_PREPARE_H

#include "controller/session/session.h"

/* Prepares quantum, breaks, network and the consoles that are shown. False, with an error: a break
 * can't be set, or the network can't be prepared for the quantum. */
bool run_prepare(Session *session, GError **error);

#endif
