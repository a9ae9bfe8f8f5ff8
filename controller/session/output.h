/* SPDX-License-Identifier: GPL-3.0-or-later */
/* output.h: what a session says to its user: text, JSON lines with --json, and findings of a check. */
#ifndef SESSION_OUTPUT_H
#define SESSION_OUTPUT_H

#include "controller/qemu/lint.h"
#include "controller/session/session.h"

/* Text for the user: stdout, or an "output" event; made fit for a terminal (text_plain()). What it
 * puts into a line and somebody else wrote goes through text_line() first. */
void session_print(const Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* As it is. */
void session_print_raw(const Session *session, const char *text);

/* A JSON line if the session has --json. members: key, value, …, NULL. */
void session_event(const Session *session, const char *event, const char *const *members);
/* With one member more: key, an array of n strings. */
void session_event_list(const Session *session, const char *event, const char *const *members,
                        const char *key, const char *const *list, unsigned n);

/* Of a check: something that ends exactness or repeatability, at a "node" or "gateway". */
void session_finding(const Session *session, const char *kind, const char *name,
                     const LintFinding *finding);

#endif
