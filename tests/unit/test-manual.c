/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-manual.c: manual pages that leave nothing of the tables out. */
#include "controller/base/version.h"
#include "controller/command/command.h"
#include "controller/command/manual.h"
#include "controller/run/values.h"

#include <string.h>

static const GOptionEntry entries[] = {
    {"loud-one", 'l', 0, G_OPTION_ARG_STRING, NULL, "Speak up", "HOW"},
    {"secret", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, NULL, "Not told", NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, NULL, NULL, NULL},
    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
};

static char *page_of(const char *name)
{
    g_autoptr(GError) error = NULL;
    char *page = manual_page(name, entries, &error);

    g_assert_no_error(error);
    return page;
}

static void test_options(void)
{
    g_autofree char *page = page_of(NULL);

    g_assert_true(g_str_has_prefix(page, ".TH METRONOME 1 \"" METRONOME_DATE
                                         "\" \"metronome " METRONOME_VERSION "\" "));
    g_assert_nonnull(
        strstr(page, ".TP\n\\fB\\-l\\fR, \\fB\\-\\-loud\\-one\\fR=\\fIHOW\\fR\nSpeak up\n"));
    g_assert_null(strstr(page, "\\-\\-secret"));
    g_assert_null(strstr(page, "Not told"));
}

static void test_commands(void)
{
    g_autofree char *page = page_of("metronome-scenario");

    for (const Command *const *c = command_table(); *c; c++) {
        g_auto(GStrv) parts = g_strsplit((*c)->name, "-", -1);
        g_autofree char *name = g_strjoinv("\\-", parts);
        g_autofree char *head = g_strdup_printf(".PP\n\\fB%s\\fR", name);

        g_assert_nonnull(strstr(page, head));
    }
}

static void test_values(void)
{
    g_autofree char *page = page_of("metronome-scenario");

    for (const ValueHelp *v = values_of_nodes; v->name; v++) {
        g_autofree char *tag = g_strdup_printf(".TP\n\\fBNODE.%s\\fR\n", v->name);

        g_assert_nonnull(strstr(page, tag));
    }
    for (const ValueHelp *v = values_of_ensemble; v->name; v++) {
        g_autofree char *tag = g_strdup_printf(".TP\n\\fB%s\\fR\n", v->name);

        g_assert_nonnull(strstr(page, tag));
    }
}

static void test_names(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *report = page_of("metronome-report");

    g_assert_true(g_str_has_prefix(report, ".TH METRONOME\\-REPORT 5 \""));
    g_assert_null(manual_page("metronome-scenaro", entries, &error));
    g_assert_error(error, SESSION_ERROR, SESSION_ERROR_USAGE);
    g_assert_nonnull(strstr(error->message, "'metronome-scenaro'"));
}

static void test_help(void)
{
    g_autofree char *summary = manual_summary();
    g_autofree char *epilogue = manual_epilogue();

    g_assert_nonnull(strstr(summary, "\n  metronome [OPTIONS] check FILE [KEY=VALUE…]  check a"));
    g_assert_nonnull(strstr(epilogue, "\n  130 interrupted\n"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/manual/options", test_options);
    g_test_add_func("/manual/commands", test_commands);
    g_test_add_func("/manual/values", test_values);
    g_test_add_func("/manual/names", test_names);
    g_test_add_func("/manual/help", test_help);
    return g_test_run();
}
