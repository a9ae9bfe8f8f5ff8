/* SPDX-License-Identifier: GPL-3.0-or-later */
/* output.h: a session's output to its user: text, JSON lines with --json, findings of a check. */
#ifndef SESSION_OUTPUT_H
#define SESSION_OUTPUT_H

#include "controller/qemu/lint.h"
#include "controller/session/session.h"

/* Prints text to stdout, or as an "output" event with --json; text_plain() makes the text fit for a
 * terminal. Foreign text that the caller puts into a line must go through text_line() first. A dry
 * session prints nothing. */
void session_print(const Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Like session_print(), but unchanged, and also for a dry session. */
void session_print_raw(const Session *session, const char *text);

/* Prints a JSON line if the session has --json. members: key, value, …, NULL. */
void session_event(const Session *session, const char *event, const char *const *members);
/* Like session_event(), with one more member: key, an array of n strings. */
void session_event_list(const Session *session, const char *event, const char *const *members,
                        const char *key, const char *const *list, unsigned n);

/* Prints the finding of a check: an option that ends exactness or repeatability. kind: "node" or
 * "gateway"; name: the name of that node or gateway. */
void session_finding(const Session *session, const char *kind, const char *name,
                     const LintFinding *finding);

#endif
