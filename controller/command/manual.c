/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manual.c: see manual.h. What is not in another table is in manual-text.h. */
#include "controller/command/manual.h"

#include "controller/command/command.h"
#include "controller/command/manual-text.h"
#include "controller/command/values.h"

#include <string.h>

/* --- for --help --- */

/* Column of the second half, behind the longest mode. */
enum { MODE_WIDTH = 35 };

char *manual_summary(void)
{
    GString *out = g_string_new("Runs QEMU instances in exact lockstep of their virtual clocks.\n");

    for (const ManualItem *m = manual_modes; m->name; m++)
        g_string_append_printf(out, "\n  metronome %s%*s%s", m->name,
                               (int)(MODE_WIDTH - g_utf8_strlen(m->name, -1)), "", m->text);
    return g_string_free(out, FALSE);
}

char *manual_epilogue(void)
{
    GString *out = g_string_new("Exit status:\n");

    for (const ManualItem *m = manual_exit_statuses; m->name; m++)
        g_string_append_printf(out, "  %3s %s\n", m->name, m->text);
    g_string_append(out, "\n`metronome help` lists the commands, `man metronome` says more.");
    return g_string_free(out, FALSE);
}

/* --- roff --- */

char *manual_escape(const char *text)
{
    static const char special[] = "\\-'`^~\"";
    static const char *const as[] = {"\\e", "\\-", "\\(aq", "\\(ga", "\\(ha", "\\(ti", "\\(dq"};
    GString *out = g_string_new(*text == '.' ? "\\&" : "");

    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        const char *at = c < 0x80 ? strchr(special, (int)c) : NULL;

        if (at)
            g_string_append(out, as[at - special]);
        else if (c >= 0x80)
            g_string_append_printf(out, "\\[u%04X]", c);
        else
            g_string_append_c(out, (char)c);
    }
    return g_string_free(out, FALSE);
}

static void put(GString *page, const char *before, const char *text, const char *behind)
{
    g_autofree char *escaped = manual_escape(text);

    g_string_append_printf(page, "%s%s%s", before, escaped, behind);
}

static void put_section(GString *page, const char *title)
{
    g_string_append_printf(page, ".SH \"%s\"\n", title);
}

static void put_paragraphs(GString *page, const char *const *paragraphs)
{
    for (; *paragraphs; paragraphs++)
        put(page, ".PP\n", *paragraphs, "\n");
}

static void put_tagged(GString *page, const char *tag, const char *text)
{
    put(page, ".TP\n\\fB", tag, "\\fR\n");
    put(page, "", text, "\n");
}

static void put_items(GString *page, const char *title, const ManualItem *items)
{
    put_section(page, title);
    for (; items->name; items++)
        put_tagged(page, items->name, items->text);
}

static void put_option(GString *page, const GOptionEntry *e)
{
    if (!e->long_name || !*e->long_name || (e->flags & G_OPTION_FLAG_HIDDEN))
        return;
    g_string_append(page, ".TP\n");
    if (e->short_name)
        g_string_append_printf(page, "\\fB\\-%c\\fR, ", e->short_name);
    put(page, "\\fB\\-\\-", e->long_name, "\\fR");
    if (e->arg_description)
        put(page, "=\\fI", e->arg_description, "\\fR");
    put(page, "\n", e->description, "\n");
}

/* --help is GLib's own. */
static void put_options(GString *page, const GOptionEntry *entries)
{
    static const GOptionEntry help = {"help", 'h', 0, G_OPTION_ARG_NONE, NULL, "Show the options",
                                      NULL};

    put_section(page, "OPTIONS");
    for (; entries->long_name; entries++)
        put_option(page, entries);
    put_option(page, &help);
}

static void put_synopsis(GString *page)
{
    put_section(page, "SYNOPSIS");
    for (const ManualItem *m = manual_modes; m->name; m++)
        put(page, m == manual_modes ? "\\fBmetronome\\fR " : ".br\n\\fBmetronome\\fR ", m->name,
            "\n");
}

static void put_commands(GString *page)
{
    put_section(page, "COMMANDS");
    put_paragraphs(page, manual_language);
    /* Not .TP: a tag is never broken over lines, and some are long. */
    for (const Command *const *c = command_table(); *c; c++) {
        put(page, ".PP\n\\fB", (*c)->name, "\\fR");
        put(page, *(*c)->usage ? " " : "", (*c)->usage, "\n");
        put(page, ".RS 4\n", (*c)->help, ".\n.RE\n");
    }
}

static void put_values(GString *page)
{
    put_section(page, "EXPRESSIONS");
    put_paragraphs(page, manual_expressions);
    for (const ValueHelp *v = values_of_ensemble; v->name; v++)
        put_tagged(page, v->name, v->help);
    for (const ValueHelp *v = values_of_nodes; v->name; v++) {
        g_autofree char *name = g_strconcat("NODE.", v->name, NULL);

        put_tagged(page, name, v->help);
    }
}

static void put_examples(GString *page)
{
    put_section(page, "EXAMPLES");
    for (const ManualItem *m = manual_examples; m->name; m++) {
        g_auto(GStrv) lines = g_strsplit(m->text, "\n", -1);

        put(page, ".PP\n", m->name, "\n.RS 4\n.nf\n");
        for (char **line = lines; *line; line++)
            put(page, "", *line, "\n");
        g_string_append(page, ".fi\n.RE\n");
    }
}

char *manual_page(const char *version, const GOptionEntry *entries)
{
    GString *page = g_string_new(NULL);

    /* Neither hyphens of ours in names, nor gaps to fill a line. */
    g_string_append_printf(
        page, ".TH METRONOME 1 \"\" \"metronome %s\" \"User Commands\"\n.nh\n.ad l\n", version);
    put_section(page, "NAME");
    g_string_append(page, "metronome \\- exact lockstep for QEMU\n");
    put_synopsis(page);
    put_section(page, "DESCRIPTION");
    put_paragraphs(page, manual_description);
    put_items(page, "IDEAS", manual_ideas);
    put_options(page, entries);
    put_commands(page);
    put_values(page);
    put_items(page, "CLOCKS", manual_clocks);
    put_items(page, "UNITS", manual_units);
    put_items(page, "EXIT STATUS", manual_exit_statuses);
    put_items(page, "FILES", manual_files);
    put_items(page, "ENVIRONMENT", manual_environment);
    put_examples(page);
    put_section(page, "SEE ALSO");
    g_string_append(page, ".BR qemu (1)\n");
    return g_string_free(page, FALSE);
}
