/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sleep-note.h: reports once that a run is not repeatable because nodes have sleep=on. */
#ifndef RUN_SLEEP_NOTE_H
#define RUN_SLEEP_NOTE_H

#include "controller/session/session.h"

/* Reports the nodes with sleep=on when the nodes have been started: as a finding of a check, as a
 * warning of a run, or, for verify, with the verdict. Does nothing at later calls. */
void sleep_note_report(Session *session);

#endif
