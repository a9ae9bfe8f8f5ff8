/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tap.h: results as TAP, version 13, with a YAML block behind each. Pure. */
#ifndef TESTING_TAP_H
#define TESTING_TAP_H

#include "controller/testing/case.h"

#include <glib.h>

/* The lines in front of the results of so many cases. The caller frees each text with g_free(). */
char *tap_plan(unsigned cases);

/* The lines of a case, the number'th from 1. */
char *tap_case(const TestCase *test_case, unsigned number);

/* The line that ends what was interrupted. */
char *tap_bail_out(const char *why);

#endif
