/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * testing.h: `metronome test`: scenarios as test cases, each run in a process of its own.
 */
#ifndef TESTING_TESTING_H
#define TESTING_TESTING_H

#include "controller/base/verdict.h"
#include "controller/testing/plan.h"

#include <glib.h>
#include <stdbool.h>

/*
 * Runs the cases, prints and writes the results. Notes the outcome in `verdict`: nothing if all
 * passed, else that of the case with the highest exit code. False, with an error: nothing was run.
 */
bool testing_run(const TestPlan *plan, Verdict *verdict, GError **error);

#endif
