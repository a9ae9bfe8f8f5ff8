/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arguments.c: GOption's entries, and a table of the modes that each option belongs to.
 */
#include "controller/shell/arguments.h"

#include "controller/base/log.h"
#include "controller/base/output.h"
#include "controller/base/suggest.h"
#include "controller/base/units.h"
#include "controller/command/command.h"
#include "controller/command/manual.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_RUNS "2"
#define MAX_RUNS     1000
#define MAX_JOBS     1000
#define MAX_EVERY    1000000

/* Adds a suggestion to "Unknown option --jsno". GOption quotes the option last. */
static void add_meant(const GOptionEntry *entries, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *meant = NULL, *text = NULL;
    const char *name;

    if (!error || !g_error_matches(*error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
        return;
    for (; entries->long_name; entries++)
        if (!(entries->flags & G_OPTION_FLAG_HIDDEN) && *entries->long_name)
            g_ptr_array_add(names, g_strconcat("--", entries->long_name, NULL));
    g_ptr_array_add(names, g_strdup("--help"));
    g_ptr_array_add(names, NULL);
    name = strstr((*error)->message, "--");
    meant = name ? suggest_suffix(name, (const char *const *)names->pdata) : NULL;
    text = g_strdup_printf("%s%s", (*error)->message,
                           meant && *meant ? meant : "; `metronome --help` lists the options");
    g_free((*error)->message);
    (*error)->message = g_steal_pointer(&text);
}

GOptionEntry *arguments_entries(Arguments *a)
{
    const GOptionEntry entries[] = {
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &a->report,
         "Write report.html, report.json, barriers.csv", "DIR"},
        {"from", 0, 0, G_OPTION_ARG_FILENAME, &a->from, "Begin with the save in this folder",
         "PATH"},
        {"save-on-failure", 0, 0, G_OPTION_ARG_FILENAME, &a->failure,
         "Save the ensemble to this folder if the run fails", "DIR"},
        {"save-at-end", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &a->end,
         "Save the ensemble to this folder if the run passes", "DIR"},
        {"virtual-timeout", 0, 0, G_OPTION_ARG_STRING, &a->limit_text,
         "Fail if more virtual time passes (test: in a case)", "DURATION"},
        {"qemu", 0, 0, G_OPTION_ARG_FILENAME, &a->qemu, "The QEMU binary for all nodes", "PATH"},
        {"log", 0, 0, G_OPTION_ARG_STRING, &a->log, "error, warn, info or debug", "LEVEL"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &a->json, "Events as JSON lines on stdout", NULL},
        {"command", 'c', 0, G_OPTION_ARG_FILENAME, &a->commands, "Run these commands", "COMMANDS"},
        {"listen", 0, 0, G_OPTION_ARG_FILENAME, &a->listen,
         "Take commands from programs, by JSON-RPC at unix:PATH or stdio", "ADDRESS"},
        {"runs", 0, 0, G_OPTION_ARG_STRING, &a->runs_text,
         "verify: how many runs, 2 to 1000 (" DEFAULT_RUNS
         "); test: runs of each case, 1 to 1000 (1)",
         "N"},
        {"every", 0, 0, G_OPTION_ARG_STRING, &a->every_text,
         "verify: compare at every Nth barrier, and where the scenario stops (1)", "N"},
        {"registers", 0, 0, G_OPTION_ARG_NONE, &a->registers,
         "verify: compare the registers of all vCPUs too", NULL},
        {"devices", 0, 0, G_OPTION_ARG_NONE, &a->devices,
         "verify: compare the state of all devices too", NULL},
        {"jobs", 0, 0, G_OPTION_ARG_STRING, &a->jobs_text,
         "test: cases at once, each on CPUs of its own (as many as there are CPUs)", "N"},
        {"timeout", 0, 0, G_OPTION_ARG_STRING, &a->timeout_text,
         "test: fail a case that takes more host time", "DURATION"},
        {"filter", 0, 0, G_OPTION_ARG_FILENAME, &a->filter,
         "test: only cases with this text in their names", "TEXT"},
        {"list", 0, 0, G_OPTION_ARG_NONE, &a->list, "test: print the names of the cases", NULL},
        {"junit", 0, 0, G_OPTION_ARG_FILENAME, &a->junit, "test: write the results as JUnit XML",
         "FILE"},
        {"tap", 0, 0, G_OPTION_ARG_NONE, &a->tap, "test: print the results as TAP", NULL},
        {"keep", 0, 0, G_OPTION_ARG_FILENAME, &a->keep,
         "test: keep what failed cases leave in folders below DIR", "DIR"},
        {"sample", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &a->sample, "What verify compares",
         "FILE"},
        {"stdio", 0, 0, G_OPTION_ARG_NONE, &a->stdio,
         "agent: serve the metronome at the other end of stdin and stdout", NULL},
        {"cpus", 0, 0, G_OPTION_ARG_STRING, &a->cpus, "agent: the host CPUs to use, such as 0-3,6",
         "LIST"},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &a->help, "Show this help", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &a->version, "Show the version", NULL},
        {"man", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &a->man, "Print a manual page", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->rest, NULL, NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    return g_memdup2(entries, sizeof(entries));
}

static bool parse(Arguments *a, int *argc, char ***argv, GError **error)
{
    g_autofree GOptionEntry *entries = arguments_entries(a);
    g_autoptr(GOptionContext) context = g_option_context_new("- exact lockstep for QEMU");
    g_autofree char *summary = manual_summary(), *epilogue = manual_epilogue();

    g_option_context_set_help_enabled(context, FALSE); /* it misses a full disk */
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, epilogue);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error)) {
        add_meant(entries, error);
        return false;
    }
    if (a->help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

        output_print(text);
    } else if (a->man) {
        g_autofree char *page = manual_page(a->rest ? a->rest[0] : NULL, entries, error);

        if (!page)
            return false;
        output_print(page);
    }
    return true;
}

/* --- modes --- */

static const char *const modes[] = {
    [MODE_REPL] = "the prompt", [MODE_RUN] = "run",         [MODE_COMMANDS] = "-c",
    [MODE_CHECK] = "check",     [MODE_VERIFY] = "verify",   [MODE_AGENT] = "agent",
    [MODE_MANUAL] = "--man",    [MODE_VERSION] = "version", [MODE_HELP] = "help",
    [MODE_LISTEN] = "--listen", [MODE_SCHEMA] = "schema",   [MODE_TEST] = "test",
};

static bool set_usage_error(GError **error, const char *format, const char *what)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, format, what);
#pragma GCC diagnostic pop
    return false;
}

const char *const *arguments_mode_words(void)
{
    static const char *const words[] = {"run",    "check", "verify",  "test", "agent",
                                        "schema", "help",  "version", NULL};

    return words;
}

Mode arguments_mode(const char *word)
{
    static const Mode by_name[] = {MODE_RUN,   MODE_CHECK,  MODE_VERIFY,  MODE_TEST,
                                   MODE_AGENT, MODE_SCHEMA, MODE_VERSION, MODE_HELP};

    for (unsigned i = 0; i < G_N_ELEMENTS(by_name); i++)
        if (strcmp(word, modes[by_name[i]]) == 0)
            return by_name[i];
    return MODE_REPL;
}

/* Refuses a word that is a scenario, a command, or a mistyped mode. */
static bool refuse_mode(const char *word, GError **error)
{
    const char *best = suggest_best(word, arguments_mode_words());

    if (best)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is no mode: did you mean '%s'?", word, best);
    else if (g_str_has_suffix(word, ".mtr"))
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is no mode: did you mean 'run %s'?", word, word);
    else
        g_set_error(
            error, SESSION_ERROR, SESSION_ERROR_USAGE,
            "'%s' is no mode: run FILE, check FILE, verify FILE, test FILE, help, version, agent "
            "--stdio or -c COMMANDS is expected",
            word);
    return false;
}

/* `--listen ADDRESS FILE …` is `--listen ADDRESS run FILE …`. */
static bool choose_listen(Arguments *a, GError **error)
{
    const char *first = a->rest ? a->rest[0] : NULL;
    Mode mode = first ? arguments_mode(first) : MODE_RUN;
    GPtrArray *words;

    a->mode = MODE_LISTEN;
    if (a->commands)
        return set_usage_error(error, "'%s' does not go together with -c: it takes a FILE",
                               "--listen");
    if (mode != MODE_RUN && mode != MODE_REPL)
        return set_usage_error(error, "'%s' does not go together with --listen", first);
    if (!first)
        return true;
    if (mode == MODE_RUN)
        return a->rest[1] || set_usage_error(error, "%s needs a FILE", first);
    words = g_ptr_array_new();
    g_ptr_array_add(words, g_strdup("run"));
    for (char **p = a->rest; *p; p++)
        g_ptr_array_add(words, *p);
    g_ptr_array_add(words, NULL);
    g_free(a->rest);
    a->rest = (char **)g_ptr_array_free(words, FALSE);
    return true;
}

static bool choose_mode(Arguments *a, GError **error)
{
    const char *first = a->rest ? a->rest[0] : NULL;

    a->mode = a->man || a->help ? MODE_MANUAL
              : a->version      ? MODE_VERSION
              : a->commands     ? MODE_COMMANDS
                                : MODE_REPL;
    if (a->listen && a->mode != MODE_MANUAL && a->mode != MODE_VERSION)
        return choose_listen(a, error);
    if (!first || a->mode == MODE_MANUAL || a->mode == MODE_VERSION)
        return true;
    if (a->commands)
        return set_usage_error(error, "'%s' does not go together with -c", first);
    a->mode = arguments_mode(first);
    if (a->mode == MODE_REPL)
        return refuse_mode(first, error);
    if (a->mode == MODE_HELP || (a->mode == MODE_VERSION && !a->rest[1]))
        return true;
    if (a->mode == MODE_VERSION)
        return set_usage_error(error, "version: nothing is expected behind it, not '%s'",
                               a->rest[1]);
    if (a->mode == MODE_SCHEMA && a->rest[1] && a->rest[2])
        return set_usage_error(error, "schema: one name is expected, '%s' is too much", a->rest[2]);
    if (a->mode == MODE_SCHEMA)
        return true;
    if (a->mode == MODE_AGENT && !a->stdio)
        return set_usage_error(error, "%s needs --stdio: `host add` starts it so", first);
    if (a->mode == MODE_AGENT && a->rest[1])
        return set_usage_error(error, "agent: nothing is expected behind it, not '%s'", a->rest[1]);
    if (a->mode != MODE_AGENT && !a->rest[1])
        return set_usage_error(error, "%s needs a FILE", first);
    return true;
}

/* `from=PATH` among the variables of a scenario is --from PATH. */
static bool take_from(Arguments *a, GError **error)
{
    static const char key[] = "from=";
    char **to = a->rest;

    for (char **p = a->rest; p && *p; p++) {
        if (p - a->rest < 2 || !g_str_has_prefix(*p, key)) {
            *to++ = *p;
            continue;
        }
        if (a->from) {
            set_usage_error(error, "'%s': the save to begin with is given twice", *p);
            while (*p)
                *to++ = *p++;
            *to = NULL;
            return false;
        }
        a->from = g_strdup(*p + strlen(key));
        g_free(*p);
    }
    if (to)
        *to = NULL;
    return true;
}

#define IN(mode)  (1u << (mode))
#define OF_RUNS   (IN(MODE_REPL) | IN(MODE_RUN) | IN(MODE_COMMANDS) | IN(MODE_LISTEN))
#define OF_SCRIPT (OF_RUNS | IN(MODE_CHECK) | IN(MODE_VERIFY))

/* An option of some modes only. */
typedef struct {
    const char *name;
    unsigned modes;
    const char *belongs;
} Owned;

static const Owned owned[] = {
    {"report", OF_RUNS, "run FILE, -c COMMANDS or the prompt"},
    {"qemu", OF_SCRIPT | IN(MODE_TEST), "what runs, checks or verifies a scenario"},
    {"save-on-failure", IN(MODE_RUN) | IN(MODE_COMMANDS) | IN(MODE_LISTEN),
     "run FILE or -c COMMANDS"},
    {"save-at-end", IN(MODE_RUN), "run FILE"},
    {"virtual-timeout", IN(MODE_RUN) | IN(MODE_COMMANDS) | IN(MODE_TEST),
     "run FILE, -c COMMANDS or test FILE"},
    {"from", OF_SCRIPT | IN(MODE_TEST), "what runs, checks or verifies a scenario"},
    {"json", OF_SCRIPT & ~IN(MODE_LISTEN), "what runs, checks or verifies a scenario"},
    {"listen", IN(MODE_LISTEN) | IN(MODE_REPL) | IN(MODE_RUN), "what takes commands, or run FILE"},
    {"runs", IN(MODE_VERIFY) | IN(MODE_TEST), "verify FILE or test FILE"},
    {"jobs", IN(MODE_TEST), "test FILE"},
    {"timeout", IN(MODE_TEST), "test FILE"},
    {"filter", IN(MODE_TEST), "test FILE"},
    {"list", IN(MODE_TEST), "test FILE"},
    {"junit", IN(MODE_TEST), "test FILE"},
    {"tap", IN(MODE_TEST), "test FILE"},
    {"keep", IN(MODE_TEST), "test FILE"},
    {"every", IN(MODE_VERIFY), "verify FILE"},
    {"registers", IN(MODE_VERIFY), "verify FILE"},
    {"devices", IN(MODE_VERIFY), "verify FILE"},
    {"sample", IN(MODE_RUN), "run FILE"},
    {"stdio", IN(MODE_AGENT), "agent"},
    {"cpus", IN(MODE_AGENT), "agent --stdio"},
};

/* Returns NULL for an option of all modes. */
static const Owned *find_owned(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(owned); i++)
        if (strcmp(name, owned[i].name) == 0)
            return &owned[i];
    return NULL;
}

bool arguments_has_option(Mode mode, const char *name)
{
    const Owned *o = find_owned(name);

    return !o || o->modes & IN(mode);
}

static bool is_given(const GOptionEntry *e)
{
    return e->arg == G_OPTION_ARG_NONE ? *(const gboolean *)e->arg_data
                                       : *(char *const *)e->arg_data != NULL;
}

static bool check_options(Arguments *a, GError **error)
{
    g_autofree GOptionEntry *entries = arguments_entries(a);

    for (const GOptionEntry *e = entries; e->long_name; e++) {
        const Owned *o = *e->long_name && is_given(e) ? find_owned(e->long_name) : NULL;

        if (!o || o->modes & IN(a->mode))
            continue;
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "--%s is no option of %s: it goes with %s", o->name, modes[a->mode],
                    o->belongs);
        return false;
    }
    return true;
}

/* Parses a duration that is not 0; NULL: 0 ns. */
static bool parse_duration(const char *text, const char *option, int64_t *ns, GError **error)
{
    VTime t = {0};

    if (text && !units_parse_duration(text, &t, error)) {
        g_prefix_error(error, "%s: ", option);
        return false;
    }
    *ns = t.ns;
    return !text || t.ns > 0 || set_usage_error(error, "%s: a time above 0 is expected", option);
}

/* The numbers of `test`. */
static bool parse_test(Arguments *a, GError **error)
{
    int64_t n;

    if (!parse_duration(a->limit_text, "--virtual-timeout", &a->limit.ns, error) ||
        !parse_duration(a->timeout_text, "--timeout", &a->timeout.ns, error))
        return false;
    if (a->jobs_text && !units_parse_int(a->jobs_text, "--jobs", 1, MAX_JOBS, &n, error))
        return false;
    a->jobs = a->jobs_text ? (unsigned)n : 0;
    return true;
}

static bool parse_values(Arguments *a, GError **error)
{
    bool test = a->mode == MODE_TEST;
    const char *runs = a->runs_text ? a->runs_text : test ? "1" : DEFAULT_RUNS;
    LogLevel level;
    int64_t n;

    if (a->log) {
        if (!log_level_parse(a->log, &level, error))
            return false;
        log_set_level(level);
    }
    if (!parse_test(a, error) ||
        !units_parse_int(runs, "--runs", test ? 1 : 2, MAX_RUNS, &n, error))
        return false;
    a->runs = (unsigned)n;
    if (!units_parse_int(a->every_text ? a->every_text : "1", "--every", 1, MAX_EVERY, &n, error))
        return false;
    a->every = (unsigned)n;
    return true;
}

/* Sets json and report again after a failure, because GOption has reset all values, and the run's
 * end must be reported where the user asked for it. */
static void read_output_options(Arguments *a, int argc, char **argv)
{
    const char *dir = NULL;

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        a->json = a->json || strcmp(argv[i], "--json") == 0;
        if (strcmp(argv[i], "--report") == 0 && i + 1 < argc)
            dir = argv[++i];
        else if (g_str_has_prefix(argv[i], "--report="))
            dir = argv[i] + strlen("--report=");
    }
    g_free(a->report);
    a->report = g_strdup(dir);
}

bool arguments_parse(Arguments *a, int argc, char **argv, GError **error)
{
    g_auto(GStrv) copy = g_strdupv(argv); /* GOption removes the options it has parsed */
    g_autofree char **left = g_memdup2(copy, sizeof(*copy) * ((gsize)argc + 1));
    char **words = left;
    int n = argc;

    if (parse(a, &n, &words, error))
        return choose_mode(a, error) && take_from(a, error) && check_options(a, error) &&
               parse_values(a, error);
    read_output_options(a, argc, argv);
    return false;
}

bool arguments_records(const Arguments *a)
{
    return IN(a->mode) & OF_RUNS;
}

void arguments_clear(Arguments *a)
{
    g_free(a->report);
    g_free(a->qemu);
    g_free(a->from);
    g_free(a->failure);
    g_free(a->log);
    g_free(a->commands);
    g_free(a->listen);
    g_free(a->sample);
    g_free(a->cpus);
    g_free(a->runs_text);
    g_free(a->every_text);
    g_free(a->end);
    g_free(a->limit_text);
    g_free(a->timeout_text);
    g_free(a->junit);
    g_free(a->jobs_text);
    g_free(a->filter);
    g_free(a->keep);
    g_strfreev(a->rest);
}

char *arguments_join(char **argv)
{
    GString *text = g_string_new(NULL);

    for (char **p = argv; *p; p++) {
        g_autofree char *quoted =
            (*p)[strspn(*p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789_-./=:,+@%")]
                ? g_shell_quote(*p)
                : g_strdup(*p);

        g_string_append_printf(text, "%s%s", p == argv ? "" : " ", quoted);
    }
    return g_string_free(text, FALSE);
}
