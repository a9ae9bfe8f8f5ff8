/* SPDX-License-Identifier: GPL-3.0-or-later */
/* describe.h: a session as a report shows it. */
#ifndef SESSION_DESCRIBE_H
#define SESSION_DESCRIBE_H

#include "controller/session/session.h"

/* Fills in a report's picture of now. Parts of it live as long as the session;
 * report_summary_clear() frees the others. The ensemble stands. */
void session_describe(const Session *session, ReportSummary *out);

/*
 * The report of a run that never began: how it ended, no nodes, no barriers. An earlier run's in
 * the same folder must not pass for this one's. session: a dry one in which nothing was carried
 * out.
 */
bool session_report_unstarted(const Session *session, const char *dir, const Verdict *verdict,
                              GError **error);

#endif
