/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual.h: the manual pages. Their text is Markdown in scripts/man, embedded in the program; the
 * options, the commands and the values of expressions are put in from the tables that the program
 * itself uses. Pure.
 */
#ifndef COMMAND_MANUAL_H
#define COMMAND_MANUAL_H

#include <glib.h>
#include <stdbool.h>

/* What --help says before and behind the options: the modes; the exit statuses and where the
 * commands are. Free with g_free(). */
char *manual_summary(void);
char *manual_epilogue(void);

/* Whether word begins a command line, as `verify` does, so that --help has it. */
bool manual_has_mode(const char *word);

/* A page as roff for the man macros. name: "metronome" (also for NULL), "metronome-scenario",
 * "metronome-report" or "metronome-rpc"; of another one NULL with *error. entries: the options as GOption has them.
 * Free with g_free(). */
char *manual_page(const char *name, const GOptionEntry *entries, GError **error);

#endif
