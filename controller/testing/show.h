/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show.h: results for people. */
#ifndef TESTING_SHOW_H
#define TESTING_SHOW_H

#include "controller/testing/case.h"

#include <glib.h>
#include <stdbool.h>

/* The line of a case, with a newline, and what failed below it. width: of the longest name. The
 * caller frees each text with g_free(). */
char *show_case(const TestCase *test_case, unsigned width, bool colour);

/* The last line: how many passed. */
char *show_summary(const GPtrArray *cases, const GPtrArray *boots, HTime took);

/* In a few words how many did not pass; NULL: all did. */
char *show_failures(const GPtrArray *cases);

#endif
