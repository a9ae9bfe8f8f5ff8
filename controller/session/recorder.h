/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder.h: records the barriers of a session into its report. Main thread. */
#ifndef SESSION_RECORDER_H
#define SESSION_RECORDER_H

#include "controller/session/session.h"

/* Records every barrier from now on into a report in the folder `dir`. */
bool session_record(Session *session, const char *dir, GError **error);

/* Before each run: sets the report's columns to the present nodes. */
void session_prepare_recording(Session *session);

/* Ends the recording. The report stays until the session frees it. */
void session_end_recording(Session *session);

#endif
