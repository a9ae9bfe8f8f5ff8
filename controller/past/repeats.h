/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repeats.h: whether what comes behind a point comes again. Main thread; the ensemble stands. */
#ifndef PAST_REPEATS_H
#define PAST_REPEATS_H

#include "controller/session/session.h"

/* Whether the session's run repeats itself as far as is known; the error names the node and what would
 * be right. anyway: what may not repeat is no reason, but what can't be taken back still is. In a check
 * what depends on the host is not known. */
bool repeats_check(const Session *session, bool anyway, GError **error);

#endif
