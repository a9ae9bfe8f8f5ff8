/* SPDX-License-Identifier: GPL-3.0-or-later */
/* launch.h: the command line of a run, and the files that it leaves in its folder. */
#ifndef TESTING_LAUNCH_H
#define TESTING_LAUNCH_H

#include "controller/testing/case.h"
#include "controller/testing/plan.h"

#include <glib.h>

/* The arguments of one run of a case, NULL-terminated; free with g_strfreev(). folder: its own. */
char **launch_case(const TestPlan *plan, const TestCase *test_case, const char *folder);

/* The arguments of the run of a boot, which is saved at its end. */
char **launch_boot(const TestPlan *plan, const Boot *boot, const char *folder);

/* The command that runs the case, or the boot, again, as typed in a shell; free with g_free(). */
char *launch_again(const TestPlan *plan, const TestCase *test_case);
char *launch_boot_again(const TestPlan *plan, const Boot *boot);

/* Paths in a folder; free with g_free(). */
char *launch_output(const char *folder);
char *launch_report(const char *folder);
char *launch_samples(const char *folder);
char *launch_save(const char *folder);

#endif
