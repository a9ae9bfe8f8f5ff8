/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manual.c: see manual.h. */
#include "controller/command/manual.h"

#include "controller/base/version.h"
#include "controller/command/command.h"
#include "controller/command/roff.h"
#include "controller/run/values.h"

#include <stddef.h>
#include <string.h>

/* The file as a string. */
#define EMBED(symbol, path)                                                                        \
    __asm__(".section .rodata\n" #symbol ":\n.incbin \"" path "\"\n.byte 0\n.previous\n");         \
    extern const char symbol[]

EMBED(manual_metronome, "scripts/man/metronome.1.md");
EMBED(manual_scenario, "scripts/man/metronome-scenario.5.md");
EMBED(manual_report, "scripts/man/metronome-report.5.md");
EMBED(manual_rpc, "scripts/man/metronome-rpc.5.md");

typedef struct {
    const char *name, *text;
} ManualItem;

static const ManualItem pages[] = {
    {"metronome", manual_metronome},
    {"metronome-scenario", manual_scenario},
    {"metronome-report", manual_report},
    {"metronome-rpc", manual_rpc},
};

static const ManualItem modes[] = {
    {"[OPTIONS]", "read commands from the terminal or a pipe"},
    {"[OPTIONS] run FILE [KEY=VALUE…]", "run a scenario; KEY=VALUE set variables"},
    {"[OPTIONS] -c 'COMMAND; COMMAND'", "run these commands"},
    {"[OPTIONS] --listen ADDRESS [FILE]", "take commands from programs, behind a scenario"},
    {"[OPTIONS] check FILE [KEY=VALUE…]", "check a scenario and QEMU's options, start nothing"},
    {"[OPTIONS] verify FILE [KEY=VALUE…]",
     "run a scenario several times and find the first difference"},
    {"[OPTIONS] test FILE… [KEY=VALUE…]", "run scenarios as test cases"},
    {"help [COMMAND]", "show the commands, or one of them"},
    {"schema [NAME]", "print the JSON schema of what programs read"},
    {"version", "show the version"},
    {"agent --stdio [--cpus LIST]", "what `host add` starts on another host"},
};

static const ManualItem exit_statuses[] = {
    {"0", "done"},
    {"1", "an assert or wait failed, or a limit of time was over"},
    {"2", "usage, parse error or bad value; or output was lost (a full disk)"},
    {"3", "a node, QEMU or another host failed"},
    {"4", "exactness was lost (a missed boundary, a late packet); takes the place of 0, 1 and lost "
          "output"},
    {"130", "interrupted"},
};

/* --- for --help --- */

/* Column of the second half, behind the longest mode. */
enum { MODE_WIDTH = 35 };

char *manual_summary(void)
{
    GString *out = g_string_new("Runs QEMU instances in exact lockstep of their virtual clocks.\n");

    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
        g_string_append_printf(out, "\n  metronome %s%*s%s", modes[i].name,
                               (int)(MODE_WIDTH - g_utf8_strlen(modes[i].name, -1)), "",
                               modes[i].text);
    return g_string_free(out, FALSE);
}

bool manual_has_mode(const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; length > 0 && i < G_N_ELEMENTS(modes); i++) {
        const char *name = modes[i].name;

        if (g_str_has_prefix(name, "[OPTIONS] "))
            name += strlen("[OPTIONS] ");
        if (g_ascii_islower(*name) && strcspn(name, " ") == length &&
            strncmp(name, word, length) == 0)
            return true;
    }
    return false;
}

char *manual_epilogue(void)
{
    GString *out = g_string_new("Exit status:\n");

    for (size_t i = 0; i < G_N_ELEMENTS(exit_statuses); i++)
        g_string_append_printf(out, "  %3s %s\n", exit_statuses[i].name, exit_statuses[i].text);
    g_string_append(out, "\n`metronome help` lists the commands, `man metronome` says more.");
    return g_string_free(out, FALSE);
}

/* --- what is put into the pages --- */

static void put_option(GString *page, const GOptionEntry *e)
{
    if (!*e->long_name || (e->flags & G_OPTION_FLAG_HIDDEN))
        return;
    g_string_append(page, ".TP\n");
    if (e->short_name)
        g_string_append_printf(page, "\\fB\\-%c\\fR, ", e->short_name);
    roff_put(page, "\\fB\\-\\-", e->long_name, "\\fR");
    if (e->arg_description)
        roff_put(page, "=\\fI", e->arg_description, "\\fR");
    g_string_append_c(page, '\n');
    roff_put_text(page, e->description);
}

static void put_synopsis(GString *page)
{
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
        roff_put(page, i == 0 ? "\\fBmetronome\\fR " : ".br\n\\fBmetronome\\fR ", modes[i].name,
                 "\n");
}

/* Not .TP: a tag is never broken over lines, and some are long. */
static void put_commands(GString *page)
{
    for (const Command *const *c = command_table(); *c; c++) {
        g_autofree char *head = g_strdup_printf("**%s** %s", (*c)->name, (*c)->usage);
        g_autofree char *help = g_strconcat((*c)->help, ".", NULL);

        g_string_append(page, ".PP\n");
        roff_put_text(page, g_strchomp(head));
        g_string_append(page, ".RS 4\n");
        roff_put_text(page, help);
        g_string_append(page, ".RE\n");
    }
}

static void put_values(GString *page)
{
    for (const ValueHelp *v = values_of_ensemble; v->name; v++)
        roff_put_tagged(page, v->name, v->help);
    for (const ValueHelp *v = values_of_nodes; v->name; v++) {
        g_autofree char *name = g_strconcat("NODE.", v->name, NULL);

        roff_put_tagged(page, name, v->help);
    }
}

static void fill(GString *page, const char *key, void *data)
{
    if (strcmp(key, "modes") == 0)
        put_synopsis(page);
    else if (strcmp(key, "options") == 0)
        for (const GOptionEntry *e = data; e->long_name; e++)
            put_option(page, e);
    else if (strcmp(key, "commands") == 0)
        put_commands(page);
    else if (strcmp(key, "values") == 0)
        put_values(page);
    else
        g_assert_not_reached();
}

char *manual_page(const char *name, const GOptionEntry *entries, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
        if (strcmp(name ? name : pages[0].name, pages[i].name) == 0)
            return roff_page(pages[i].text, METRONOME_VERSION, METRONOME_DATE, fill,
                             (void *)entries);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "--man has no page '%s': there are metronome, metronome-scenario, "
                "metronome-report and metronome-rpc",
                name);
    return NULL;
}
