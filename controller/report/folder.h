/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * folder.h: checks a folder before a report is written there.
 *
 * A report replaces an older report. A file that metronome did not write is never overwritten, even
 * if its name is report.html.
 */
#ifndef REPORT_FOLDER_H
#define REPORT_FOLDER_H

#include <glib.h>
#include <stdbool.h>

/* Marks by which a report.html of metronome is known; an older page has only the title. */
#define FOLDER_GENERATOR "<meta name=\"generator\" content=\"metronome\">"
#define FOLDER_TITLE     "<title>metronome report"

/* False: there is a file of the user's that a report would overwrite. The folder may be missing. */
bool folder_accepts_report(const char *dir, GError **error);

/* Removes what an earlier report left there and the next one may not write: its clocks.csv, and the
 * consoles of the nodes that its report.json names. folder_accepts_report() has said yes. */
void folder_clear(const char *dir);

#endif
