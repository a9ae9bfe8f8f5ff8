/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-manual.c: roff that says what was meant, and nothing left out. */
#include "controller/command/command.h"
#include "controller/command/manual.h"

#include <string.h>

static void escapes(const char *text, const char *expected)
{
    g_autofree char *got = manual_escape(text);

    g_assert_cmpstr(got, ==, expected);
}

static void test_escape(void)
{
    escapes("", "");
    escapes("plain words, 5.", "plain words, 5.");
    escapes(".TH", "\\&.TH");
    escapes("'br", "\\(aqbr");
    escapes("--log", "\\-\\-log");
    escapes("\\n \"x\" `y` ~ ^", "\\en \\(dqx\\(dq \\(gay\\(ga \\(ti \\(ha");
    escapes("…µ", "\\[u2026]\\[u00B5]");
}

static const GOptionEntry entries[] = {
    {"loud-one", 'l', 0, G_OPTION_ARG_STRING, NULL, "Speak up", "HOW"},
    {"secret", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, NULL, "Not told", NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, NULL, NULL, NULL},
    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
};

static void test_options(void)
{
    g_autofree char *page = manual_page("1.2.3", entries);

    g_assert_true(g_str_has_prefix(page, ".TH METRONOME 1 \"\" \"metronome 1.2.3\" "));
    g_assert_nonnull(
        strstr(page, ".TP\n\\fB\\-l\\fR, \\fB\\-\\-loud\\-one\\fR=\\fIHOW\\fR\nSpeak up\n"));
    g_assert_nonnull(strstr(page, "\\fB\\-h\\fR, \\fB\\-\\-help\\fR\n"));
    g_assert_null(strstr(page, "secret"));
}

static void test_commands(void)
{
    g_autofree char *page = manual_page("1", entries);

    for (const Command *const *c = command_table(); *c; c++) {
        g_autofree char *name = manual_escape((*c)->name);
        g_autofree char *help = manual_escape((*c)->help);
        g_autofree char *head = g_strdup_printf(".PP\n\\fB%s\\fR", name);
        g_autofree char *text = g_strdup_printf(".RS 4\n%s.\n.RE\n", help);

        g_assert_nonnull(strstr(page, head));
        g_assert_nonnull(strstr(page, text));
    }
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
    g_test_add_func("/manual/escape", test_escape);
    g_test_add_func("/manual/options", test_options);
    g_test_add_func("/manual/commands", test_commands);
    g_test_add_func("/manual/help", test_help);
    return g_test_run();
}
