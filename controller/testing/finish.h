/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finish.h: what is done when all runs of a case have ended. */
#ifndef TESTING_FINISH_H
#define TESTING_FINISH_H

#include "controller/testing/case.h"
#include "controller/testing/plan.h"

/* Compares the runs, writes what is to be known of those that did not pass into their folders, and
 * removes the folders of the others. */
void finish_case(const TestPlan *plan, TestCase *test_case);

/* The same of a boot, which has left its files in `folder`; NULL: that could not be made. */
void finish_boot(const TestPlan *plan, Boot *boot, const char *folder);

#endif
