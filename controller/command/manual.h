/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual.h: the manual page, made from the same tables as --help and `help`, so that none of them
 * can drift. Pure.
 */
#ifndef COMMAND_MANUAL_H
#define COMMAND_MANUAL_H

#include <glib.h>

/* What --help says before and behind the options: the modes; the exit statuses and where the
 * commands are. Free with g_free(). */
char *manual_summary(void);
char *manual_epilogue(void);

/* metronome(1) as roff for the man macros. entries: the options as GOption has them. Free with
 * g_free(). */
char *manual_page(const char *version, const GOptionEntry *entries);

/* Text as roff prints it: no character of it means anything to roff. One line of UTF-8, for
 * a line of the page or a macro's argument. Free with g_free(). */
char *manual_escape(const char *text);

#endif
