/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: options and mode; everything else is the session's and the runner's. */
#include "controller/base/log.h"
#include "controller/base/tty.h"
#include "controller/base/version.h"
#include "controller/command/command.h"
#include "controller/command/manual.h"
#include "controller/command/sampler.h"
#include "controller/remote/agent.h"
#include "controller/shell/progress.h"
#include "controller/shell/repl.h"
#include "controller/shell/runner.h"
#include "controller/shell/signals.h"
#include "controller/verify/verify.h"
#include "controller/wire.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Exactness was lost: nothing that was printed may be trusted, so it outranks a failed assert. */
#define EXIT_EXACTNESS 4

typedef struct {
    char *report, *qemu, *log, *commands, *sample, *cpus;
    gboolean stdio, json, version, man, registers, devices;
    int runs;
    char **rest; /* mode and its arguments */
} Options;

static bool parse_options(int *argc, char ***argv, Options *o, GError **error)
{
    const GOptionEntry entries[] = {
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &o->report,
         "Write report.html, report.json, barriers.csv", "DIR"},
        {"qemu", 0, 0, G_OPTION_ARG_FILENAME, &o->qemu, "The QEMU binary for all nodes", "PATH"},
        {"log", 0, 0, G_OPTION_ARG_STRING, &o->log, "error, warn, info or debug", "LEVEL"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o->json, "Events as JSON lines on stdout", NULL},
        {"command", 'c', 0, G_OPTION_ARG_STRING, &o->commands, "Run these commands", "COMMANDS"},
        {"runs", 0, 0, G_OPTION_ARG_INT, &o->runs, "verify: how many runs (2)", "N"},
        {"registers", 0, 0, G_OPTION_ARG_NONE, &o->registers,
         "verify: compare the registers of all vCPUs too", NULL},
        {"devices", 0, 0, G_OPTION_ARG_NONE, &o->devices,
         "verify: compare the state of all devices too", NULL},
        {"sample", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &o->sample, "What verify compares",
         "FILE"},
        {"stdio", 0, 0, G_OPTION_ARG_NONE, &o->stdio,
         "agent: serve the metronome at the other end of stdin and stdout", NULL},
        {"cpus", 0, 0, G_OPTION_ARG_STRING, &o->cpus, "agent: the host CPUs to use, such as 0-3,6",
         "LIST"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &o->version, "Show the version", NULL},
        {"man", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &o->man, "Print the manual page", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->rest, NULL, NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- exact lockstep for QEMU");
    g_autofree char *summary = manual_summary(), *epilogue = manual_epilogue();
    LogLevel level;

    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, epilogue);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return false;
    if (o->man) {
        g_autofree char *page = manual_page(METRONOME_VERSION, entries);

        fputs(page, stdout);
    }
    if (!o->log)
        return true;
    if (!log_level_parse(o->log, &level, error))
        return false;
    log_set_level(level);
    return true;
}

typedef enum { MODE_REPL, MODE_RUN, MODE_COMMANDS, MODE_CHECK, MODE_VERIFY, MODE_AGENT } Mode;

static bool choose_mode(const Options *o, Mode *mode, GError **error)
{
    unsigned n = o->rest ? g_strv_length(o->rest) : 0;
    const char *problem = NULL;

    if (o->commands)
        *mode = MODE_COMMANDS;
    else if (n == 0)
        *mode = MODE_REPL;
    else if (strcmp(o->rest[0], "run") == 0)
        *mode = MODE_RUN;
    else if (strcmp(o->rest[0], "check") == 0)
        *mode = MODE_CHECK;
    else if (strcmp(o->rest[0], "verify") == 0)
        *mode = MODE_VERIFY;
    else if (strcmp(o->rest[0], "agent") == 0)
        *mode = MODE_AGENT;
    else
        problem =
            "'%s' is no mode: run FILE, check FILE, verify FILE, agent --stdio or -c COMMANDS "
            "is expected";
    if (o->commands && n > 0)
        problem = "'%s' does not go together with -c";
    else if (!problem && n == 1 && *mode == MODE_AGENT && !o->stdio)
        problem = "%s needs --stdio: `host add` starts it so";
    else if (!problem && n == 1 && *mode != MODE_AGENT)
        problem = "%s needs a FILE";
    if (!problem)
        return true;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE, problem, o->rest[0]);
#pragma GCC diagnostic pop
    return false;
}

static bool set_variables(Session *s, char **pairs, GError **error)
{
    for (char **p = pairs; *p; p++) {
        const char *equals = strchr(*p, '=');
        g_autofree char *key = equals ? g_strndup(*p, (gsize)(equals - *p)) : NULL;

        if (!equals || equals == *p) {
            g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE, "'%s' is no KEY=VALUE", *p);
            return false;
        }
        session_set(s, key, equals + 1, true);
    }
    return true;
}

static void on_signal(int number, void *data)
{
    (void)number;
    signals_stop(data);
}

static void on_runner_done(void *data)
{
    Session *s = data;

    g_main_loop_quit(s->loop);
}

static void write_report(Session *s, int *code)
{
    g_autoptr(GError) error = NULL;
    ReportSummary picture;

    if (!s->report)
        return;
    session_describe(s, &picture);
    if (!report_write(s->report, &picture, &error)) {
        log_write(LOG_ERROR, "%s", error->message);
        if (*code == 0)
            *code = 2;
    }
    report_summary_clear(&picture);
}

static int finish(Session *s, int code)
{
    g_autofree char *text = NULL;
    uint64_t lost;

    session_settle(s);
    lost = engine_violations(s->engine) + wire_late(s->wire);

    if (lost > 0) {
        log_write(LOG_ERROR,
                  "exactness was lost: %" G_GUINT64_FORMAT
                  " missed boundaries, late stops or late packets (see "
                  "`stats`)",
                  (guint64)lost);
        if (code == 0 || code == 1)
            code = EXIT_EXACTNESS;
    }
    captures_free(s);
    if (s->capture_failed && code == 0)
        code = 2;
    write_report(s, &code);
    text = g_strdup_printf("%d", code);
    const char *const members[] = {"code", text, NULL};
    command_event(s, "exit", members);
    return code;
}

static int run(Session *s, const Options *o, Mode mode, GError **error)
{
    g_autoptr(Runner) runner = NULL;
    bool ready = true;

    if (mode == MODE_REPL)
        return finish(s, repl_run(s));
    runner = runner_new(s, mode == MODE_CHECK, on_runner_done, s);
    if (mode == MODE_COMMANDS)
        runner_push_text(runner, NULL, o->commands);
    else
        ready = set_variables(s, o->rest + 2, error) && runner_push_file(runner, o->rest[1], error);
    if (!ready)
        return -1;
    runner_start(runner);
    g_main_loop_run(s->loop);
    progress_clear();
    return finish(s, runner_exit_code(runner));
}

static char *join_command_line(char **argv)
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

static Session *open_session(const Options *o, Mode mode, char *command_line, GError **error)
{
    g_autoptr(Session) s = session_new((SessionOptions){.dry = mode == MODE_CHECK,
                                                        .json = o->json,
                                                        .qemu = g_strdup(o->qemu),
                                                        .command_line = command_line},
                                       error);

    if (!s || (o->report && mode != MODE_CHECK && !session_record(s, o->report, error)) ||
        (o->sample && mode != MODE_CHECK && !sampler_open(s, o->sample, error)))
        return NULL;
    return g_steal_pointer(&s);
}

/* The runs are processes of their own: this one needs no session. */
static int verify(const Options *o, GError **error)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    VerifyPlan plan = {
        .runs = o->runs ? (unsigned)o->runs : 2, .registers = o->registers, .devices = o->devices};

    if (o->runs != 0 && (o->runs < 2 || o->runs > 1000)) {
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE, "--runs=%d: 2 to 1000 are allowed",
                    o->runs);
        return -1;
    }
    if (o->qemu)
        g_ptr_array_add(arguments, g_strdup_printf("--qemu=%s", o->qemu));
    if (o->log)
        g_ptr_array_add(arguments, g_strdup_printf("--log=%s", o->log));
    g_ptr_array_add(arguments, g_strdup("run"));
    for (char **p = o->rest + 1; *p; p++)
        g_ptr_array_add(arguments, g_strdup(*p));
    g_ptr_array_add(arguments, NULL);
    plan.arguments = (char **)arguments->pdata;
    return verify_run(&plan, error);
}

static int fail(GError *error)
{
    int code = command_exit_code(error);

    log_write(LOG_ERROR, "%s", error->message);
    g_error_free(error);
    return code;
}

static void options_clear(Options *o)
{
    g_free(o->report);
    g_free(o->qemu);
    g_free(o->log);
    g_free(o->commands);
    g_free(o->sample);
    g_free(o->cpus);
    g_strfreev(o->rest);
}

static void write_log(const char *line)
{
    progress_clear();
    fputs(line, stderr);
}

static int run_metronome(int argc, char **argv, Options *o)
{
    g_autofree char *command_line = join_command_line(argv);
    g_autoptr(Session) s = NULL;
    GError *error = NULL;
    Mode mode;
    int code;

    setlocale(LC_CTYPE, "");
    if (!parse_options(&argc, &argv, o, &error))
        return fail(error);
    if (o->man)
        return 0;
    if (o->version) {
        puts("metronome " METRONOME_VERSION);
        return 0;
    }
    if (!choose_mode(o, &mode, &error))
        return fail(error);
    if (mode == MODE_VERIFY) {
        code = verify(o, &error);
        return error ? fail(error) : code;
    }
    if (mode == MODE_AGENT) {
        code = agent_run(o->cpus, METRONOME_VERSION, &error);
        return error ? fail(error) : code;
    }
    if (!(s = open_session(o, mode, g_steal_pointer(&command_line), &error)))
        return fail(error);
    s->columns = tty_columns();
    signals_watch(on_signal, s);
    s->signalled = signals_pending;
    log_set_writer(write_log);
    code = run(s, o, mode, &error);
    signals_watch(NULL, NULL);
    command_free_state(s);
    if (error)
        code = fail(error);
    return code;
}

int main(int argc, char **argv)
{
    Options o = {0};
    int code = run_metronome(argc, argv, &o);

    options_clear(&o);
    return code;
}
