/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * junit.h: results as JUnit XML. Pure.
 *
 * The dialect is the strict one of Jenkins' xunit plugin (junit-10.xsd there), which all readers take:
 * a testsuite for each case, with its properties, and in it a testcase for each run.
 */
#ifndef TESTING_JUNIT_H
#define TESTING_JUNIT_H

#include "controller/testing/case.h"

#include <glib.h>
#include <stdbool.h>

/* The file's text; free with g_free(). started: the host's date, ISO 8601. took: host time of all. */
char *junit_text(const GPtrArray *cases, const char *started, HTime took);

/* Whether a file that begins with these bytes is such a file, of whatever program. */
bool junit_is_one(const char *head, gsize size);

/*
 * Text that XML 1.0 allows, escaped, for any bytes: what is no UTF-8, and characters that a terminal
 * would obey, are written out as by text_plain(), further ones that XML does not know as \u{NNNN}.
 * Free with g_free().
 */
char *junit_escape(const char *bytes, gsize size);

#endif
