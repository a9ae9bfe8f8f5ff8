/* SPDX-License-Identifier: GPL-3.0-or-later */
/* launch.c: options in front, then `run`, the scenario and its variables. */
#include "controller/testing/launch.h"

#include "controller/shell/arguments.h"
#include "controller/testing/foresee.h"

#include <inttypes.h>

/* Runs are compared where a scenario stops, and at its end: each sample has the sums of all before. */
#define SAMPLE_NTH 1000000

char *launch_output(const char *folder)
{
    return g_build_filename(folder, "output.txt", NULL);
}

char *launch_report(const char *folder)
{
    return g_build_filename(folder, "report", "report.json", NULL);
}

char *launch_samples(const char *folder)
{
    return g_build_filename(folder, "samples", NULL);
}

char *launch_save(const char *folder)
{
    return g_build_filename(folder, "save", NULL);
}

static void add(GPtrArray *argv, const char *option, const char *value)
{
    if (value)
        g_ptr_array_add(argv, g_strconcat(option, value, NULL));
}

static void add_limit(GPtrArray *argv, VTime limit)
{
    if (limit.ns > 0)
        g_ptr_array_add(argv, g_strdup_printf("--virtual-timeout=%" PRId64 "ns", limit.ns));
}

static void add_scenario(GPtrArray *argv, const char *path, char **variables)
{
    g_ptr_array_add(argv, g_strdup(path));
    for (char **v = variables; v && *v; v++)
        g_ptr_array_add(argv, g_strdup(*v));
}

static GPtrArray *begin(const TestPlan *plan, const char *folder)
{
    GPtrArray *argv = g_ptr_array_new();
    g_autofree char *report = g_build_filename(folder, "report", NULL);

    g_ptr_array_add(argv, g_strdup("/proc/self/exe"));
    add(argv, "--report=", report);
    add(argv, "--qemu=", plan->qemu);
    add(argv, "--log=", plan->log);
    return argv;
}

static char **end(GPtrArray *argv, const char *path, char **variables, const char *folder)
{
    g_ptr_array_add(argv, g_strdup("run"));
    add_scenario(argv, path, variables);
    add(argv, FORESEE_FOLDER "=", folder);
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

static bool is_set(char **variables, const char *name)
{
    g_autofree char *prefix = g_strconcat(name, "=", NULL);

    for (char **v = variables; v && *v; v++)
        if (g_str_has_prefix(*v, prefix))
            return true;
    return false;
}

/* The folder, if the scenario wants to know it and the user does not say another one. */
static const char *wanted(bool wants, char **variables, const char *folder)
{
    return wants && !is_set(variables, FORESEE_FOLDER) ? folder : NULL;
}

char **launch_case(const TestPlan *plan, const TestCase *c, const char *folder)
{
    GPtrArray *argv = begin(plan, folder);
    g_autofree char *save = plan->keep ? launch_save(folder) : NULL;
    g_autofree char *samples = launch_samples(folder);

    add(argv, "--from=", c->boot ? c->boot->save : NULL);
    add(argv, "--save-on-failure=", save);
    add_limit(argv, c->header.limit.ns > 0 ? c->header.limit : plan->limit);
    if (c->runs > 1)
        g_ptr_array_add(argv, g_strdup_printf("--sample=%s,nth=%d", samples, SAMPLE_NTH));
    return end(argv, c->name, c->variables, wanted(c->wants_folder, c->variables, folder));
}

char **launch_boot(const TestPlan *plan, const Boot *b, const char *folder)
{
    GPtrArray *argv = begin(plan, folder);
    g_autofree char *failure = plan->keep ? launch_save(folder) : NULL;

    add(argv, "--save-at-end=", b->save);
    add(argv, "--save-on-failure=", failure);
    add_limit(argv, b->header.limit);
    return end(argv, b->path, b->variables, wanted(b->wants_folder, b->variables, folder));
}

/* Variables of the boot that the case does not use itself. */
static void add_boot_variables(GPtrArray *argv, const TestCase *c)
{
    for (char **v = c->boot ? c->boot->variables : NULL; v && *v; v++)
        if (!c->variables || !g_strv_contains((const char *const *)c->variables, *v))
            g_ptr_array_add(argv, g_strdup(*v));
}

static char *join(GPtrArray *argv)
{
    g_auto(GStrv) words = NULL;

    g_ptr_array_add(argv, NULL);
    words = (char **)g_ptr_array_free(argv, FALSE);
    return arguments_join(words);
}

char *launch_boot_again(const TestPlan *plan, const Boot *b)
{
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, g_strdup("metronome"));
    add(argv, "--qemu=", plan->qemu);
    g_ptr_array_add(argv, g_strdup("run"));
    add_scenario(argv, b->path, b->variables);
    return join(argv);
}

char *launch_again(const TestPlan *plan, const TestCase *c)
{
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, g_strdup("metronome"));
    g_ptr_array_add(argv, g_strdup("test"));
    add(argv, "--qemu=", plan->qemu);
    add(argv, "--from=", plan->from);
    add(argv, "--keep=", plan->keep);
    add_limit(argv, plan->limit);
    add_scenario(argv, c->name, c->variables);
    add_boot_variables(argv, c);
    return join(argv);
}
