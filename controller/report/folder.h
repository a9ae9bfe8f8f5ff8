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

/* Whether a report may be written to `dir`, which may be missing. False with a REPORT_ERROR: a
 * report would overwrite a file of the user. */
bool folder_takes_report(const char *dir, GError **error);

/* Removes the files of an earlier report that the next report may not write: its clocks.csv, and
 * the consoles of the nodes that its report.json names. Call folder_takes_report() first. */
void folder_clear(const char *dir);

#endif
