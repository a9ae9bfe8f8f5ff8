/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder.h: the barriers of a session go into its report. */
#ifndef SESSION_RECORDER_H
#define SESSION_RECORDER_H

#include "controller/session/session.h"

/* Records every barrier from now on, into dir. */
bool session_record(Session *session, const char *dir, GError **error);

/* Before each run: the nodes may have changed. */
void session_prepare_recording(Session *session);

/* Ends it; the report is still there. */
void session_end_recording(Session *session);

#endif
