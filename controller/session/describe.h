/* SPDX-License-Identifier: GPL-3.0-or-later */
/* describe.h: fills in a report's summary from a session. Main thread. */
#ifndef SESSION_DESCRIBE_H
#define SESSION_DESCRIBE_H

#include "controller/session/session.h"

/* Fills in the summary of the session's present state. Some members of the summary belong to the
 * session; report_summary_clear() frees the others. */
void session_describe(const Session *session, ReportSummary *out);

/*
 * Writes the report of a run that never began: the verdict, no nodes, no barriers. The report of an
 * earlier run in the same folder must not pass for the report of this run. session: a dry session
 * in which no command was carried out.
 */
bool session_report_unstarted(const Session *session, const char *dir, const Verdict *verdict,
                              GError **error);

#endif
