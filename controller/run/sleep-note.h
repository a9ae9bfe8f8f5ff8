/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sleep-note.h: says once that nodes have sleep=on, so that the run does not repeat itself. */
#ifndef RUN_SLEEP_NOTE_H
#define RUN_SLEEP_NOTE_H

#include "controller/session/session.h"

/* The nodes are started: a check shows it as a finding, a run warns, verify says it with its verdict. */
void sleep_note_tell(Session *session);

#endif
