/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-slurm-env.c: variables of a job that are there, empty, or no numbers; who is a task. */
#include "controller/base/slurm-env.h"

#include <glib.h>

static unsigned tasks(const char *task, const char *n)
{
    g_setenv("SLURM_TASK_PID", task, TRUE);
    g_setenv("SLURM_STEP_NUM_TASKS", n, TRUE);
    return slurm_tasks(123);
}

static void test_tasks(void)
{
    g_assert_cmpuint(tasks("123", "4"), ==, 4);
    g_assert_cmpuint(tasks("123", "1"), ==, 0);
    g_assert_cmpuint(tasks("12", "4"), ==, 0); /* a task has started this process */
    g_assert_cmpuint(tasks("123", "99999999999999999999"), ==, G_MAXUINT);
    g_assert_cmpuint(tasks("123", "many"), ==, 0);
    g_assert_cmpuint(tasks("123", ""), ==, 0);
    g_assert_cmpuint(tasks("", "4"), ==, 0);
    g_assert_cmpuint(tasks("x", "4"), ==, 0);
    g_unsetenv("SLURM_TASK_PID");
    g_assert_cmpuint(slurm_tasks(123), ==, 0);
    g_unsetenv("SLURM_STEP_NUM_TASKS");
}

static void test_job(void)
{
    g_unsetenv("SLURM_JOB_ID");
    g_assert_null(slurm_job());
    g_setenv("SLURM_JOB_ID", "", TRUE);
    g_assert_null(slurm_job());
    g_setenv("SLURM_JOB_ID", "7", TRUE);
    g_assert_cmpstr(slurm_job(), ==, "7");
    g_unsetenv("SLURM_JOB_ID");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/slurm-env/tasks", test_tasks);
    g_test_add_func("/slurm-env/job", test_job);
    return g_test_run();
}
