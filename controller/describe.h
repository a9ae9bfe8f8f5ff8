/* SPDX-License-Identifier: GPL-3.0-or-later */
/* describe.h: a session as a report shows it. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "controller/session.h"

/* Fills in a report's picture of now. Parts of it live as long as the session;
 * report_summary_clear() frees the others. The ensemble stands. */
void session_describe(const Session *session, ReportSummary *out);

#endif
